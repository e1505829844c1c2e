import { describe, expect, it } from 'vitest';
import { exampleAlert } from '../../test/alert-example.ts';
import type { Finding } from '../engine/finding.ts';
import type { JsonObject } from '../model/json.ts';
import type { Severity } from '../model/severity.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { causesIn } from './causes.ts';

function objectOf(kind: string, name: string, namespace?: string, value: JsonObject = {}): KubeObject {
  return { apiVersion: 'v1', kind, name, namespace, value, source: { file: 'x', document: 0, base: [] } };
}

function finding(id: string, object: KubeObject, severity: Severity = 'high'): Finding {
  return { control: { id }, severity, subject: { object }, owner: object } as unknown as Finding;
}

const binding = objectOf('ClusterRoleBinding', 'web-admin', undefined, {
  subjects: [
    { kind: 'ServiceAccount', name: 'web', namespace: 'shop' },
    { kind: 'User', name: 'alice' },
    null,
    { name: 7 },
  ],
});
const causes = causesIn([
  finding('rbac/cluster-admin', binding, 'critical'),
  finding('service-accounts/automount', objectOf('ServiceAccount', 'web', 'shop')),
  finding('pods/privileged', objectOf('Pod', 'web-1', 'shop')),
  finding('pods/privileged', objectOf('Pod', 'web-1', 'other')),
  finding('pods/host-path', objectOf('DaemonSet', 'agent', 'kube-system'), 'medium'),
  finding('network/policy', objectOf('NetworkPolicy', 'deny', 'shop'), 'low'),
  finding('rbac/odd', objectOf('RoleBinding', 'odd', 'shop', { subjects: 'none' })),
]);

const actor = exampleAlert().actor;

describe('what made an incident possible', () => {
  it.each([
    [
      'the grants of a service account, gravest first',
      'system:serviceaccount:shop:web',
      [],
      ['rbac/cluster-admin: ClusterRoleBinding web-admin', 'service-accounts/automount: ServiceAccount shop/web'],
    ],
    ['the grants of a user', 'alice', [], ['rbac/cluster-admin: ClusterRoleBinding web-admin']],
    ['the pod that was entered', 'bob', ['pods shop/web-1 exec'], ['pods/privileged: Pod shop/web-1']],
    ['a workload', 'bob', ['daemonsets.apps kube-system/agent'], ['pods/host-path: DaemonSet kube-system/agent']],
    [
      'a plural in -ies',
      'bob',
      ['networkpolicies.networking.k8s.io shop/deny'],
      ['network/policy: NetworkPolicy shop/deny'],
    ],
    ['nothing that is known', 'bob', ['secrets', '/version', 'pods in shop'], []],
  ])('is %s', (_what, user, targets, expected) => {
    expect(causes(exampleAlert({ actor: { ...actor, user }, targets }))).toEqual(expected);
  });

  it('counts for who was impersonated too', () => {
    const alert = exampleAlert({ actor: { ...actor, user: 'bob', impersonated: 'alice' }, targets: [] });
    expect(causes(alert)).toEqual(['rbac/cluster-admin: ClusterRoleBinding web-admin']);
  });
});
