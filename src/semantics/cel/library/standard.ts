import { substringSearch, traversal } from '../cost.ts';
import { formatDouble } from '../double.ts';
import { sizeOfMap } from '../equality.ts';
import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { checkedInt, checkedUint } from '../int.ts';
import { codePointLength } from '../text.ts';
import { Double, Duration, type Int, plainInt, Timestamp, TypeValue, typeNameOf, Uint, type Value } from '../value.ts';
import { matchesPattern } from './regex.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time.ts';

const second = 1_000_000_000n;
const decimal = /^[+-]?[0-9]{1,400}$/;
const float = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const namedFloats: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

function size(value: string | Uint8Array | readonly Value[]): Int {
  return typeof value === 'string' ? codePointLength(value) : value.length;
}

function intFromDouble({ value }: Double): Int {
  // The bounds themselves are not exact as doubles, so cel-go refuses them.
  if (!(value > -(2 ** 63) && value < 2 ** 63)) return fail('integer overflow');
  return plainInt(BigInt(Math.trunc(value)));
}

function intFromText(text: string): Int {
  return decimal.test(text) ? checkedInt(BigInt(text.replace('+', ''))) : fail(`cannot convert ${quote(text)} to int`);
}

function uintFromDouble({ value }: Double): Uint {
  if (!(value > -1 && value < 2 ** 64)) return fail('unsigned integer overflow');
  return new Uint(BigInt(Math.trunc(value)));
}

function uintFromText(text: string): Uint {
  return /^[0-9]{1,400}$/.test(text) ? checkedUint(BigInt(text)) : fail(`cannot convert ${quote(text)} to uint`);
}

function doubleFromText(text: string): Double {
  const special = namedFloats.get(text.toLowerCase());
  if (special !== undefined) return new Double(special);
  return float.test(text) ? new Double(Number(text)) : fail(`cannot convert ${quote(text)} to double`);
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

function boolFromText(text: string): boolean {
  return truths.get(text) ?? fail(`cannot convert ${quote(text)} to bool`);
}

function textFromBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('invalid UTF-8 in bytes, cannot convert to string');
  }
}

function quote(text: string): string {
  return JSON.stringify(text);
}

const search = { cost: substringSearch };
const affix = { cost: (_text: Value, part: Value) => traversal(part) };

/** Source: the CEL specification, standard definitions. */
export const standard: Library = {
  name: 'core',
  since: 0,
  overloads: [
    ...['string', 'bytes', 'list<T>'].flatMap((type) => [
      overload(`size(${type}): int`, { run: size }),
      overload(`${type}..size(): int`, { run: size }),
    ]),
    overload('size(map<K, V>): int', { run: sizeOfMap }),
    overload('map<K, V>..size(): int', { run: sizeOfMap }),
    overload('string..contains(string): bool', { run: (text: string, part: string) => text.includes(part), ...search }),
    overload('string..startsWith(string): bool', {
      run: (text: string, part: string) => text.startsWith(part),
      ...affix,
    }),
    overload('string..endsWith(string): bool', { run: (text: string, part: string) => text.endsWith(part), ...affix }),
    overload('string..matches(string): bool', matchesPattern),
    overload('matches(string, string): bool', matchesPattern),
    overload('int(int): int', { run: (value: Int) => value }),
    overload('int(uint): int', { run: ({ value }: Uint) => checkedInt(value) }),
    overload('int(double): int', { run: intFromDouble }),
    overload('int(string): int', { run: intFromText }),
    overload('int(timestamp): int', {
      run: ({ nanoseconds }: Timestamp) =>
        plainInt((nanoseconds - (((nanoseconds % second) + second) % second)) / second),
    }),
    overload('int(duration): int', { run: ({ nanoseconds }: Duration) => plainInt(nanoseconds) }),
    overload('uint(uint): uint', { run: (value: Uint) => value }),
    overload('uint(int): uint', { run: (value: Int) => checkedUint(BigInt(value)) }),
    overload('uint(double): uint', { run: uintFromDouble }),
    overload('uint(string): uint', { run: uintFromText }),
    overload('double(double): double', { run: (value: Double) => value }),
    overload('double(int): double', { run: (value: Int) => new Double(Number(value)) }),
    overload('double(uint): double', { run: ({ value }: Uint) => new Double(Number(value)) }),
    overload('double(string): double', { run: doubleFromText }),
    overload('bool(bool): bool', { run: (value: boolean) => value }),
    overload('bool(string): bool', { run: boolFromText }),
    overload('string(string): string', { run: (value: string) => value }),
    overload('string(bool): string', { run: (value: boolean) => String(value) }),
    overload('string(int): string', { run: (value: Int) => String(value) }),
    overload('string(uint): string', { run: ({ value }: Uint) => String(value) }),
    overload('string(double): string', { run: ({ value }: Double) => formatDouble(value) }),
    overload('string(bytes): string', { run: textFromBytes, cost: traversal }),
    overload('string(timestamp): string', { run: formatTimestamp }),
    overload('string(duration): string', { run: formatDuration }),
    overload('bytes(bytes): bytes', { run: (value: Uint8Array) => value }),
    overload('bytes(string): bytes', { run: (text: string) => new TextEncoder().encode(text), cost: traversal }),
    overload('timestamp(timestamp): timestamp', { run: (value: Timestamp) => value }),
    overload('timestamp(string): timestamp', { run: parseTimestamp }),
    overload('timestamp(int): timestamp', { run: timestampFromSeconds }),
    overload('duration(duration): duration', { run: (value: Duration) => value }),
    overload('duration(string): duration', { run: parseDuration }),
    overload('duration(int): duration', { run: (value: Int) => new Duration(BigInt(value)) }),
    overload('dyn(A): dyn', { run: (value: Value) => value }),
    overload('type(A): type<A>', { run: (value: Value) => new TypeValue(typeNameOf(value)) }),
  ],
};

function timestampFromSeconds(value: Int): Timestamp {
  const nanoseconds = BigInt(value) * second;
  const limit = 253_402_300_799n * second;
  if (nanoseconds > limit || nanoseconds < -62_135_596_800n * second) return fail('timestamp overflow');
  return new Timestamp(nanoseconds);
}
