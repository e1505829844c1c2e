import { fail } from './error.ts';
import { type Int, plainInt, Uint } from './value.ts';

const lowest = -(2n ** 63n);
const highest = 2n ** 63n - 1n;
const highestUint = 2n ** 64n - 1n;

/** An int64, or an error. */
export function checkedInt(value: bigint): Int {
  if (value < lowest || value > highest) fail('integer overflow');
  return plainInt(value);
}

/** A uint64, or an error. */
export function checkedUint(value: bigint): Uint {
  if (value < 0n || value > highestUint) fail('unsigned integer overflow');
  return new Uint(value);
}

export function addInts(left: Int, right: Int): Int {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return checkedInt(BigInt(left) + BigInt(right));
}

export function subtractInts(left: Int, right: Int): Int {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return checkedInt(BigInt(left) - BigInt(right));
}

export function multiplyInts(left: Int, right: Int): Int {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return checkedInt(BigInt(left) * BigInt(right));
}

/** Towards zero. */
export function divideInts(left: Int, right: Int): Int {
  if (Number(right) === 0) fail('division by zero');
  if (typeof left === 'number' && typeof right === 'number') return Math.trunc(left / right) + 0;
  return checkedInt(BigInt(left) / BigInt(right));
}

/** With the sign of the left. */
export function remainderOfInts(left: Int, right: Int): Int {
  if (Number(right) === 0) fail('modulus by zero');
  if (typeof left === 'number' && typeof right === 'number') return (left % right) + 0;
  return checkedInt(BigInt(left) % BigInt(right));
}

export function negateInt(value: Int): Int {
  return typeof value === 'number' ? 0 - value : checkedInt(-value);
}

/** As an index into an array: an int beyond what arrays have is beyond every array. */
export function indexNumber(value: Int): number {
  return Number(value);
}
