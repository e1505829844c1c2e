import { describe, expect, it } from 'vitest';
import { istioMembership, type MeshPod } from './istio-injection.ts';

type Labels = Readonly<Record<string, string>>;

function membership(space: Labels | undefined, pod: Labels = {}, more: Partial<MeshPod> = {}): string {
  const answer = istioMembership({
    labels: new Map(Object.entries(pod)),
    annotations: new Map(),
    hostNetwork: false,
    containers: ['app'],
    isRunning: false,
    namespaceLabels: space === undefined ? undefined : new Map(Object.entries(space)),
    namespace: 'shop',
    ...more,
  });
  return answer.kind === 'outside' ? `outside${answer.isAsked ? ', asked' : ''}` : answer.kind;
}

const on = { 'istio-injection': 'enabled' };
const inject = 'sidecar.istio.io/inject';

describe('membership in a mesh of Istio', () => {
  const table: readonly (readonly [string, string, Labels | undefined, Labels?, Partial<MeshPod>?])[] = [
    ['sidecar', 'a namespace that asks', on],
    ['sidecar', 'a revision of the namespace', { 'istio.io/rev': 'canary' }],
    ['outside', 'a namespace that does not ask', {}],
    ['outside', 'disabled goes before a revision', { 'istio-injection': 'disabled', 'istio.io/rev': 'canary' }],
    ['outside', 'disabled goes before the pod', { 'istio-injection': 'disabled' }, { [inject]: 'true' }],
    ['sidecar', 'a pod that asks', {}, { [inject]: 'true' }],
    ['sidecar', 'a revision of the pod', {}, { 'istio.io/rev': 'canary' }],
    ['outside, asked', 'a pod that declines', on, { [inject]: 'false' }],
    ['outside, asked', 'declines by annotation', on, {}, { annotations: new Map([[inject, 'false']]) }],
    ['sidecar', 'the label goes first', on, { [inject]: 'true' }, { annotations: new Map([[inject, 'false']]) }],
    ['outside, asked', 'the network of the node', on, {}, { hostNetwork: true }],
    ['outside', 'kube-system', on, {}, { namespace: 'kube-system' }],
    ['unknown', 'a namespace that was not read', undefined],
    ['sidecar', 'a proxy that runs', undefined, {}, { containers: ['app', 'istio-proxy'], isRunning: true }],
    ['outside, asked', 'runs without the proxy', on, {}, { isRunning: true }],
    ['ambient', 'an ambient namespace', { 'istio.io/dataplane-mode': 'ambient' }],
    [
      'outside',
      'a pod that leaves ambient',
      { 'istio.io/dataplane-mode': 'ambient' },
      { 'istio.io/dataplane-mode': 'none' },
    ],
    ['outside, asked', 'ambient, not redirected', { 'istio.io/dataplane-mode': 'ambient' }, {}, { isRunning: true }],
    [
      'ambient',
      'ambient and redirected',
      { 'istio.io/dataplane-mode': 'ambient' },
      {},
      { isRunning: true, annotations: new Map([['ambient.istio.io/redirection', 'enabled']]) },
    ],
  ];
  for (const [expected, name, space, pod, more] of table) {
    it(`${expected}: ${name}`, () => {
      expect(membership(space, pod, more)).toBe(expected);
    });
  }
});
