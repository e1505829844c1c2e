import { FAILSAFE_SCHEMA, type Schema, Type } from 'js-yaml';

/*
 * Scalars as kubectl reads them: sigs.k8s.io/yaml on goyaml.v2 (`resolve.go`), decoded to JSON.
 * YAML 1.1 booleans, base prefixes and octal as in Go's strconv.ParseInt(s, 0, 64), no base 60, dates stay strings.
 * `kubectl.test.ts` holds this file against a kubectl.
 */

const booleans = new Map<string, boolean>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

const nulls = new Set(['', '~', 'null', 'Null', 'NULL']);

const decimalOrBased = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const floating = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** What begins with a point goes straight to Go's ParseFloat, which wants each underscore between digits. */
const pointFirst = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;

function startsLikeNumber(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
}

function withoutUnderscores(text: string): string {
  return text.includes('_') ? text.replaceAll('_', '') : text;
}

/**
 * The integer that Go's `strconv.ParseInt(text, 0, 64)`, or else `ParseUint`, gives once underscores are dropped;
 * undefined where neither does.
 */
function parseGoInteger(text: string): number | undefined {
  if (!startsLikeNumber(text)) return undefined;
  const plain = withoutUnderscores(text);
  if (!decimalOrBased.test(plain)) return undefined;
  const negative = plain[0] === '-';
  const digits = negative || plain[0] === '+' ? plain.slice(1) : plain;
  const literal = digits.length > 1 && /^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = Number(literal);
  if (value > 2 ** 53 && !fitsGoInteger(BigInt(literal), negative)) return undefined;
  return negative ? 0 - value : value;
}

function fitsGoInteger(magnitude: bigint, negative: boolean): boolean {
  return magnitude <= (negative ? 2n ** 63n : 2n ** 64n - 1n);
}

function parseFloating(text: string): number | undefined {
  if (!startsLikeNumber(text)) return undefined;
  const plain = withoutUnderscores(text);
  const wellFormed = text[0] === '.' ? pointFirst.test(text) : floating.test(plain);
  if (!wellFormed) return undefined;
  const value = Number(plain);
  // Out of range is no number to Go, and stays the string that it was.
  return Number.isFinite(value) ? value : undefined;
}

const nullType = new Type('tag:yaml.org,2002:null', {
  kind: 'scalar',
  resolve: (text: string | null) => text === null || nulls.has(text),
  construct: () => null,
});

const booleanType = new Type('tag:yaml.org,2002:bool', {
  kind: 'scalar',
  resolve: (text: unknown) => typeof text === 'string' && text.length <= 5 && booleans.has(text),
  construct: (text: string) => booleans.get(text),
});

const integerType = new Type('tag:yaml.org,2002:int', {
  kind: 'scalar',
  resolve: (text: unknown) => typeof text === 'string' && parseGoInteger(text) !== undefined,
  construct: (text: string) => parseGoInteger(text),
});

const floatType = new Type('tag:yaml.org,2002:float', {
  kind: 'scalar',
  resolve: (text: unknown) => typeof text === 'string' && parseFloating(text) !== undefined,
  construct: (text: string) => parseFloating(text),
});

export const mergeTag = 'tag:yaml.org,2002:merge';

const mergeType = new Type(mergeTag, {
  kind: 'scalar',
  resolve: (text: string | null) => text === '<<',
});

const binaryType = new Type('tag:yaml.org,2002:binary', {
  kind: 'scalar',
  construct: (text: string | null) => Buffer.from(text ?? '', 'base64').toString('utf8'),
});

/** Any other tag, such as `!Ref`, `!vault` or `!!timestamp`: goyaml ignores it, and its scalar is a string. */
const otherTags = (['scalar', 'sequence', 'mapping'] as const).map(
  (kind) => new Type('', { kind, multi: true, construct: (value: unknown) => value ?? '' }),
);

export const kubernetesSchema: Schema = FAILSAFE_SCHEMA.extend({
  implicit: [nullType, booleanType, integerType, floatType, mergeType],
  explicit: [binaryType, ...otherTags],
});
