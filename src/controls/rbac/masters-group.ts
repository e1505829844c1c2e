import { rbac } from '../../facts/rbac.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { addedSubjects } from '../../semantics/rbac/default-objects.ts';
import { ruleAllows } from '../../semantics/rbac/rule.ts';
import { control } from '../control.ts';
import { clusterBinding, everywhere, group } from './example-grants.ts';
import { grantingOf, grantKinds, isBindingKind, powerFailure } from './grant-judging.ts';
import { coveringControls } from './power-control.ts';

const masters = 'system:masters';

export default control({
  id: 'rbac/masters-group',
  title: 'Nothing is given by way of the group system:masters',
  severity: 'critical',
  subject: 'object',
  kinds: grantKinds,
  why: 'The API server lets this group do anything without asking any authorizer: no role limits it, and deleting bindings takes nothing away.',
  remedy: 'Bind a group of your own, and keep system:masters for emergencies.',
  coveredBy: [...coveringControls.filter((id) => id !== 'rbac/cluster-admin'), 'rbac/escalation-verbs'],
  check: ({ object }, facts) => {
    if (isBindingKind(object.kind)) {
      const binding = facts.get(rbac).bindingOf(object);
      if (binding === undefined) return pass;
      return addedSubjects(binding)
        .filter(({ kind, name }) => kind === 'Group' && name === masters)
        .map(({ path }): Failure => {
          const message = `Group ${masters} is bound to ${binding.role.name}, and may do anything as it is`;
          return fail(message, [...path, 'name'], { severity: 'low', key: 'subject' });
        });
    }
    const granting = grantingOf(object, facts);
    if (granting.kind !== 'role') return granting.kind === 'binding' ? pass : granting;
    const request = { verb: 'impersonate', apiGroup: '', resource: 'groups', name: masters };
    const rule = granting.rules.find((each) => ruleAllows(each, request));
    if (rule === undefined || granting.scope !== 'cluster') return pass;
    const at = ['rules', rule.index];
    return powerFailure(`join ${masters} by impersonation`, { granting, severity: 'critical', at });
  },
  examples: {
    fail: [
      clusterBinding('view', group(masters)),
      everywhere(`{apiGroups: [""], resources: [groups], verbs: [impersonate], resourceNames: ["${masters}"]}`),
    ],
    pass: [
      clusterBinding('cluster-admin', group(masters)).replace('given', 'cluster-admin'),
      everywhere('{apiGroups: [""], resources: [groups], verbs: [impersonate], resourceNames: [viewers]}'),
    ],
  },
});
