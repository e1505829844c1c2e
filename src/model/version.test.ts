import { describe, expect, it } from 'vitest';
import { compareVersions, parseVersion } from './version.ts';

describe('parseVersion', () => {
  it.each([
    ['v1.12.3', [1, 12, 3], undefined],
    ['3.5.9-0', [3, 5, 9], undefined],
    ['10.4.1-ubuntu', [10, 4, 1], undefined],
    ['11.2.10+security-01', [11, 2, 10], undefined],
    ['v1.12.0-beta.0', [1, 12, 0], 'beta.0'],
    ['2.6.0-rc1', [2, 6, 0], 'rc1'],
    ['1.20-distroless', [1, 20], undefined],
    ['1.20-prebuilt', [1, 20], undefined],
    ['7', [7], undefined],
  ])('%s', (text, numbers, prerelease) => {
    expect(parseVersion(text)).toEqual({ numbers, prerelease });
  });

  it.each(['latest', '', 'v', 'stable-1.2', '-1'])('%j is no version', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

describe('compareVersions', () => {
  it('orders by number, not by text, and prereleases first', () => {
    const ordered = [
      '0.49.1',
      '1.2.0',
      'v1.9',
      '1.12.0-beta.0',
      '1.12.0-rc.2',
      '1.12.0-rc.10',
      '1.12.0',
      '1.12.1',
      '2.0',
    ];
    const versions = ordered.map((text) => parseVersion(text));
    for (const [i, a] of versions.entries()) {
      for (const [j, b] of versions.entries()) {
        if (a === undefined || b === undefined) throw new Error('not a version');
        expect(Math.sign(compareVersions(a, b)), `${ordered[i]} against ${ordered[j]}`).toBe(Math.sign(i - j));
      }
    }
  });
});
