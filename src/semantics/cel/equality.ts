import { own } from '../../model/json.ts';
import { noSuchOverload } from './error.ts';
import {
  adapt,
  compareOptionalsWith,
  Double,
  Duration,
  isListValue,
  isPlainMap,
  MapValue,
  mapKey,
  Opaque,
  plainInt,
  Timestamp,
  Uint,
  type Value,
} from './value.ts';
import { Work } from './work.ts';

/**
 * Whether two values are equal: numbers by what they are worth, whatever their types, lists and maps item by item, and
 * values of different types never. Source: the CEL specification, on heterogeneous equality.
 */
export function isEqual(left: Value, right: Value, work?: Work): boolean {
  if (left === right) return true;
  if (typeof left === 'string' || typeof left === 'boolean' || left === null) return false;
  const number = numberOf(left);
  if (number !== undefined) {
    const other = numberOf(right);
    return other !== undefined && orderNumbers(left, right, number, other) === 0;
  }
  if (isListValue(left)) return isListValue(right) && isEqualList(left, right, work ?? new Work());
  if (left instanceof Uint8Array) return right instanceof Uint8Array && compareBytes(left, right) === 0;
  if (left instanceof MapValue || isPlainMap(left)) return isEqualMap(left, right, work ?? new Work());
  return left instanceof Opaque && left.equals(right);
}

compareOptionalsWith(isEqual);

function isEqualList(left: readonly Value[], right: readonly Value[], work: Work): boolean {
  if (left.length !== right.length) return false;
  for (const [index, item] of left.entries()) {
    const other = right[index];
    work.step();
    if (other === undefined || !isEqual(adapt(item), adapt(other), work)) return false;
  }
  return true;
}

function isEqualMap(left: Value, right: Value, work: Work): boolean {
  if (!(right instanceof MapValue) && !isPlainMap(right)) return false;
  const entries = entriesOf(left);
  if (entries.length !== sizeOfMap(right)) return false;
  for (const [key, value] of entries) {
    const other = lookUp(right, key);
    work.step();
    if (other === undefined || !isEqual(value, other, work)) return false;
  }
  return true;
}

/** The value at a key of a map of either kind; undefined where there is none, or the value is no map. */
export function lookUp(map: Value, key: Value): Value | undefined {
  if (map instanceof MapValue) {
    const plain = mapKey(key);
    return plain === undefined ? undefined : map.entries.get(plain)?.[1];
  }
  if (typeof key !== 'string' || !isPlainMap(map)) return undefined;
  const value = own(map, key);
  return value === undefined ? undefined : adapt(value);
}

export function entriesOf(map: Value): readonly (readonly [key: Value, value: Value])[] {
  if (map instanceof MapValue) return [...map.entries.values()];
  return isPlainMap(map) ? Object.entries(map).map(([key, value]) => [key, adapt(value)] as const) : [];
}

export function sizeOfMap(map: Value): number {
  if (map instanceof MapValue) return map.entries.size;
  return isPlainMap(map) ? Object.keys(map).length : 0;
}

/** What a number is worth; undefined for what is none. */
function numberOf(value: Value): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Double) return value.value;
  return value instanceof Uint ? plainInt(value.value) : undefined;
}

/** Negative, zero or positive; NaN where a NaN is compared. Values that have no order are an error. */
export function compare(left: Value, right: Value): number {
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  const number = numberOf(left);
  if (number !== undefined) {
    const other = numberOf(right);
    if (other === undefined) return noSuchOverload();
    return orderNumbers(left, right, number, other);
  }
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right);
  if (left instanceof Timestamp && right instanceof Timestamp) return order(left.nanoseconds, right.nanoseconds);
  if (left instanceof Duration && right instanceof Duration) return order(left.nanoseconds, right.nanoseconds);
  return noSuchOverload();
}

/** JavaScript compares numbers and bigints exactly; cel-go makes a double of what is compared with a double. */
function orderNumbers(left: Value, right: Value, number: number | bigint, other: number | bigint): number {
  if (left instanceof Double || right instanceof Double) return order(Number(number), Number(other));
  return order(number, other);
}

function order(left: number | bigint, right: number | bigint): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return left >= right ? 0 : Number.NaN;
}

/** By code points, as UTF-8 bytes are ordered; UTF-16 would put astral characters before U+E000. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const [one, other] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (one !== other) return rank(one) - rank(other);
  }
  return left.length - right.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
