import { own } from '../../model/json.ts';
import { lookUp } from './equality.ts';
import { fail, noSuchOverload } from './error.ts';
import { adapt, Fields, isPlainMap, MapValue, Opaque, Optional, type Value } from './value.ts';

/** `a.b`; what is taken out of an optional is optional. */
export function fieldOf(value: Value, field: string): Value {
  if (value instanceof Optional) return optionalField(value, field);
  const found = findField(value, field);
  return found === undefined ? fail(`no such key: ${field}`) : found;
}

/** `a.?b` */
export function optionalField(value: Value, field: string): Value {
  const inner = value instanceof Optional ? value.value : value;
  if (inner === undefined) return Optional.none;
  const found = findField(inner, field);
  return found === undefined ? Optional.none : new Optional(found);
}

/** `has(a.b)` */
export function hasField(value: Value, field: string): boolean {
  const inner = value instanceof Optional ? value.value : value;
  return inner !== undefined && findField(inner, field) !== undefined;
}

function findField(value: Value, field: string): Value | undefined {
  if (typeof value !== 'object' || value === null) return noSuchOverload();
  if (value instanceof Opaque) {
    if (value instanceof Fields) return value.field(field);
    return value instanceof MapValue ? lookUp(value, field) : noSuchOverload();
  }
  if (!isPlainMap(value)) return noSuchOverload();
  const found = own(value, field);
  return found === undefined ? undefined : adapt(found);
}
