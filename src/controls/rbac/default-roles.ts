import { pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { binding, clusterBinding, group, user } from './example-grants.ts';
import { gradesOf, worstOf } from './grades.ts';
import { bindingKinds, grantingOf, listed, powerFailure } from './grant-judging.ts';
import { gradesOfPower, powersOf } from './power-control.ts';
import { strongPowers } from './strength.ts';

export default control({
  id: 'rbac/default-roles',
  title: 'Strong roles of Kubernetes itself are bound only where they are meant to be',
  severity: 'high',
  subject: 'object',
  kinds: bindingKinds,
  why: 'The roles admin and edit are made for a namespace, those of components for components: bound everywhere, they read all Secrets, run any pod or act as any service account.',
  remedy: 'Bind admin and edit in the namespaces that they are for, and a role with what is needed elsewhere.',
  coveredBy: ['rbac/cluster-admin', 'rbac/anonymous', 'rbac/everyone'],
  check: ({ object }, facts) => {
    const granting = grantingOf(object, facts);
    if (granting.kind === 'role') return pass;
    if (granting.kind !== 'binding') return granting;
    const { rules, holders } = granting;
    const { role, scope } = granting.binding;
    if (holders.length === 0 || role.name === 'cluster-admin') return pass;
    if (scope === 'namespace' && object.namespace !== 'kube-system') return pass;
    const found = powersOf(rules, strongPowers, granting.scope);
    if (found.length === 0) return pass;
    const severity = worstOf(
      found.map(({ power }) => gradesOf(gradesOfPower(power, { severity: 'high', facts, holders }))),
    );
    const rights = found.map(({ power }) => power.says);
    return powerFailure(listed(rights), { granting, severity, at: ['roleRef'], rights });
  },
  examples: {
    fail: [
      clusterBinding('edit', user('anne')),
      clusterBinding('system:node', group('system:nodes')),
      binding('{kind: ClusterRole, name: admin}', 'kube-system'),
    ],
    pass: [clusterBinding('view', user('anne')), binding('{kind: ClusterRole, name: edit}')],
  },
});
