import { describe, expect, it } from 'vitest';
import { formatNamespaceError, namespacePolicy, type PodSecurityPolicies } from './namespace-policy.ts';
import { formatPolicy, latestVersion, type PodSecurityLevel, parsePolicyVersion } from './policy.ts';

const prefix = 'pod-security.kubernetes.io/';

function policy(level: PodSecurityLevel, version = 'latest') {
  return { level, version: parsePolicyVersion(version) ?? latestVersion };
}

function labelsOf(labels: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]));
}

function resolve(labels: Record<string, string>, defaults?: PodSecurityPolicies): readonly string[] {
  const { enforce, audit, warn } = namespacePolicy(labelsOf(labels), defaults);
  return [enforce, audit, warn].map(formatPolicy);
}

const strictDefaults: PodSecurityPolicies = {
  enforce: policy('baseline', 'v1.30'),
  audit: policy('restricted', 'v1.29'),
  warn: policy('restricted', 'v1.28'),
};

describe('labels of a namespace', () => {
  it.each<[string, Record<string, string>, readonly string[]]>([
    ['none', {}, ['privileged:latest', 'privileged:latest', 'privileged:latest']],
    [
      'all',
      { enforce: 'baseline', audit: 'restricted', warn: 'restricted' },
      ['baseline:latest', 'restricted:latest', 'restricted:latest'],
    ],
    ['enforce alone warns', { enforce: 'baseline' }, ['baseline:latest', 'privileged:latest', 'baseline:latest']],
    [
      '… in its version',
      { enforce: 'restricted', 'enforce-version': 'v1.30' },
      ['restricted:v1.30', 'privileged:latest', 'restricted:v1.30'],
    ],
    [
      '… unless the warning has one',
      { enforce: 'restricted', 'enforce-version': 'v1.30', 'warn-version': 'v1.31' },
      ['restricted:v1.30', 'privileged:latest', 'restricted:v1.31'],
    ],
    [
      '… even one that means nothing',
      { enforce: 'restricted', 'enforce-version': 'v1.30', 'warn-version': 'x' },
      ['restricted:v1.30', 'privileged:latest', 'restricted:latest'],
    ],
    [
      '… or a level',
      { enforce: 'restricted', warn: 'privileged' },
      ['restricted:latest', 'privileged:latest', 'privileged:latest'],
    ],
    [
      '… valid or not',
      { enforce: 'restricted', warn: 'x' },
      ['restricted:latest', 'privileged:latest', 'privileged:latest'],
    ],
    [
      'an invalid enforce level denies, and does not warn',
      { enforce: 'x' },
      ['restricted:latest', 'privileged:latest', 'privileged:latest'],
    ],
    ['an invalid audit level is off', { audit: 'x' }, ['privileged:latest', 'privileged:latest', 'privileged:latest']],
    [
      'an invalid version is latest',
      { enforce: 'baseline', 'enforce-version': 'v1', 'audit-version': '1.2', 'warn-version': 'x' },
      ['baseline:latest', 'privileged:latest', 'baseline:latest'],
    ],
    ['a version alone', { 'enforce-version': 'v1.31' }, ['privileged:v1.31', 'privileged:latest', 'privileged:latest']],
  ])('%s', (_, labels, expected) => {
    expect(resolve(labels)).toEqual(expected);
  });

  it.each<[string, Record<string, string>, readonly string[]]>([
    ['none', {}, ['baseline:v1.30', 'restricted:v1.29', 'restricted:v1.28']],
    [
      'a level keeps the default version',
      { enforce: 'privileged' },
      ['privileged:v1.30', 'restricted:v1.29', 'restricted:v1.28'],
    ],
    [
      'enforce is not stricter than the default warning',
      { enforce: 'restricted' },
      ['restricted:v1.30', 'restricted:v1.29', 'restricted:v1.28'],
    ],
    ['an invalid audit level is off', { audit: '' }, ['baseline:v1.30', 'privileged:v1.29', 'restricted:v1.28']],
  ])('over the defaults of the server: %s', (_, labels, expected) => {
    expect(resolve(labels, strictDefaults)).toEqual(expected);
  });

  it('that mean nothing are told in order', () => {
    const { errors } = namespacePolicy(labelsOf({ 'warn-version': '1.30', enforce: 'Baseline', unknown: 'x' }));
    expect(errors).toEqual([
      {
        label: `${prefix}enforce`,
        value: 'Baseline',
        message: `metadata.labels[${prefix}enforce]: Invalid value: "Baseline": must be one of privileged, baseline, restricted`,
      },
      {
        label: `${prefix}warn-version`,
        value: '1.30',
        message: `metadata.labels[${prefix}warn-version]: Invalid value: "1.30": must be "latest" or "v1.x"`,
      },
    ]);
    expect(formatNamespaceError('shop', errors)).toBe(
      `Namespace "shop" is invalid: [${errors[0]?.message}, ${errors[1]?.message}]`,
    );
    expect(formatNamespaceError('shop', errors.slice(0, 1))).toBe(
      `Namespace "shop" is invalid: metadata.labels[${prefix}enforce]: Invalid value: "Baseline": ` +
        'must be one of privileged, baseline, restricted',
    );
  });
});
