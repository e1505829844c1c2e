import { defineFact } from '../../facts/facts.ts';
import { hasAggregation, rbac } from '../../facts/rbac.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { isOfRbac } from '../../semantics/rbac/role-book.ts';
import { control } from '../control.ts';

const notPutTogether = notApplicable('it is not put together of others');

/** For each ClusterRole that selects itself by way of others, the next one on the way. */
const cycles = defineFact('aggregation-cycles', (facts): ReadonlyMap<KubeObject, KubeObject> => {
  const { roles } = facts.get(rbac).authorizer;
  const aggregated = facts.snapshot.objects.filter(
    (object) => object.kind === 'ClusterRole' && isOfRbac(object) && hasAggregation(object),
  );
  const sources = new Map<KubeObject, readonly KubeObject[]>();
  // One that selects itself is left out by the controller.
  for (const each of aggregated)
    sources.set(
      each,
      roles.sourcesOf(each).filter((source) => source.name !== each.name && hasAggregation(source)),
    );
  const component = components(sources);
  const found = new Map<KubeObject, KubeObject>();
  for (const [role, selected] of sources) {
    const next = selected.find((each) => component.get(each) === component.get(role));
    if (next !== undefined) found.set(role, next);
  }
  return found;
});

/** Which of those that reach each other each belongs to (Tarjan), without recursion: chains may be long. */
function components(edges: ReadonlyMap<KubeObject, readonly KubeObject[]>): ReadonlyMap<KubeObject, number> {
  const order = new Map<KubeObject, number>();
  const low = new Map<KubeObject, number>();
  const component = new Map<KubeObject, number>();
  const open: KubeObject[] = [];
  for (const start of edges.keys()) {
    if (order.has(start)) continue;
    const path: { readonly node: KubeObject; next: number }[] = [];
    const enter = (node: KubeObject): void => {
      order.set(node, order.size);
      low.set(node, order.size - 1);
      open.push(node);
      path.push({ node, next: 0 });
    };
    const lower = (node: KubeObject, value: number): void => {
      low.set(node, Math.min(low.get(node) ?? value, value));
    };
    enter(start);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const { node } = step;
      const target = edges.get(node)?.[step.next];
      step.next += 1;
      if (target !== undefined) {
        if (!order.has(target)) enter(target);
        else if (!component.has(target)) lower(node, order.get(target) ?? 0);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) lower(above.node, low.get(node) ?? 0);
      if (low.get(node) !== order.get(node)) continue;
      for (let member = open.pop(); member !== undefined; member = member === node ? undefined : open.pop())
        component.set(member, order.get(node) ?? 0);
    }
  }
  return component;
}

/** Source: pkg/controller/clusterroleaggregation: each is given what the others store, without asking where it came from. */
export default control({
  id: 'rbac/aggregation-cycle',
  title: 'ClusterRoles that are put together of others do not select each other',
  severity: 'medium',
  subject: 'object',
  kinds: ['ClusterRole'],
  why: 'Each of them is given what the other stores: a right that is taken out of a part stays in them for ever.',
  remedy: 'Take the label that selects it off one of them, then write its rules anew.',
  check: ({ object }, facts) => {
    if (object.kind !== 'ClusterRole' || !isOfRbac(object) || !hasAggregation(object)) return notPutTogether;
    const next = facts.get(cycles).get(object);
    if (next === undefined) return pass;
    return fail(`it selects ClusterRole ${next.name}, which selects it back`, [
      'aggregationRule',
      'clusterRoleSelectors',
    ]);
  },
  examples: {
    fail: [[aggregated('one', 'other'), aggregated('other', 'one')].join('---\n')],
    pass: [[aggregated('one', 'other'), aggregated('other', 'part')].join('---\n'), aggregated('one', 'one')],
  },
});

/** A ClusterRole that is labelled with its own name, and selects those of another. */
function aggregated(name: string, selects: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ${name}, labels: {role: ${name}}}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {role: ${selects}}}]}
rules: []
`;
}
