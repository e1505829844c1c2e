import { own } from '../../../model/json.ts';
import { comparison, concatenation, costSize } from '../cost.ts';
import { compare, isEqual, lookUp } from '../equality.ts';
import { fail, noSuchOverload } from '../error.ts';
import { type Library, type OverloadSource, overload } from '../function.ts';
import { addInts, checkedUint, divideInts, multiplyInts, negateInt, remainderOfInts, subtractInts } from '../int.ts';
import {
  adapt,
  Double,
  Duration,
  type Int,
  isListValue,
  isPlainMap,
  MapValue,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from '../value.ts';
import { checkedDuration, checkedTimestamp } from './time.ts';

function isInt(value: Value): value is Int {
  return typeof value === 'number' || typeof value === 'bigint';
}

function add(left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) return addInts(left, right);
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (isListValue(left) && isListValue(right)) return [...left, ...right];
  if (left instanceof Double && right instanceof Double) return new Double(left.value + right.value);
  if (left instanceof Uint && right instanceof Uint) return checkedUint(left.value + right.value);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return joinBytes(left, right);
  if (left instanceof Duration && right instanceof Duration) {
    return checkedDuration(left.nanoseconds + right.nanoseconds);
  }
  if (
    (left instanceof Timestamp && right instanceof Duration) ||
    (left instanceof Duration && right instanceof Timestamp)
  ) {
    return checkedTimestamp(left.nanoseconds + right.nanoseconds);
  }
  return noSuchOverload();
}

function joinBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}

function subtract(left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) return subtractInts(left, right);
  if (left instanceof Double && right instanceof Double) return new Double(left.value - right.value);
  if (left instanceof Uint && right instanceof Uint) return checkedUint(left.value - right.value);
  if (left instanceof Duration && right instanceof Duration) {
    return checkedDuration(left.nanoseconds - right.nanoseconds);
  }
  if (left instanceof Timestamp && right instanceof Timestamp) {
    return checkedDuration(left.nanoseconds - right.nanoseconds);
  }
  if (left instanceof Timestamp && right instanceof Duration) {
    return checkedTimestamp(left.nanoseconds - right.nanoseconds);
  }
  return noSuchOverload();
}

function multiply(left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) return multiplyInts(left, right);
  if (left instanceof Double && right instanceof Double) return new Double(left.value * right.value);
  if (left instanceof Uint && right instanceof Uint) return checkedUint(left.value * right.value);
  return noSuchOverload();
}

function divide(left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) return divideInts(left, right);
  if (left instanceof Double && right instanceof Double) return new Double(left.value / right.value);
  if (!(left instanceof Uint && right instanceof Uint)) return noSuchOverload();
  return right.value === 0n ? fail('division by zero') : new Uint(left.value / right.value);
}

function remainder(left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) return remainderOfInts(left, right);
  if (!(left instanceof Uint && right instanceof Uint)) return noSuchOverload();
  return right.value === 0n ? fail('modulus by zero') : new Uint(left.value % right.value);
}

function negate(value: Value): Value {
  if (isInt(value)) return negateInt(value);
  return value instanceof Double ? new Double(-value.value) : noSuchOverload();
}

function not(value: Value): Value {
  return typeof value === 'boolean' ? !value : noSuchOverload();
}

function contains(item: Value, container: Value): boolean {
  if (isListValue(container)) {
    for (const candidate of container) if (isEqual(item, adapt(candidate))) return true;
    return false;
  }
  if (container instanceof MapValue || isPlainMap(container)) return lookUp(container, item) !== undefined;
  return noSuchOverload();
}

/** The item at an index or key, or undefined; an error where the two do not go together. */
function itemAt(container: Value, index: Value): Value | undefined {
  if (isListValue(container)) {
    const position = wholeNumber(index);
    const item = container[Number(position)];
    return item === undefined ? undefined : adapt(item);
  }
  if (container instanceof MapValue) return lookUp(container, index);
  if (!isPlainMap(container)) return noSuchOverload();
  if (typeof index !== 'string') return undefined;
  const value = own(container, index);
  return value === undefined ? undefined : adapt(value);
}

function wholeNumber(index: Value): Int | bigint {
  if (isInt(index)) return index;
  if (index instanceof Uint) return index.value;
  if (index instanceof Double && Number.isInteger(index.value)) return index.value;
  return fail(index instanceof Double ? `unsupported index value ${index.value} in list` : 'no such overload');
}

function index(container: Value, key: Value): Value {
  if (container instanceof Optional) return optionalIndex(container, key);
  const item = itemAt(container, key);
  if (item !== undefined) return item;
  return isListValue(container) ? fail(`index out of bounds: ${show(key)}`) : fail(`no such key: ${show(key)}`);
}

function optionalIndex(container: Value, key: Value): Value {
  const inner = container instanceof Optional ? container.value : container;
  if (inner === undefined) return Optional.none;
  const item = itemAt(inner, key);
  return item === undefined ? Optional.none : new Optional(item);
}

function show(value: Value): string {
  if (value instanceof Double || value instanceof Uint) return String(value.value);
  return value === null || typeof value === 'object' ? '?' : String(value);
}

function comparisons(name: string, holds: (order: number) => boolean): readonly OverloadSource[] {
  const implementation = { run: (left: Value, right: Value) => holds(compare(left, right)), cost: comparison };
  const types = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];
  return types.map((type) => overload(`${name}(${type}, ${type}): bool`, implementation));
}

function mixedComparisons(name: string, holds: (order: number) => boolean): readonly OverloadSource[] {
  const implementation = { run: (left: Value, right: Value) => holds(compare(left, right)) };
  const types = ['int', 'uint', 'double'];
  return types.flatMap((left) =>
    types
      .filter((right) => right !== left)
      .map((right) => overload(`${name}(${left}, ${right}): bool`, implementation)),
  );
}

function all(name: string, signatures: readonly string[], run: (left: Value, right: Value) => Value): OverloadSource[] {
  return signatures.map((signature) => overload(`${name}${signature}`, { run }));
}

const orders: readonly (readonly [name: string, holds: (order: number) => boolean])[] = [
  ['_<_', (order) => order < 0],
  ['_<=_', (order) => order <= 0],
  ['_>_', (order) => order > 0],
  ['_>=_', (order) => order >= 0],
];

const numbers = ['(int, int): int', '(uint, uint): uint', '(double, double): double'];

const sums = [
  ...numbers,
  '(string, string): string',
  '(bytes, bytes): bytes',
  '(list<A>, list<A>): list<A>',
  '(timestamp, duration): timestamp',
  '(duration, timestamp): timestamp',
  '(duration, duration): duration',
];

/** Operators that are functions to the checker. `&&`, `||` and `?:` are not: what they evaluate depends on values. */
export const operators: Library = {
  name: 'core',
  since: 0,
  dispatches: 'itself',
  overloads: [
    ...sums.map((signature) => overload(`_+_${signature}`, { run: add, cost: concatenation })),
    ...all(
      '_-_',
      [
        ...numbers,
        '(timestamp, timestamp): duration',
        '(timestamp, duration): timestamp',
        '(duration, duration): duration',
      ],
      subtract,
    ),
    ...all('_*_', numbers, multiply),
    ...all('_/_', numbers, divide),
    ...all('_%_', ['(int, int): int', '(uint, uint): uint'], remainder),
    overload('-_(int): int', { run: negate }),
    overload('-_(double): double', { run: negate }),
    overload('!_(bool): bool', { run: not }),
    overload('_==_(A, A): bool', { run: (left: Value, right: Value) => isEqual(left, right), cost: comparison }),
    overload('_!=_(A, A): bool', { run: (left: Value, right: Value) => !isEqual(left, right), cost: comparison }),
    ...orders.flatMap(([name, holds]) => comparisons(name, holds)),
    overload('@in(A, list<A>): bool', { run: contains, cost: (_item, list) => costSize(list) }),
    overload('@in(A, map<A, B>): bool', { run: contains, cost: (_key, map) => (isListValue(map) ? costSize(map) : 1) }),
    overload('_[_](list<A>, int): A', { run: index }),
    overload('_[_](map<A, B>, A): B', { run: index }),
    overload('_?_:_(bool, A, A): A', { run: noSuchOverload }),
  ],
};

/** Source: apiserver pkg/cel/environment/base.go. */
export const crossTypeComparisons: Library = {
  name: 'cross-type numeric comparison',
  since: 28,
  dispatches: 'itself',
  overloads: orders.flatMap(([name, holds]) => mixedComparisons(name, holds)),
};

export const optionalIndexes: Library = {
  name: 'optional types',
  since: 28,
  dispatches: 'itself',
  overloads: [
    overload('_[_](optional<list<A>>, int): optional<A>', { run: index }),
    overload('_[_](optional<map<A, B>>, A): optional<B>', { run: index }),
    ...['list<A>', 'optional<list<A>>'].map((type) =>
      overload(`_[?_](${type}, int): optional<A>`, { run: optionalIndex }),
    ),
    ...['map<A, B>', 'optional<map<A, B>>'].map((type) =>
      overload(`_[?_](${type}, A): optional<B>`, { run: optionalIndex }),
    ),
  ],
};
