import { describe, expect, it } from 'vitest';
import { podFromJson } from '../model/pod.ts';
import { isSetByKubelet, requiredNodeLabels, tolerates, tolerationsOf } from './node-isolation.ts';

describe('labels that a kubelet may set on its own node', () => {
  it.each([
    ['team', true],
    ['example.com/team', true],
    ['node.kubernetes.io/pool', true],
    ['pool.node.kubernetes.io/a', true],
    ['kubelet.kubernetes.io/pool', true],
    ['kubernetes.io/hostname', true],
    ['topology.kubernetes.io/zone', true],
    ['node-restriction.kubernetes.io/team', false],
    ['bank.node-restriction.kubernetes.io/team', false],
    ['node-role.kubernetes.io/control-plane', false],
    ['kubernetes.io/team', false],
    ['example.k8s.io/team', false],
    ['notkubernetes.io/team', true],
  ])('%s: %s', (label, expected) => {
    expect(isSetByKubelet(label)).toBe(expected);
  });
});

describe('tolerations', () => {
  const taint = { key: 'team', value: 'bank', effect: 'NoSchedule' };
  it.each([
    [{ operator: 'Exists' }, true],
    [{ operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'team', operator: 'Exists' }, true],
    [{ key: 'team', value: 'bank' }, true],
    [{ key: 'team', value: 'bank', effect: 'NoSchedule' }, true],
    [{ key: 'team', value: 'shop' }, false],
    [{ key: 'team' }, false],
    [{ value: 'bank' }, false],
    [{}, false],
  ])('%j: %s', (toleration, expected) => {
    const { pod } = podFromJson({ spec: { tolerations: [toleration] } });
    expect(tolerationsOf(pod).some((each) => tolerates(each, taint))).toBe(expected);
  });
});

describe('labels that a pod asks of its node', () => {
  const affinity = (...terms: readonly object[]) => ({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms as never } },
    },
  });
  const term = (...values: readonly string[]) => ({ matchExpressions: [{ key: 'team', operator: 'In', values }] });
  it.each([
    [{ nodeSelector: { team: 'bank' } }, ['team=bank']],
    [affinity(term('bank')), ['team=bank']],
    [affinity(term('bank', 'shop')), []],
    // Either term is enough, so neither is required.
    [affinity(term('bank'), term('shop')), []],
    [{ nodeSelector: 'bank' }, []],
  ])('%j', (spec, expected) => {
    const { pod } = podFromJson({ spec });
    expect([...requiredNodeLabels(pod)].map(([key, value]) => `${key}=${value}`)).toEqual(expected);
  });
});
