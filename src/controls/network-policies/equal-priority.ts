import { defineFact } from '../../facts/facts.ts';
import { networkReachability } from '../../facts/network.ts';
import { fail } from '../../model/verdict.ts';
import { type CompiledPolicy, directions } from '../../semantics/network-policy/index.ts';
import { clusterPolicy, documents, pod } from './examples.ts';
import { compiledPolicy, named, policyControl } from './policy-control.ts';

/** Policies whose order the API leaves open, by tier and priority. */
const tied = defineFact('policies-by-priority', (facts): ReadonlyMap<string, readonly CompiledPolicy[]> => {
  const found = new Map<string, CompiledPolicy[]>();
  for (const compiled of facts.get(networkReachability).policies) {
    if (compiled.policy.ties !== 'undefined') continue;
    const key = `${compiled.policy.tier.rank} ${compiled.policy.order}`;
    const listed = found.get(key);
    if (listed === undefined) found.set(key, [compiled]);
    else listed.push(compiled);
  }
  return found;
});

/** Source: ClusterNetworkPolicySpec of policy.networking.k8s.io/v1alpha2, priority. */
export default policyControl({
  id: 'network-policies/equal-priority',
  title: 'Cluster network policies that disagree have priorities of their own',
  severity: 'medium',
  why: 'With equal priorities nobody can say which of two policies decides: it may change with a restart.',
  remedy: 'Give each policy of a tier a priority of its own.',
  coveredBy: ['network-policies/enforced-kind'],
  failures: (each, facts) => {
    const compiled = compiledPolicy(facts, each);
    if (compiled === undefined || each.ties !== 'undefined') return [];
    const others = (facts.get(tied).get(`${each.tier.rank} ${each.order}`) ?? []).filter(
      (other) => other !== compiled && other.subject.intersects(compiled.subject) && disagree(compiled, other),
    );
    if (others.length === 0) return [];
    const names = others.map(({ policy }) => policy.object.name).sort();
    return [
      fail(
        `${named(each)} has priority ${each.order}, as ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and others' : ''}, and they disagree`,
        ['spec', 'priority'],
      ),
    ];
  },
  examples: {
    fail: [
      documents(
        pod('web'),
        clusterPolicy('tier: Admin, priority: 5, ingress: [{action: Deny, from: [{namespaces: {}}]}]', 'one'),
        clusterPolicy('tier: Admin, priority: 5, ingress: [{action: Accept, from: [{namespaces: {}}]}]', 'two'),
      ),
    ],
    pass: [
      documents(
        pod('web'),
        clusterPolicy('tier: Admin, priority: 5, ingress: [{action: Deny, from: [{namespaces: {}}]}]', 'one'),
        clusterPolicy('tier: Admin, priority: 6, ingress: [{action: Accept, from: [{namespaces: {}}]}]', 'two'),
      ),
    ],
  },
});

/** Whether rules with other actions may take the same connection. */
function disagree(a: CompiledPolicy, b: CompiledPolicy): boolean {
  return directions.some((direction) =>
    (a[direction] ?? []).some((rule) =>
      (b[direction] ?? []).some((other) => other.rule.action !== rule.rule.action && other.may.intersects(rule.may)),
    ),
  );
}
