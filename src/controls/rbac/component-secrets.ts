import { componentStandings } from '../../facts/rbac-components.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { isDefaultRole } from '../../semantics/rbac/default-objects.ts';
import { control } from '../control.ts';
import { clusterBinding, clusterRole, user } from './example-grants.ts';

/** The roles of the components that need no Secret, and what each is called. */
const components: ReadonlyMap<string, string> = new Map([
  ['system:kube-scheduler', 'the scheduler'],
  ['system:node-proxier', 'kube-proxy'],
]);

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
  kinds: ['ClusterRole'],
  why: 'Neither needs one, and the credentials of kube-proxy are on every node: with a right to Secrets each node has them all.',
  remedy: 'Delete the binding that gives it, or take the rule out of the role.',
  coveredBy: [],
  // Asked of the authorizer, for everything that means them: their own bindings and those of every group they are in.
  check: ({ object }, facts) => {
    const component = object.kind === 'ClusterRole' ? components.get(object.name) : undefined;
    if (component === undefined || !isDefaultRole(object)) return notApplicable('it is no role of such a component');
    for (const standing of facts.get(componentStandings)) {
      const [first] = standing.component === component ? standing.secrets : [];
      if (first === undefined) continue;
      const { verb, namespace, names, binding } = first;
      const which = names.length === 0 ? 'Secrets' : `Secret ${names[0]}`;
      const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
      const by = `${binding.object.kind} ${binding.object.name}`;
      return fail(`${component} (${standing.identity}) can ${verb} ${which}${where}, by ${by}`, ['metadata', 'name']);
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
