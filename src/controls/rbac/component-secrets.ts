import { defineFact } from '../../facts/facts.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { rbacAuthorizer } from '../../semantics/rbac/authorize.ts';
import { isDefaultRole } from '../../semantics/rbac/default-objects.ts';
import { identityOf } from '../../semantics/rbac/identity.ts';
import { allowsForNames } from '../../semantics/rbac/who-can.ts';
import { control } from '../control.ts';
import { clusterBinding, clusterRole, user } from './example-grants.ts';

/** The roles of the components that need no Secret, and the name under which each arrives. */
const components: ReadonlyMap<string, { readonly says: string; readonly users: readonly string[] }> = new Map([
  ['system:kube-scheduler', { says: 'the scheduler', users: ['system:kube-scheduler'] }],
  [
    'system:node-proxier',
    { says: 'kube-proxy', users: ['system:kube-proxy', 'system:serviceaccount:kube-system:kube-proxy'] },
  ],
]);

const authorizer = defineFact('rbac-authorizer', ({ snapshot }) => rbacAuthorizer(snapshot.objects));

const own = (name: string): string =>
  clusterRole(
    '{apiGroups: [""], resources: [pods], verbs: [get]}',
    '{kubernetes.io/bootstrapping: rbac-defaults}',
  ).replace('name: example', `name: "${name}"`);
const secrets = clusterRole('{apiGroups: [""], resources: [secrets], verbs: [get]}');

export default control({
  id: 'rbac/component-secrets',
  title: 'The scheduler and kube-proxy can read no Secret',
  severity: 'high',
  subject: 'object',
  why: 'Neither needs one, and the credentials of kube-proxy are on every node: with a right to Secrets each node has them all.',
  remedy: 'Delete the binding that gives it, or take the rule out of the role.',
  coveredBy: [],
  // Asked of the authorizer, for everything that means them: their own bindings and those of every group they are in.
  check: ({ object }, facts) => {
    const component = object.kind === 'ClusterRole' ? components.get(object.name) : undefined;
    if (component === undefined || !isDefaultRole(object)) return notApplicable('it is no role of such a component');
    const known = facts.get(authorizer);
    for (const name of component.users) {
      const who = identityOf(name);
      for (const binding of known.bindingsOf(who)) {
        const role = known.roles.find(binding.role, binding.object.namespace);
        const namespace = binding.scope === 'cluster' ? undefined : binding.object.namespace;
        for (const verb of ['get', 'list', 'watch']) {
          const request = { verb, apiGroup: '', resource: 'secrets' };
          const grant = known.grantOf(who, request, namespace);
          const named =
            role !== undefined && known.roles.rulesOf(role).some(({ rule }) => allowsForNames(rule, request));
          if (grant === undefined && !named) continue;
          const by = grant?.binding.object ?? binding.object;
          const where = by.namespace === undefined ? '' : ` in namespace ${by.namespace}`;
          return fail(`${component.says} (${name}) can ${verb} Secrets${where}, by ${by.kind} ${by.name}`, [
            'metadata',
            'name',
          ]);
        }
      }
    }
    return pass;
  },
  examples: {
    fail: [
      `${own('system:kube-scheduler')}---\n${secrets}---\n${clusterBinding('example', user('system:kube-scheduler'))}`,
      `${own('system:node-proxier')}---\n${secrets}---\n${clusterBinding('example', '{kind: Group, name: "system:serviceaccounts:kube-system"}')}`,
    ],
    pass: [
      own('system:kube-scheduler'),
      `${own('system:node-proxier')}---\n${secrets}---\n${clusterBinding('example', user('anne'))}`,
    ],
  },
});
