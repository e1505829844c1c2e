import { traversal } from '../cost.ts';
import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { Double, type Int, Opaque, plainInt, type Value } from '../value.ts';

const nano = 1_000_000_000n;
const mostWhole = 2n ** 63n - 1n;

/** An amount as `resources` have it, to the billionth. */
class Quantity extends Opaque {
  readonly typeName = 'kubernetes.Quantity';
  /** Billionths. */
  readonly amount: bigint;
  /** Whether the API server holds it as a whole int64 and so can hand it out: `1000m` is 1, and is not held so. */
  readonly isHeldAsInt: boolean;

  constructor(amount: bigint, isHeldAsInt: boolean) {
    super();
    this.amount = amount;
    this.isHeldAsInt = isHeldAsInt;
  }

  equals(other: Value): boolean {
    return other instanceof Quantity && other.amount === this.amount;
  }
}

const binary: ReadonlyMap<string, bigint> = new Map([
  ['Ki', 2n ** 10n],
  ['Mi', 2n ** 20n],
  ['Gi', 2n ** 30n],
  ['Ti', 2n ** 40n],
  ['Pi', 2n ** 50n],
  ['Ei', 2n ** 60n],
]);

const decimal: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);

const pattern = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?[0-9]+))$/;

/** Digits that are read: 2^63 has 19, and a billionth nine more. */
const mostDigits = 1000;

/**
 * As apimachinery's resource.ParseQuantity: what is finer than a billionth is rounded away from zero, and what is
 * more than an int64 is held to it. Undefined where it is no quantity.
 */
function parseQuantity(text: string): Quantity | undefined {
  if (text.length > mostDigits) return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', binarySuffix, decimalSuffix = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  const negative = sign === '-' ? -1n : 1n;
  if (binarySuffix !== undefined) {
    const scaled = digits * (binary.get(binarySuffix) ?? 1n) * nano;
    const amount = capped(roundUp(scaled, 10n ** BigInt(fraction.length)));
    return new Quantity(negative * amount, fraction === '' && amount % nano === 0n && amount < mostWhole * nano);
  }
  const power = (exponent === undefined ? (decimal.get(decimalSuffix) ?? 0) : Number(exponent)) - fraction.length;
  if (digits === 0n) return new Quantity(0n, power >= 0);
  const amount = capped(scale(digits, power + 9));
  return new Quantity(negative * amount, power >= 0 && amount < mostWhole * nano);
}

function scale(digits: bigint, power: number): bigint {
  // Beyond these, every number is either more than there may be, or less than a billionth.
  if (power > 60) return mostWhole * nano;
  if (power < -mostDigits - 60) return 1n;
  return power >= 0 ? digits * 10n ** BigInt(power) : roundUp(digits, 10n ** BigInt(-power));
}

function roundUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

function capped(amount: bigint): bigint {
  return amount > mostWhole * nano ? mostWhole * nano : amount;
}

function quantity(text: string): Quantity {
  return parseQuantity(text) ?? fail(`quantity parse error during conversion from string: ${JSON.stringify(text)}`);
}

function asInteger({ amount, isHeldAsInt }: Quantity): Int {
  return isHeldAsInt ? plainInt(amount / nano) : fail('cannot convert value to integer');
}

function sum(left: Quantity, right: bigint, isHeldAsInt: boolean): Quantity {
  const amount = left.amount + right;
  return new Quantity(
    amount,
    isHeldAsInt && left.isHeldAsInt && amount / nano <= mostWhole && amount / nano >= -mostWhole - 1n,
  );
}

function compareTo(left: Quantity, right: Quantity): number {
  return left.amount < right.amount ? -1 : Number(left.amount > right.amount);
}

/** Kubernetes 1.28. Source: apiserver pkg/cel/library/quantity.go. */
export const quantities: Library = {
  name: 'quantity',
  since: 28,
  overloads: [
    overload('quantity(string): kubernetes.Quantity', { run: quantity, cost: traversal }),
    overload('isQuantity(string): bool', {
      run: (text: string) => parseQuantity(text) !== undefined,
      cost: traversal,
    }),
    overload('kubernetes.Quantity..isInteger(): bool', { run: ({ isHeldAsInt }: Quantity) => isHeldAsInt }),
    overload('kubernetes.Quantity..asInteger(): int', { run: asInteger }),
    overload('kubernetes.Quantity..asApproximateFloat(): double', {
      run: ({ amount }: Quantity) => new Double(Number(amount) / Number(nano)),
    }),
    overload('kubernetes.Quantity..sign(): int', {
      run: ({ amount }: Quantity) => (amount < 0n ? -1 : Number(amount > 0n)),
    }),
    overload('kubernetes.Quantity..add(kubernetes.Quantity): kubernetes.Quantity', {
      run: (left: Quantity, right: Quantity) => sum(left, right.amount, right.isHeldAsInt),
    }),
    overload('kubernetes.Quantity..add(int): kubernetes.Quantity', {
      run: (left: Quantity, right: Int) => sum(left, BigInt(right) * nano, true),
    }),
    overload('kubernetes.Quantity..sub(kubernetes.Quantity): kubernetes.Quantity', {
      run: (left: Quantity, right: Quantity) => sum(left, -right.amount, right.isHeldAsInt),
    }),
    overload('kubernetes.Quantity..sub(int): kubernetes.Quantity', {
      run: (left: Quantity, right: Int) => sum(left, -BigInt(right) * nano, true),
    }),
    overload('kubernetes.Quantity..isLessThan(kubernetes.Quantity): bool', {
      run: (left: Quantity, right: Quantity) => left.amount < right.amount,
    }),
    overload('kubernetes.Quantity..isGreaterThan(kubernetes.Quantity): bool', {
      run: (left: Quantity, right: Quantity) => left.amount > right.amount,
    }),
    overload('kubernetes.Quantity..compareTo(kubernetes.Quantity): int', { run: compareTo }),
  ],
};
