import { defineFact } from '../../facts/facts.ts';
import { own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { selectsLabels } from '../../semantics/rbac/label-selector.ts';
import { budget, deployment, documents } from './examples.ts';
import { scaledControl } from './scaled-control.ts';

const budgetsByNamespace = defineFact(
  'disruption-budgets',
  ({ snapshot }): ReadonlyMap<string | undefined, readonly KubeObject[]> => {
    const found = new Map<string | undefined, KubeObject[]>();
    for (const object of snapshot.objects) {
      if (groupKind(object) !== 'policy/PodDisruptionBudget') continue;
      const listed = found.get(object.namespace);
      if (listed === undefined) found.set(object.namespace, [object]);
      else listed.push(object);
    }
    return found;
  },
);

export default scaledControl({
  id: 'reliability/disruption-budget',
  title: 'Workloads with replicas have a disruption budget',
  why: 'When nodes are drained, nothing else keeps all replicas from being evicted at once.',
  remedy: 'Add a PodDisruptionBudget with maxUnavailable: 1 that selects its pods.',
  judge: ({ object, replicas, labels }, facts) => {
    if (replicas < 2) return notApplicable('it is one pod at most');
    const budgets = facts.get(budgetsByNamespace).get(object.namespace) ?? [];
    const isCovered = budgets.some(({ value }) => {
      const selector = valueAt(value, ['spec', 'selector']);
      return selectsLabels(selector, labels);
    });
    if (isCovered) return pass;
    const message = `no PodDisruptionBudget is for the ${replicas} pods of ${object.kind} ${object.name}`;
    return fail(message, own(object.value, 'spec') === undefined ? [] : ['spec', 'replicas']);
  },
  examples: {
    fail: [
      deployment('replicas: 3'),
      documents(deployment('replicas: 3'), budget('maxUnavailable: 1').replace('app: web', 'app: api')),
    ],
    pass: [documents(deployment('replicas: 3'), budget('maxUnavailable: 1'))],
  },
});
