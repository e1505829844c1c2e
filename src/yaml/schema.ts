import { FAILSAFE_SCHEMA, type Schema, Type } from 'js-yaml';

/*
 * Scalars as kubectl reads them: sigs.k8s.io/yaml on goyaml.v2 (`resolve.go`), decoded to JSON.
 * YAML 1.1 booleans, base prefixes and octal as in Go's strconv.ParseInt(s, 0, 64), no base 60, dates stay strings.
 */

const booleans = new Map<string, boolean>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

const nulls = new Set(['', '~', 'null', 'Null', 'NULL']);

const decimalOrBased = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const floating = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

function startsLikeNumber(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
}

/** The integer that Go's `strconv.ParseInt(text, 0, 64)` gives once underscores are dropped, else undefined. */
export function parseGoInteger(text: string): number | undefined {
  if (!startsLikeNumber(text)) return undefined;
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  if (!decimalOrBased.test(plain)) return undefined;
  const negative = plain[0] === '-';
  const digits = negative || plain[0] === '+' ? plain.slice(1) : plain;
  let value: number;
  if (/^0[xXbBoO]/.test(digits)) value = Number(digits);
  else if (digits.length > 1 && digits[0] === '0') value = Number.parseInt(digits, 8);
  else value = Number(digits);
  return negative ? 0 - value : value;
}

function parseFloating(text: string): number | undefined {
  if (!startsLikeNumber(text)) return undefined;
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  return floating.test(plain) ? Number(plain) : undefined;
}

const nullType = new Type('tag:yaml.org,2002:null', {
  kind: 'scalar',
  resolve: (text: string | null) => text === null || nulls.has(text),
  construct: () => null,
});

const booleanType = new Type('tag:yaml.org,2002:bool', {
  kind: 'scalar',
  resolve: (text: string | null) => text !== null && text.length <= 5 && booleans.has(text),
  construct: (text: string) => booleans.get(text),
});

const integerType = new Type('tag:yaml.org,2002:int', {
  kind: 'scalar',
  resolve: (text: string | null) => text !== null && parseGoInteger(text) !== undefined,
  construct: (text: string) => parseGoInteger(text),
});

const floatType = new Type('tag:yaml.org,2002:float', {
  kind: 'scalar',
  resolve: (text: string | null) => text !== null && parseFloating(text) !== undefined,
  construct: (text: string) => parseFloating(text),
});

const mergeType = new Type('tag:yaml.org,2002:merge', {
  kind: 'scalar',
  resolve: (text: string | null) => text === '<<' || text === null,
});

const binaryType = new Type('tag:yaml.org,2002:binary', {
  kind: 'scalar',
  construct: (text: string | null) => Buffer.from(text ?? '', 'base64').toString('utf8'),
});

/** An application tag such as `!Ref` or `!vault`: goyaml ignores it and resolves the plain value. */
const ignoredTags = (['scalar', 'sequence', 'mapping'] as const).map(
  (kind) =>
    new Type('!', { kind, multi: true, construct: (value: unknown) => value ?? (kind === 'scalar' ? null : value) }),
);

export const kubernetesSchema: Schema = FAILSAFE_SCHEMA.extend({
  implicit: [nullType, booleanType, integerType, floatType, mergeType],
  explicit: [binaryType, ...ignoredTags],
});
