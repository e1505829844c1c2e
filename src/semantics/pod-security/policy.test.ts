import { describe, expect, it } from 'vitest';
import { compareLevels, formatPolicy, parsePodSecurityLevel, parsePolicyVersion } from './policy.ts';

describe('policy versions', () => {
  it.each([
    ['latest', 'latest'],
    ['v1.0', 0],
    ['v1.9', 9],
    ['v1.31', 31],
    ['v1.999', 999],
    ['v1.9223372036854775807', Number(9223372036854775807n)],
  ] as const)('%s is %s', (label, minor) => {
    expect(parsePolicyVersion(label)).toEqual({ label, minor });
  });

  it.each([
    ...['', 'Latest', 'v1', '1.31', 'v1.', 'v1.01', 'v1.00', 'v2.0', 'v1.31.0', 'v1.-1', 'v1.31 ', ' v1.31', 'v1.31\n'],
    ...['v1.9223372036854775808', `v1.${'9'.repeat(100_000)}`, 'v1.١'],
  ])('%j is none', (label) => {
    expect(parsePolicyVersion(label)).toBeUndefined();
  });

  it('print as they were written', () => {
    const version = parsePolicyVersion('v1.31');
    expect(version && formatPolicy({ level: 'baseline', version })).toBe('baseline:v1.31');
  });
});

describe('levels', () => {
  it.each(['Baseline', '', 'default', 'constructor'])('%j is none', (level) => {
    expect(parsePodSecurityLevel(level)).toBeUndefined();
  });

  it('are ordered by strictness', () => {
    expect(compareLevels('restricted', 'baseline')).toBeGreaterThan(0);
    expect(compareLevels('privileged', 'baseline')).toBeLessThan(0);
    expect(compareLevels('baseline', 'baseline')).toBe(0);
  });
});
