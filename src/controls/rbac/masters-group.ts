import { rbac } from '../../facts/rbac.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { addedSubjects } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';
import { clusterBinding, group } from './example-grants.ts';
import { bindingKinds } from './grant-judging.ts';

const masters = 'system:masters';

/** Source: CIS Kubernetes Benchmark 1.12, 5.1.7: whether the group is used. Who may join it is another matter. */
export default control({
  id: 'rbac/masters-group',
  title: 'Nothing is given by way of the group system:masters',
  severity: 'low',
  subject: 'object',
  kinds: bindingKinds,
  why: 'The API server lets this group do anything without asking any authorizer: no role limits it, and deleting bindings takes nothing away.',
  remedy: 'Bind a group of your own, and keep system:masters for emergencies.',
  coveredBy: ['rbac/default-roles', 'rbac/anonymous', 'rbac/everyone'],
  check: ({ object }, facts) => {
    const binding = facts.get(rbac).bindingOf(object);
    if (binding === undefined) return notApplicable('it names no role');
    return addedSubjects(binding)
      .filter(({ kind, name }) => kind === 'Group' && name === masters)
      .map(({ path }): Failure => {
        const message = `Group ${masters} is bound to ${binding.role.name}, and may do anything as it is`;
        return fail(message, [...path, 'name'], { key: 'subject' });
      });
  },
  examples: {
    fail: [clusterBinding('view', group(masters)), clusterBinding('cluster-admin', group(masters))],
    pass: [
      clusterBinding('cluster-admin', group(masters)).replace('given', 'cluster-admin'),
      clusterBinding('view', group('viewers')),
    ],
  },
});
