import { describe, expect, it } from 'vitest';
import { newerPatch } from './latest.ts';
import { skewOf } from './skew.ts';
import { etcdOf, milestonesOf, upgradePath } from './upgrade-path.ts';
import { isVendorBuild } from './vendor.ts';

describe('skew', () => {
  it.each([
    ['kubelet', 30, 30, undefined],
    ['kubelet', 25, 28, undefined],
    ['kubelet', 24, 27, 'older by 3 of 2'],
    ['kubelet', 22, 24, undefined],
    ['kubelet', 31, 30, 'newer'],
    ['kube-proxy', 26, 30, 'older by 4 of 3'],
    ['kube-scheduler', 29, 30, undefined],
    ['kube-scheduler', 28, 30, 'older by 2 of 1'],
    ['kube-controller-manager', 31, 30, 'newer'],
    // API servers of one cluster, counted from the oldest.
    ['kube-apiserver', 31, 30, undefined],
    ['kube-apiserver', 32, 30, 'newer'],
  ] as const)('%s 1.%i beside 1.%i: %s', (component, minor, server, expected) => {
    const skew = skewOf(component, minor, server);
    const words = skew?.kind === 'older' ? `older by ${skew.age} of ${skew.allowed}` : skew?.kind;
    expect(words).toBe(expected);
  });
});

describe('the newest patch of a line', () => {
  it.each([
    ['kubernetes', 'v1.35.6', '1.35.8 2'],
    ['kubernetes', 'v1.35.8', undefined],
    ['kubernetes', 'v1.35.9', undefined],
    ['kubernetes', 'v1.99.0', undefined],
    ['kubernetes', 'v1.35', undefined],
    ['containerd', '2.3.1', '2.3.4 3'],
    ['etcd', '3.5.16-0', '3.5.33 17'],
  ] as const)('of %s %s: %s', (product, version, expected) => {
    const newer = newerPatch(product, version);
    expect(newer && `${newer.patch} ${newer.behind}`).toBe(expected);
  });
});

describe('the way to a version', () => {
  it.each([
    [30, 31, 'one-step'],
    [30, 30, 'already-there'],
    [30, 29, 'backwards'],
    [30, 33, 'several-steps 30,31,32,33'],
  ])('from 1.%i to 1.%i: %s', (from, to, expected) => {
    const path = upgradePath(from, to);
    expect(path.kind === 'several-steps' ? `${path.kind} ${path.minors.join(',')}` : path.kind).toBe(expected);
  });

  it('has another etcd, and things to look at, where upstream does', () => {
    expect([21, 22, 33, 34, 36, 37].map(etcdOf)).toEqual([4, 5, 5, 6, 6, 7]);
    expect(milestonesOf(35)).toHaveLength(1);
    expect(milestonesOf(33)).toEqual([]);
  });
});

describe('builds', () => {
  it.each([
    ['v1.30.5', false],
    ['v1.31.0-rc.1', false],
    ['v1.28.9+k3s1', false],
    ['v1.27.16+rke2r1', false],
    ['3.5.16-0', false],
    ['2.3.1', false],
    ['v1.30.5-gke.1014001', true],
    ['v1.29.3-eks-adc7111', true],
    ['v1.31.2-aliyun.1', true],
    ['v1.25.4+77bec7a', true],
    ['1.7.24~ds1', true],
  ])('%s may hold fixes of its maker: %s', (version, expected) => {
    expect(isVendorBuild(version)).toBe(expected);
  });
});
