import { defineFact } from '../../facts/facts.ts';
import { isObject, type Json, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass, unknown } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { selectsLabels } from '../../semantics/rbac/label-selector.ts';
import { budget, deployment, documents } from './examples.ts';
import { scaledControl } from './scaled-control.ts';

/** By namespace and the first label that each asks for, in a line of text; those that ask for none by the namespace. */
const budgetsByLabel = defineFact('disruption-budgets', ({ snapshot }): ReadonlyMap<string, readonly KubeObject[]> => {
  const found = new Map<string, KubeObject[]>();
  for (const object of snapshot.objects) {
    if (groupKind(object) !== 'policy/PodDisruptionBudget') continue;
    const labels = valueAt(object.value, ['spec', 'selector', 'matchLabels']);
    const [first] = isObject(labels) ? Object.entries(labels) : [];
    const key = first === undefined ? keyOf(object.namespace) : keyOf(object.namespace, first);
    const listed = found.get(key);
    if (listed === undefined) found.set(key, [object]);
    else listed.push(object);
  }
  return found;
});

function keyOf(namespace: string | undefined, label: readonly [string, Json] | readonly [] = []): string {
  return JSON.stringify([namespace ?? '', ...label]);
}

export default scaledControl({
  id: 'reliability/disruption-budget',
  title: 'Workloads with replicas have a disruption budget',
  why: 'When nodes are drained, nothing else keeps all replicas from being evicted at once.',
  remedy: 'Add a PodDisruptionBudget with maxUnavailable: 1 that selects its pods.',
  judge: ({ object, replicas, labels }, facts) => {
    if (replicas < 2) return notApplicable('it is one pod at most');
    const isUnread = facts.snapshot.gaps.some(({ what }) => what.endsWith('/poddisruptionbudgets'));
    if (isUnread) return unknown('disruption budgets could not be listed');
    const budgets = facts.get(budgetsByLabel);
    const keys = [keyOf(object.namespace), ...Object.entries(labels).map((label) => keyOf(object.namespace, label))];
    const isCovered = keys.some((key) =>
      budgets.get(key)?.some(({ value }) => selectsLabels(valueAt(value, ['spec', 'selector']), labels)),
    );
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
