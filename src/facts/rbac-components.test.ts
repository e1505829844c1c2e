import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { factsOf } from './facts.ts';
import { componentStandings } from './rbac-components.ts';

const api = 'rbac.authorization.k8s.io/v1';

function told(...objects: readonly object[]): readonly string[] {
  const decoded = decodeManifest(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }), 'x.json');
  return factsOf(assembleSnapshot([decoded], ''))
    .get(componentStandings)
    .map(({ component, identity, secrets, beyond }) => {
      const read = secrets.map(({ verb, namespace, names }) => [verb, namespace ?? 'everywhere', ...names].join(' '));
      const more = beyond.map(({ object }) => object.name);
      return [component, identity, read.join(', ') || 'none', more.join(', ') || 'nothing'].join(' | ');
    });
}

const role = (name: string, rule: object) => ({
  apiVersion: api,
  kind: 'ClusterRole',
  metadata: { name },
  rules: [rule],
});
const secrets = (more: object = {}) => ({ apiGroups: [''], resources: ['secrets'], verbs: ['get'], ...more });
const bound = (name: string, to: string, subject: object, namespace?: string) => ({
  ...{ apiVersion: api, kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding' },
  ...{ metadata: { name, namespace }, roleRef: { kind: 'ClusterRole', name: to }, subjects: [subject] },
});
const user = (name: string) => ({ kind: 'User', name });
const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });
const proxyRole = role('system:node-proxier', { apiGroups: [''], resources: ['nodes'], verbs: ['get'] });

describe('what components were given', () => {
  it.each<[string, readonly object[], readonly string[]]>([
    [
      'is nothing beyond by the bindings of Kubernetes',
      [proxyRole, bound('system:node-proxier', 'system:node-proxier', user('system:kube-proxy'))],
      ['kube-proxy | system:kube-proxy | none | nothing'],
    ],
    [
      'is nothing beyond where an installer binds the same role by another name',
      [proxyRole, bound('installer:kube-proxy', 'system:node-proxier', account('kube-proxy'))],
      ['kube-proxy | system:serviceaccount:kube-system:kube-proxy | none | nothing'],
    ],
    [
      'counts a group that they are in',
      [role('all', secrets()), bound('all', 'all', { kind: 'Group', name: 'system:serviceaccounts:kube-system' })],
      [
        'the scheduler | system:serviceaccount:kube-system:kube-scheduler | get everywhere | all',
        'the controller manager | system:serviceaccount:kube-system:kube-controller-manager | get everywhere | all',
        'kube-proxy | system:serviceaccount:kube-system:kube-proxy | get everywhere | all',
      ],
    ],
    [
      'counts single Secrets, and where',
      [role('one', secrets({ resourceNames: ['a'] })), bound('one', 'one', user('system:kube-scheduler'), 'shop')],
      ['the scheduler | system:kube-scheduler | get shop a | one'],
    ],
    [
      'names kubelets by their group, and one that has more by its name',
      [
        role('some', secrets()),
        bound('some', 'some', user('system:node:n1')),
        ...['n1', 'n2'].map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } })),
        bound('nodes', 'some', { kind: 'Group', name: 'system:nodes' }, 'shop'),
      ],
      [
        'a kubelet | system:node:n1 | get everywhere, get shop | some',
        'every kubelet | system:nodes | get shop | nodes',
      ],
    ],
    [
      'names a controller that has more than its own role',
      [role('some', secrets()), bound('some', 'some', account('job-controller'))],
      ['a controller | system:serviceaccount:kube-system:job-controller | get everywhere | some'],
    ],
    ['is unknown without bindings', [role('some', secrets())], []],
  ])('%s', (_, objects, expected) => {
    expect(told(...objects)).toEqual(expected);
  });
});
