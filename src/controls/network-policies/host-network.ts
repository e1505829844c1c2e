import { networkWorld } from '../../facts/network.ts';
import { fail } from '../../model/verdict.ts';
import { matchesLabels } from '../../semantics/network-policy/index.ts';
import { documents, pod, policy } from './examples.ts';
import { isKubernetes, named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/host-network',
  title: 'No NetworkPolicy is meant for pods on the host network',
  severity: 'medium',
  why: 'Such pods have the address of their node: network plugins take them for the node, and the policy does nothing for them.',
  remedy: 'Take the pods off the host network, or guard the node itself.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid'],
  failures: (each, facts) => {
    const { pods } = each.subject;
    if (!isKubernetes(each) || pods.op === 'all' || each.unsure !== undefined) return [];
    const namespace = each.object.namespace ?? 'default';
    const names = new Set<string>();
    for (const one of facts.get(networkWorld).pods) {
      if (!one.hostNetwork || one.namespace !== namespace) continue;
      if (matchesLabels(pods, (key) => one.labels.get(key))) names.add(one.owner.name);
    }
    if (names.size === 0) return [];
    const shown = [...names].sort().slice(0, 3).join(', ');
    return [
      fail(
        `${named(each)} selects ${shown}${names.size > 3 ? ' and others' : ''} on the host network, where it does nothing`,
        ['spec', 'podSelector'],
      ),
    ];
  },
  examples: {
    fail: [documents(pod('agent', 'hostNetwork: true, '), policy('{podSelector: {matchLabels: {app: agent}}}'))],
    pass: [documents(pod('agent'), policy('{podSelector: {matchLabels: {app: agent}}}'))],
  },
});
