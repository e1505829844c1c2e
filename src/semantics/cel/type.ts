/** The type of an expression, as cel-go's checker has them. */
export type Type =
  | { readonly kind: 'dyn' }
  /** `bool`, `int`, `null_type`, `google.protobuf.Duration`, `kubernetes.Quantity`: types without parameters. */
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'list'; readonly item: Type }
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
  | { readonly kind: 'optional'; readonly of: Type }
  | { readonly kind: 'type'; readonly of: Type }
  /** A type that is not known yet: of a signature, or made for one call of it. */
  | { readonly kind: 'parameter'; readonly name: string }
  /** A message of which the fields are known. */
  | { readonly kind: 'object'; readonly name: string; readonly fields: ReadonlyMap<string, Type> };

export const dyn: Type = { kind: 'dyn' };
export const bool = named('bool');
export const int = named('int');
export const string = named('string');

export function named(name: string): Type {
  return { kind: 'named', name };
}

export function listOf(item: Type): Type {
  return { kind: 'list', item };
}

export function mapOf(key: Type, value: Type): Type {
  return { kind: 'map', key, value };
}

export function optionalOf(of: Type): Type {
  return { kind: 'optional', of };
}

export function objectOf(name: string, fields: Readonly<Record<string, Type>>): Type {
  return { kind: 'object', name, fields: new Map(Object.entries(fields)) };
}

const shortNames: ReadonlyMap<string, string> = new Map([
  ['null_type', 'null'],
  ['google.protobuf.Timestamp', 'timestamp'],
  ['google.protobuf.Duration', 'duration'],
]);

/** As error messages of the API server print it: `list(string)`. */
export function formatType(type: Type): string {
  switch (type.kind) {
    case 'dyn':
      return 'dyn';
    case 'named':
      return shortNames.get(type.name) ?? type.name;
    case 'object':
      return type.name;
    case 'list':
      return `list(${formatType(type.item)})`;
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case 'optional':
      return `optional_type(${formatType(type.of)})`;
    case 'type':
      return `type(${formatType(type.of)})`;
    case 'parameter':
      return type.name;
  }
}

/**
 * A type as signatures write it: `list<string>`, `map<K, V>`, `optional<T>`, `type<T>`; a single capital letter is a
 * parameter, and `timestamp` and `duration` are short for protobuf's. Throws on anything else: signatures are ours.
 */
export function parseType(text: string): Type {
  const trimmed = text.trim();
  const open = trimmed.indexOf('<');
  if (open === -1) {
    if (trimmed === 'dyn') return dyn;
    if (trimmed === 'timestamp') return named('google.protobuf.Timestamp');
    if (trimmed === 'duration') return named('google.protobuf.Duration');
    return /^[A-Z]$/.test(trimmed) ? { kind: 'parameter', name: trimmed } : named(trimmed);
  }
  const [first = '', second = ''] = splitTypes(trimmed.slice(open + 1, -1));
  switch (trimmed.slice(0, open)) {
    case 'list':
      return listOf(parseType(first));
    case 'map':
      return mapOf(parseType(first), parseType(second));
    case 'optional':
      return optionalOf(parseType(first));
    case 'type':
      return { kind: 'type', of: parseType(first) };
    default:
      throw new Error(`no such type: ${trimmed}`);
  }
}

/** The type that an identifier names: `list` is a list of anything. */
export function typeOfName(name: string): Type {
  if (name === 'list') return listOf(dyn);
  return name === 'map' ? mapOf(dyn, dyn) : named(name);
}

/** Splits at commas that are not within angle brackets. */
export function splitTypes(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '<') depth += 1;
    else if (text[index] === '>') depth -= 1;
    else if (text[index] === ',' && depth === 0) {
      parts.push(text.slice(from, index));
      from = index + 1;
    }
  }
  const last = text.slice(from);
  if (last.trim() !== '') parts.push(last);
  return parts;
}

/** Whether two types are the same, without any substitution. */
export function isSameType(left: Type, right: Type): boolean {
  if (left === right) return true;
  switch (left.kind) {
    case 'dyn':
      return right.kind === 'dyn';
    case 'named':
      return right.kind === 'named' && right.name === left.name;
    case 'parameter':
      return right.kind === 'parameter' && right.name === left.name;
    case 'object':
      return right.kind === 'object' && right.name === left.name;
    case 'list':
      return right.kind === 'list' && isSameType(left.item, right.item);
    case 'map':
      return right.kind === 'map' && isSameType(left.key, right.key) && isSameType(left.value, right.value);
    case 'optional':
      return right.kind === 'optional' && isSameType(left.of, right.of);
    case 'type':
      return right.kind === 'type' && isSameType(left.of, right.of);
  }
}
