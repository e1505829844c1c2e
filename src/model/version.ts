/** A version that counts from left to right: `v1.12.3`, `3.5.9-0`, `10.4.1-ubuntu`, `1.12.0-beta.0`. */
export interface Version {
  /** At least one; `1.12` has two, and is any of its patches. */
  readonly numbers: readonly number[];
  /** `beta.0`: comes before the release. Other suffixes name a build of it, and do not count. */
  readonly prerelease: string | undefined;
}

const versionPattern = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})(?:[-+._]?([0-9A-Za-z].*))?$/;
const prereleasePattern = /^(?:alpha|beta|rc|pre|preview|dev|snapshot)(?![a-z])/i;

/** Undefined for what has no number in front: `latest`, `stable`. A leading `v` is dropped. */
export function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text);
  if (match?.[1] === undefined) return undefined;
  const suffix = match[2] ?? '';
  return {
    numbers: match[1].split('.').map(Number),
    prerelease: prereleasePattern.test(suffix) ? (suffix.split('+')[0] ?? suffix) : undefined,
  };
}

/** Positive where `a` is the newer. Numbers are compared as numbers, missing ones as 0; a prerelease is before its release. */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.prerelease === b.prerelease) return 0;
  if (a.prerelease === undefined) return 1;
  if (b.prerelease === undefined) return -1;
  return comparePrereleases(a.prerelease, b.prerelease);
}

/** As semver 2.0 (11.4): identifiers one by one, numbers by value and before words. `rc1` counts as `rc.1`. */
function comparePrereleases(a: string, b: string): number {
  const left = identifiers(a);
  const right = identifiers(b);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const x = left[index];
    const y = right[index];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    if (x === y) continue;
    const numeric = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (numeric[0] && numeric[1]) return Number(x) - Number(y);
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

function identifiers(prerelease: string): readonly string[] {
  return prerelease.toLowerCase().match(/\d+|[a-z]+/g) ?? [];
}
