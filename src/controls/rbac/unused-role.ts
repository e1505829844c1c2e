import { defineFact } from '../../facts/facts.ts';
import { rbac } from '../../facts/rbac.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { isDefaultRole } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';
import { clusterBinding, clusterRole, inNamespace, user } from './example-grants.ts';
import { roleKinds } from './grant-judging.ts';
import { isStored, ofServer } from './stored.ts';

const pods = '{apiGroups: [""], resources: [pods], verbs: [get]}';
const noRole = notApplicable('it is no role');

/** The roles that a binding names or another role aggregates. */
const usedRoles = defineFact('used-roles', (facts): ReadonlySet<KubeObject> => {
  const known = facts.get(rbac);
  const used = new Set<KubeObject>();
  for (const binding of known.bindings) {
    const role = known.roleOf(binding);
    if (role !== undefined) used.add(role);
  }
  for (const object of facts.snapshot.objects) {
    if (object.kind !== 'ClusterRole' || valueAt(object.value, ['aggregationRule']) === undefined) continue;
    for (const part of known.authorizer.roles.sourcesOf(object)) if (part !== object) used.add(part);
  }
  return used;
});

export default control({
  id: 'rbac/unused-role',
  title: 'Every role is given to somebody',
  severity: 'low',
  subject: 'object',
  kinds: roleKinds,
  why: 'A role that nobody has is one that nobody looks after, and stands ready for whoever may bind.',
  remedy: 'Delete the role, unless people bind it for a time.',
  check: ({ object }, facts) => {
    if (object.kind !== 'Role' && object.kind !== 'ClusterRole') return noRole;
    if (!object.apiVersion.startsWith('rbac.authorization.k8s.io/')) return noRole;
    if (isDefaultRole(object)) return pass;
    if (!isStored(object)) return notApplicable('a manifest may leave its binding to another');
    if (facts.get(usedRoles).has(object)) return pass;
    // Vendors ship such roles for people to bind: their names say what for.
    return fail(`no binding gives ${object.kind} ${object.name} to anyone`, ['metadata', 'name']);
  },
  examples: {
    fail: [ofServer(clusterRole(pods))],
    pass: [
      ofServer(`${clusterRole(pods)}---\n${clusterBinding('example', user('anne'))}`),
      ofServer(inNamespace(pods)),
      ofServer(
        `${clusterRole(pods, '{part: "true"}')}---\n${clusterRole(pods).replace('name: example', 'name: whole').replace('rules:', 'aggregationRule: {clusterRoleSelectors: [{matchLabels: {part: "true"}}]}\nrules:')}---\n${clusterBinding('whole', user('anne'))}`,
      ),
    ],
  },
});
