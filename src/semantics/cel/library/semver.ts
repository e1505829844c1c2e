import { traversal } from '../cost.ts';
import { compareText } from '../equality.ts';
import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { checkedInt } from '../int.ts';
import { Opaque, type Value } from '../value.ts';

/** A version of semver.org. Two that differ in build metadata only are equal. */
class SemanticVersion extends Opaque {
  readonly typeName = 'kubernetes.Semver';
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];

  constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  equals(other: Value): boolean {
    return other instanceof SemanticVersion && compareVersions(this, other) === 0;
  }
}

const number = '(0|[1-9][0-9]{0,18})';
const pattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

function parse(text: string): SemanticVersion | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, major = '0', minor = '0', patch = '0', prerelease = ''] = match;
  const parts = prerelease === '' ? [] : prerelease.split('.');
  if (parts.some((part) => /^0[0-9]+$/.test(part))) return undefined;
  return new SemanticVersion([major, minor, patch].map(BigInt), parts);
}

/** Without a `v` and leading zeros, and with the parts that are missing. */
function normalized(text: string): string {
  const [major = '', minor, ...patch] = (text.startsWith('v') ? text.slice(1) : text).split('.');
  const parts = [major, ...(minor === undefined ? [] : [minor]), ...(patch.length === 0 ? [] : [patch.join('.')])].map(
    (part) => (part.length > 1 ? part.replace(/^0+(?=[0-9])/, '') : part),
  );
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? '')) return '';
  while (parts.length < 3) parts.push('0');
  return parts.join('.');
}

function semver(text: string, isNormalized = false): SemanticVersion {
  return parse(isNormalized ? normalized(text) : text) ?? fail(`invalid semantic version: ${JSON.stringify(text)}`);
}

function isSemver(text: string, isNormalized = false): boolean {
  return parse(isNormalized ? normalized(text) : text) !== undefined;
}

/** Source: semver.org, section 11. */
function compareVersions(left: SemanticVersion, right: SemanticVersion): number {
  for (const [index, value] of left.numbers.entries()) {
    const other = right.numbers[index] ?? 0n;
    if (value !== other) return value < other ? -1 : 1;
  }
  if (left.prerelease.length === 0 || right.prerelease.length === 0) {
    return Math.sign(right.prerelease.length - left.prerelease.length);
  }
  for (const [index, part] of left.prerelease.entries()) {
    const other = right.prerelease[index];
    if (other === undefined) return 1;
    const order = comparePrereleases(part, other);
    if (order !== 0) return order;
  }
  return left.prerelease.length < right.prerelease.length ? -1 : 0;
}

function comparePrereleases(left: string, right: string): number {
  const [isNumber, isOtherNumber] = [/^[0-9]+$/.test(left), /^[0-9]+$/.test(right)];
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  // Numbers have no leading zeros, so the longer one is the greater.
  if (isNumber && left.length !== right.length) return left.length < right.length ? -1 : 1;
  return Math.sign(compareText(left, right));
}

const read = { cost: traversal };

function part(index: number) {
  return { run: ({ numbers }: SemanticVersion) => checkedInt(numbers[index] ?? 0n) };
}

/** Kubernetes 1.33. Source: apiserver pkg/cel/library/semverlib.go, version 1. */
export const semvers: Library = {
  name: 'semver',
  since: 33,
  overloads: [
    overload('semver(string): kubernetes.Semver', { run: (text: string) => semver(text), ...read }),
    overload('semver(string, bool): kubernetes.Semver', { run: semver, ...read }),
    overload('isSemver(string): bool', { run: (text: string) => isSemver(text), ...read }),
    overload('isSemver(string, bool): bool', { run: isSemver, ...read }),
    overload('kubernetes.Semver..major(): int', part(0)),
    overload('kubernetes.Semver..minor(): int', part(1)),
    overload('kubernetes.Semver..patch(): int', part(2)),
    overload('kubernetes.Semver..isLessThan(kubernetes.Semver): bool', {
      run: (left: SemanticVersion, right: SemanticVersion) => compareVersions(left, right) < 0,
    }),
    overload('kubernetes.Semver..isGreaterThan(kubernetes.Semver): bool', {
      run: (left: SemanticVersion, right: SemanticVersion) => compareVersions(left, right) > 0,
    }),
    overload('kubernetes.Semver..compareTo(kubernetes.Semver): int', { run: compareVersions }),
  ],
};
