import { rbac } from '../../facts/rbac.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { addedSubjects } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';

const noBinding = notApplicable('it binds no role');

/** Source: CIS Kubernetes Benchmark 1.12, 5.1.5. */
export default control({
  id: 'service-accounts/default-rights',
  title: 'No role is bound to a default service account',
  severity: 'medium',
  subject: 'object',
  kinds: ['RoleBinding', 'ClusterRoleBinding'],
  why: 'Every pod of the namespace that names no service account has these rights, also the one that somebody adds next year.',
  remedy: 'Bind the role to a service account that only the workload with the need for it uses.',
  coveredBy: ['rbac/everyone', 'rbac/anonymous'],
  check: ({ object }, facts) => {
    if (object.kind !== 'RoleBinding' && object.kind !== 'ClusterRoleBinding') return noBinding;
    const binding = facts.get(rbac).bindingOf(object);
    if (binding === undefined) return noBinding;
    const { role } = binding;
    return addedSubjects(binding)
      .filter(({ kind, name }) => kind === 'ServiceAccount' && name === 'default')
      .map(({ namespace, path }): Failure => {
        const where = namespace === undefined ? 'the namespace' : `namespace ${namespace}`;
        const message = `every pod of ${where} that names no service account has ${role.kind} ${role.name}`;
        return fail(message, [...path, 'name'], { key: namespace ?? '' });
      });
  },
  examples: { fail: [binding('default')], pass: [binding('app')] },
});

function binding(account: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: example, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: ${account}}]
`;
}
