import { pass } from '../../model/verdict.ts';
import { ruleAllows } from '../../semantics/rbac/rule.ts';
import { control } from '../control.ts';
import { clusterRole, everywhere, inNamespace } from './example-grants.ts';
import { grantingOf, powerFailure, roleKinds } from './grant-judging.ts';

export default control({
  id: 'rbac/full-wildcard',
  title: 'No role of your own allows everything',
  severity: 'critical',
  subject: 'object',
  kinds: roleKinds,
  why: 'A rule of wildcards is cluster-admin by another name, and covers what the next version and the next operator add.',
  remedy: 'List the groups, resources and verbs that are needed.',
  coveredBy: [],
  // Only a wildcard matches an asterisk that is asked for as a name.
  check: ({ object }, facts) => {
    const granting = grantingOf(object, facts);
    if (granting.kind === 'binding') return pass;
    if (granting.kind !== 'role') return granting;
    const rule = granting.rules.find((each) => ruleAllows(each, { verb: '*', apiGroup: '*', resource: '*' }));
    if (rule === undefined) return pass;
    return powerFailure('do everything', { granting, severity: 'critical', at: ['rules', rule.index] });
  },
  examples: {
    fail: [
      everywhere('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}'),
      inNamespace('{apiGroups: ["", "*"], resources: ["*"], verbs: [get, "*"]}'),
      clusterRole('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}'),
    ],
    pass: [
      everywhere('{apiGroups: ["*"], resources: ["*"], verbs: [get]}'),
      everywhere('{apiGroups: [apps], resources: ["*"], verbs: ["*"]}'),
      everywhere('{apiGroups: ["*"], resources: ["*"], verbs: ["*"], resourceNames: [one]}'),
    ],
  },
});
