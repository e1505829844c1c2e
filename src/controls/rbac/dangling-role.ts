import { rbac } from '../../facts/rbac.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { isDefaultClusterRole } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';
import { binding, clusterBinding, clusterRole, user } from './example-grants.ts';
import { bindingKinds, isBindingKind, noGrant } from './grant-judging.ts';
import { makers } from './makers.ts';

const ofServer = (text: string): string =>
  text.replace('metadata: {name: given', 'metadata: {uid: 7d1f2c1e-0000-4000-8000-000000000001, name: given');

export default control({
  id: 'rbac/dangling-role',
  title: 'Bindings give roles that exist',
  severity: 'low',
  subject: 'object',
  kinds: bindingKinds,
  why: 'Such a binding gives nothing until somebody creates a role of that name, and then gives it to people who were forgotten.',
  remedy: 'Delete the binding, or create the role that it is for.',
  check: ({ object }, facts) => {
    if (!isBindingKind(object.kind)) return noGrant;
    const known = facts.get(rbac);
    const bound = known.bindingOf(object);
    if (bound === undefined) return notApplicable('it names no role');
    if (known.roleOf(bound) !== undefined) return pass;
    const { kind, name } = bound.role;
    // What a server has stored was read with its roles; a manifest may name one that is applied from elsewhere.
    const isStored = typeof valueAt(object.value, ['metadata', 'uid']) === 'string';
    if (!isStored && kind === 'ClusterRole' && isDefaultClusterRole(name)) return pass;
    const areRead = known.hasRoles(kind);
    if (!isStored || !areRead) return unknown(`${kind} ${name} is not in what was read`);
    const isCluster = kind === 'ClusterRole';
    const canMake = facts.get(makers)(isCluster ? 'clusterroles' : 'roles')(isCluster ? undefined : object.namespace);
    const message = `${kind} ${name} does not exist${canMake ? ', and others than administrators may create it' : ''}`;
    return fail(message, ['roleRef', 'name'], { severity: canMake ? 'medium' : 'low' });
  },
  examples: {
    fail: [
      `${ofServer(clusterBinding('gone', user('anne')))}---\n${clusterRole('{apiGroups: [""], resources: [pods], verbs: [get]}')}`,
    ],
    pass: [
      `${ofServer(clusterBinding('example', user('anne')))}---\n${clusterRole('{apiGroups: [""], resources: [pods], verbs: [get]}')}`,
      binding('{kind: ClusterRole, name: view}'),
      clusterBinding('elsewhere', user('anne')),
    ],
  },
});
