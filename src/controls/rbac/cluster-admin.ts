import { pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { binding, clusterBinding, group, user } from './example-grants.ts';
import { adminSeverity } from './grades.ts';
import { bindingKinds, grantingOf, powerFailure } from './grant-judging.ts';

export default control({
  id: 'rbac/cluster-admin',
  title: 'Nobody beyond the administrators is bound to cluster-admin',
  severity: 'critical',
  subject: 'object',
  kinds: bindingKinds,
  why: 'The role allows everything, in a RoleBinding everything in its namespace: who takes over such an account has the cluster.',
  remedy: 'Bind a role with what is needed; keep cluster-admin for one group of people.',
  coveredBy: ['rbac/anonymous', 'rbac/everyone'],
  check: ({ object }, facts) => {
    const granting = grantingOf(object, facts);
    if (granting.kind === 'role') return pass;
    if (granting.kind !== 'binding') return granting;
    const { holders } = granting;
    const { role } = granting.binding;
    if (role.kind !== 'ClusterRole' || role.name !== 'cluster-admin' || holders.length === 0) return pass;
    return powerFailure('do everything', { granting, severity: adminSeverity(holders), at: ['roleRef'] });
  },
  examples: {
    fail: [
      clusterBinding('cluster-admin', '{kind: ServiceAccount, name: tiller, namespace: kube-system}'),
      clusterBinding('cluster-admin', group('system:masters'), user('anne')),
      binding('{kind: ClusterRole, name: cluster-admin}'),
    ],
    pass: [
      clusterBinding('view', user('anne')),
      clusterBinding('cluster-admin', group('kubeadm:cluster-admins')).replace('given', 'kubeadm:cluster-admins'),
    ],
  },
});
