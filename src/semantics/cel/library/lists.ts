import { costSize, traversal } from '../cost.ts';
import { compare, isEqual } from '../equality.ts';
import { fail, noSuchOverload } from '../error.ts';
import { type Library, type OverloadSource, overload } from '../function.ts';
import { addInts, checkedUint, indexNumber } from '../int.ts';
import { adapt, Double, Duration, type Int, isListValue, Optional, Uint, type Value } from '../value.ts';
import { checkedDuration } from './time.ts';

/** Items of a list that is made out of a number. */
const longestRange = 1_000_000;

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];

function isSorted(list: readonly Value[]): boolean {
  for (let index = 1; index < list.length; index += 1) {
    if (compare(adapt(list[index - 1] as Value), adapt(list[index] as Value)) > 0) return false;
  }
  return true;
}

function sum(zero: Value): (list: readonly Value[]) => Value {
  return (list) => {
    const [first, ...rest] = list;
    return first === undefined ? zero : rest.reduce((total: Value, item) => plus(total, adapt(item)), adapt(first));
  };
}

function plus(left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) return addInts(left, right);
  if (left instanceof Double && right instanceof Double) return new Double(left.value + right.value);
  if (left instanceof Uint && right instanceof Uint) return checkedUint(left.value + right.value);
  if (left instanceof Duration && right instanceof Duration) {
    return checkedDuration(left.nanoseconds + right.nanoseconds);
  }
  return noSuchOverload();
}

function isInt(value: Value): value is Int {
  return typeof value === 'number' || typeof value === 'bigint';
}

function extreme(name: 'min' | 'max', list: readonly Value[]): Value {
  const [first, ...rest] = list;
  if (first === undefined) return fail(`${name} called on empty list`);
  let best = adapt(first);
  for (const item of rest) {
    const order = compare(adapt(item), best);
    if (name === 'min' ? order < 0 : order > 0) best = adapt(item);
  }
  return best;
}

function indexOf(list: readonly Value[], item: Value): number {
  return list.findIndex((candidate) => isEqual(adapt(candidate), item));
}

function lastIndexOf(list: readonly Value[], item: Value): number {
  return list.findLastIndex((candidate) => isEqual(adapt(candidate), item));
}

const read = { cost: traversal };

const zeros: readonly (readonly [type: string, zero: Value])[] = [
  ['int', 0],
  ['uint', new Uint(0n)],
  ['double', new Double(0)],
  ['duration', new Duration(0n)],
];

/** Source: apiserver pkg/cel/library/lists.go. */
export const lists: Library = {
  name: 'lists',
  since: 0,
  overloads: [
    ...comparable.flatMap((type) => [
      overload(`list<${type}>..isSorted(): bool`, { run: isSorted, ...read }),
      overload(`list<${type}>..min(): ${type}`, { run: (list: readonly Value[]) => extreme('min', list), ...read }),
      overload(`list<${type}>..max(): ${type}`, { run: (list: readonly Value[]) => extreme('max', list), ...read }),
    ]),
    ...zeros.map(([type, zero]) => overload(`list<${type}>..sum(): ${type}`, { run: sum(zero), ...read })),
    overload('list<T>..indexOf(T): int', { run: indexOf, ...read }),
    overload('list<T>..lastIndexOf(T): int', { run: lastIndexOf, ...read }),
  ],
};

function slice(list: readonly Value[], from: Int, to: Int): readonly Value[] {
  const [start, end] = [indexNumber(from), indexNumber(to)];
  if (start < 0 || end < 0) return fail(`cannot slice(${from}, ${to}), negative indexes not supported`);
  if (start > end) return fail(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`);
  if (end > list.length) return fail(`cannot slice(${from}, ${to}), list is length ${list.length}`);
  return list.slice(start, end);
}

function flatten(list: readonly Value[], depth: Int = 1): readonly Value[] {
  if (depth < 0) return fail('level must be non-negative');
  const flat: Value[] = [];
  const add = (items: readonly Value[], left: number): void => {
    for (const item of items) {
      if (left > 0 && isListValue(item)) add(item, left - 1);
      else flat.push(item);
    }
  };
  add(list, indexNumber(depth));
  return flat;
}

/** Without the items that an earlier one equals. Those that JSON's own equality decides are not compared in pairs. */
function distinct(list: readonly Value[]): readonly Value[] {
  const plain = new Set<Value>();
  const others: Value[] = [];
  return list.filter((raw) => {
    const item = adapt(raw);
    if (typeof item === 'string' || typeof item === 'boolean' || typeof item === 'number' || item === null) {
      if (plain.has(item)) return false;
      if (typeof item === 'number' && others.some((other) => isEqual(other, item))) return false;
      plain.add(item);
      return true;
    }
    if (others.some((other) => isEqual(other, item))) return false;
    if (item instanceof Double && plain.has(item.value)) return false;
    if (item instanceof Uint && plain.has(Number(item.value))) return false;
    others.push(item);
    return true;
  });
}

function range(end: Int): readonly Value[] {
  const length = indexNumber(end);
  if (length > longestRange) return fail(`lists.range(${end}) is too long to be made`);
  return Array.from({ length: Math.max(0, length) }, (_, index) => index);
}

function sorted(list: readonly Value[]): readonly Value[] {
  return sortedBy(list, list);
}

/** The items of the second list, ordered by those of the first; items whose keys are equal stay in order. */
function sortedBy(keys: readonly Value[], list: readonly Value[]): readonly Value[] {
  const kept = keys.map((key, index) => ({ key: adapt(key), item: list[index] as Value }));
  const [first] = kept;
  if (first !== undefined && kept.some(({ key }) => !isSameKind(key, first.key))) {
    return fail('list elements must have the same type');
  }
  return kept.sort((left, right) => compare(left.key, right.key)).map(({ item }) => item);
}

function isSameKind(left: Value, right: Value): boolean {
  if (isInt(left) || isInt(right)) return isInt(left) && isInt(right);
  if (typeof left !== 'object' || left === null) return typeof left === typeof right;
  return typeof right === 'object' && right !== null && left.constructor === right.constructor;
}

function optionalItem(item: Value | undefined): Optional {
  return item === undefined ? Optional.none : new Optional(adapt(item));
}

function keysAndLists(): readonly OverloadSource[] {
  const cost = (list: Value): number => costSize(list);
  return comparable.flatMap((type) => [
    overload(`list<${type}>..sort(): list<${type}>`, { run: sorted, cost }),
    overload(`list<${type}>..@sortByAssociatedKeys(list<T>): list<T>`, { run: sortedBy, cost }),
  ]);
}

const made = { cost: (_list: Value, _other: Value, result: Value) => 1 + costSize(result) };

/** Kubernetes 1.34. Source: cel-go ext/lists.go, version 3. */
export const extendedLists: Library = {
  name: 'ext lists',
  since: 34,
  overloads: [
    overload('list<T>..slice(int, int): list<T>', { run: slice, ...made }),
    overload('list<list<T>>..flatten(): list<T>', { run: (list: readonly Value[]) => flatten(list), ...made }),
    overload('list<dyn>..flatten(int): list<dyn>', { run: flatten, ...made }),
    overload('list<T>..distinct(): list<T>', { run: distinct, cost: (list) => costSize(list) ** 2 }),
    overload('list<T>..reverse(): list<T>', { run: (list: readonly Value[]) => list.toReversed(), ...made }),
    overload('lists.range(int): list<int>', { run: range, ...made }),
    overload('list<T>..first(): optional<T>', { run: (list: readonly Value[]) => optionalItem(list[0]) }),
    overload('list<T>..last(): optional<T>', { run: (list: readonly Value[]) => optionalItem(list.at(-1)) }),
    ...keysAndLists(),
  ],
};

/** Kubernetes 1.37. */
export const listMembership: Library = {
  name: 'lists v1',
  since: 37,
  overloads: [
    overload('dyn..includes(dyn): bool', {
      run: (list: Value, item: Value) => (isListValue(list) ? indexOf(list, item) !== -1 : isEqual(list, item)),
      cost: (list) => costSize(list),
    }),
  ],
};

function containsAll(list: readonly Value[], part: readonly Value[]): boolean {
  return part.every((item) => indexOf(list, adapt(item)) !== -1);
}

const pairs = { cost: (left: Value, right: Value) => 1 + costSize(left) * costSize(right) };

/** Kubernetes 1.29. Source: cel-go ext/sets.go. */
export const sets: Library = {
  name: 'sets',
  since: 29,
  overloads: [
    overload('sets.contains(list<T>, list<T>): bool', { run: containsAll, ...pairs }),
    overload('sets.equivalent(list<T>, list<T>): bool', {
      run: (left: readonly Value[], right: readonly Value[]) => containsAll(left, right) && containsAll(right, left),
      ...pairs,
    }),
    overload('sets.intersects(list<T>, list<T>): bool', {
      run: (left: readonly Value[], right: readonly Value[]) => left.some((item) => indexOf(right, adapt(item)) !== -1),
      ...pairs,
    }),
  ],
};
