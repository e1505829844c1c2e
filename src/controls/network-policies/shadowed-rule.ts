import { networkReachability } from '../../facts/network.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { type CompiledRule, directions } from '../../semantics/network-policy/index.ts';
import { clusterPolicy, documents, pod } from './examples.ts';
import { compiledPolicy, isKubernetes, named, policyControl } from './policy-control.ts';

/** Rules of one policy that are compared: the API allows 100. */
const most = 200;

export default policyControl({
  id: 'network-policies/shadowed-rule',
  title: 'Every rule of an ordered policy can decide',
  severity: 'low',
  why: 'The first rule that takes a connection decides: one that stands behind a wider one never does, whatever it says.',
  remedy: 'Move the narrow rule before the wide one, or delete it.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid'],
  failures: (each, facts) => {
    const compiled = compiledPolicy(facts, each);
    if (compiled === undefined || isKubernetes(each) || each.ties === 'union') return [];
    const { ports } = facts.get(networkReachability);
    const isBehind = (rule: CompiledRule, wide: CompiledRule): boolean =>
      rule.named.length === 0 &&
      ports.intersect(rule.ports, wide.ports) === rule.ports &&
      wide.must.covers(rule.may) &&
      !rule.may.isEmpty();
    const found: Failure[] = [];
    for (const direction of directions) {
      const rules = (compiled[direction] ?? []).slice(0, most);
      for (const [at, rule] of rules.entries()) {
        const before = rules.slice(0, at).findIndex((wide) => isBehind(rule, wide));
        if (before === -1) continue;
        const text = `${named(each)}: ${direction} rule ${at + 1} never decides, as rule ${before + 1} takes all of it`;
        const grave = rules[before]?.rule.action !== rule.rule.action;
        found.push(fail(text, rule.rule.path, { key: `${direction} ${at}`, ...(grave && { severity: 'medium' }) }));
      }
    }
    return found;
  },
  examples: {
    fail: [
      documents(
        pod('web'),
        clusterPolicy(
          'tier: Admin, priority: 5, ingress: [{action: Accept, from: [{namespaces: {}}]}, {action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}]}]',
        ),
      ),
    ],
    pass: [
      documents(
        pod('web'),
        clusterPolicy(
          'tier: Admin, priority: 5, ingress: [{action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}}]}, {action: Accept, from: [{namespaces: {}}]}]',
        ),
      ),
    ],
  },
});
