import { defineFact } from '../../facts/facts.ts';
import { networkWorld } from '../../facts/network.ts';
import { fail } from '../../model/verdict.ts';
import type { LabelExpression } from '../../semantics/network-policy/index.ts';
import { documents, pod, policy } from './examples.ts';
import { compiledPolicy, isKubernetes, named, policyControl } from './policy-control.ts';

const inhabited = defineFact('namespaces-with-pods', (facts): ReadonlySet<string> => {
  return new Set(facts.get(networkWorld).pods.map(({ namespace }) => namespace));
});

/** Labels that controllers add to pods, and that their templates do not show. */
const added =
  /^(?:statefulset\.kubernetes\.io\/|apps\.kubernetes\.io\/|pod-template-hash$|controller-revision-hash$|batch\.kubernetes\.io\/|job-name$)/;

export default policyControl({
  id: 'network-policies/selects-nothing',
  title: 'Network policies select pods',
  severity: 'medium',
  why: 'A policy that selects no pod protects none: often a label was renamed, or never had this value.',
  remedy: 'Write the labels that the pods have, or delete the policy.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid'],
  failures: (each, facts) => {
    const compiled = compiledPolicy(facts, each);
    const namespace = each.object.namespace;
    if (compiled === undefined || each.unsure !== undefined || !compiled.subject.isEmpty()) return [];
    // Nothing is known of a namespace whose pods are not in the evidence.
    const places = facts.get(inhabited);
    if (namespace === undefined ? places.size === 0 : !places.has(namespace)) return [];
    const { pods } = each.subject;
    if (
      JSON.stringify(pods)
        .match(/"key":"([^"]*)"/g)
        ?.some((key) => added.test(key.slice(7, -1)))
    )
      return [];
    if (facts.get(networkWorld).pods.some((one) => one.hostNetwork && one.namespace === namespace)) return [];
    const near = nearMiss(pods, facts.get(networkWorld).pods);
    return [fail(`${named(each)} selects no pod${near}`, isKubernetes(each) ? ['spec', 'podSelector'] : ['spec'])];
  },
  examples: {
    fail: [documents(pod('web'), policy('{podSelector: {matchLabels: {app: wbe}}}'))],
    pass: [documents(pod('web'), policy('{podSelector: {matchLabels: {app: web}}}'))],
  },
});

/** `; pods have app=web`: values that the wanted label does have. */
function nearMiss(
  expression: LabelExpression,
  pods: readonly { readonly labels: ReadonlyMap<string, string> }[],
): string {
  if (expression.op !== 'in') return '';
  const values = new Set<string>();
  for (const { labels } of pods) {
    const value = labels.get(expression.key);
    if (value !== undefined) values.add(value);
  }
  if (values.size === 0) return `; no pod has the label ${expression.key}`;
  const shown = [...values].sort().slice(0, 3).join(', ');
  return `; ${expression.key} is ${shown}${values.size > 3 ? ' and others' : ''}, never ${expression.values.join(' or ')}`;
}
