import { pass } from '../../model/verdict.ts';
import { ruleAllows } from '../../semantics/rbac/rule.ts';
import { control } from '../control.ts';
import { everywhere, inNamespace } from './example-grants.ts';
import { grantingOf, powerFailure, roleKinds } from './grant-judging.ts';
import { coveringControls } from './power-control.ts';

const masters = 'system:masters';

export default control({
  id: 'rbac/impersonate-masters',
  title: 'Nobody can join the group system:masters by impersonation',
  severity: 'critical',
  subject: 'object',
  kinds: roleKinds,
  why: 'The API server lets this group do anything without asking any authorizer: who may act as a member may do anything, too.',
  remedy: 'Name the groups that may be impersonated with resourceNames, and leave system:masters out.',
  coveredBy: [...coveringControls.filter((id) => id !== 'rbac/cluster-admin'), 'rbac/escalation-verbs'],
  check: ({ object }, facts) => {
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
      everywhere(`{apiGroups: [""], resources: [groups], verbs: [impersonate], resourceNames: ["${masters}"]}`),
      everywhere('{apiGroups: [""], resources: [groups], verbs: [impersonate]}'),
    ],
    pass: [
      everywhere('{apiGroups: [""], resources: [groups], verbs: [impersonate], resourceNames: [viewers]}'),
      // Groups are asked for in the whole cluster.
      inNamespace('{apiGroups: [""], resources: [groups], verbs: [impersonate]}'),
    ],
  },
});
