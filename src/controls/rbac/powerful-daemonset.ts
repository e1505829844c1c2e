import { rbac } from '../../facts/rbac.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { ruleAllows } from '../../semantics/rbac/rule.ts';
import { control } from '../control.ts';
import { clusterBinding, clusterRole, everywhere } from './example-grants.ts';
import { listed } from './grant-judging.ts';
import { powersOf } from './power-control.ts';
import { powerRows } from './power-rows.ts';

const spec = ['spec', 'template', 'spec'];
const powers = [...powerRows.values()].flat();

const agent = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {serviceAccountName: app, containers: [{name: agent, image: registry.example/agent:1.0}]}
`;

export default control({
  id: 'rbac/powerful-daemonset',
  title: 'Nothing that runs on every node can take over the cluster',
  severity: 'high',
  subject: 'object',
  kinds: ['DaemonSet'],
  why: 'The token of a DaemonSet lies on every node: whoever takes one node has it, and with it the cluster.',
  remedy: 'Split the program: an agent that reads on the nodes, and one pod with the rights.',
  check: ({ object }, facts) => {
    if (object.kind !== 'DaemonSet') return notApplicable('it is no DaemonSet');
    const name = valueAt(object.value, [...spec, 'serviceAccountName']);
    if (typeof name !== 'string' || object.namespace === undefined)
      return notApplicable('it names no service account of its own');
    if (valueAt(object.value, [...spec, 'automountServiceAccountToken']) === false)
      return notApplicable('it mounts no token');
    const known = facts.get(rbac);
    const bindings = known.bindingsOf({ kind: 'ServiceAccount', namespace: object.namespace, name });
    for (const binding of bindings) {
      if (binding.scope !== 'cluster') continue;
      const rules = known.rulesOf(binding) ?? [];
      const all = rules.some((rule) => ruleAllows(rule, { verb: '*', apiGroup: '*', resource: '*' }));
      const does = all
        ? ['do everything']
        : powersOf(rules, powers, 'cluster')
            .filter(({ power }) => power.severity !== 'low')
            .map(({ power }) => power.says);
      if (does.length === 0) continue;
      const message = `ServiceAccount ${name} can ${listed(does)} in the whole cluster, by ${binding.object.kind} ${binding.object.name}, and its token is on every node`;
      return fail(message, [...spec, 'serviceAccountName']);
    }
    return pass;
  },
  examples: {
    fail: [
      `${agent}---\n${everywhere('{apiGroups: [""], resources: [secrets], verbs: [get]}')}`,
      `${agent}---\n${clusterBinding('cluster-admin', '{kind: ServiceAccount, name: app, namespace: shop}')}`,
    ],
    pass: [
      `${agent}---\n${everywhere('{apiGroups: [""], resources: [nodes], verbs: [get]}')}`,
      `${agent}---\n${clusterRole('{apiGroups: [""], resources: [secrets], verbs: [get]}')}`,
    ],
  },
});
