import { networkReachability } from '../../facts/network.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import { directions, type LabelExpression } from '../../semantics/network-policy/index.ts';
import { documents, pod, policy } from './examples.ts';
import { compiledPolicy, named, policyControl } from './policy-control.ts';

const everything: LabelExpression = { op: 'all' };

export default policyControl({
  id: 'network-policies/peer-selects-nothing',
  title: 'The peers of network policies are there',
  severity: 'low',
  why: 'A rule for pods that are not there lets in whoever makes a pod with those labels, and keeps out those that were meant.',
  remedy: 'Write the labels that the peers have, or delete the rule.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid'],
  failures: (each, facts) => {
    if (compiledPolicy(facts, each) === undefined) return [];
    const { classes } = facts.get(networkReachability);
    const found: Failure[] = [];
    for (const direction of directions) {
      for (const rule of each[direction]?.rules ?? []) {
        for (const [at, peer] of rule.peers.entries()) {
          if (
            peer.kind !== 'pods' ||
            rule.action !== 'allow' ||
            peer.pods.op === 'none' ||
            peer.namespaces.op === 'none'
          )
            continue;
          if (!classes.select(peer.namespaces, peer.pods).isEmpty()) continue;
          // Of namespaces whose pods are not in the evidence nothing is known.
          if (classes.select(peer.namespaces, everything).isEmpty()) continue;
          const path = [...rule.path, direction === 'ingress' ? 'from' : 'to', at];
          const side = direction === 'ingress' ? 'lets in' : 'lets out to';
          found.push(fail(`${named(each)} ${side} pods that are not there`, path, { key: path.join('.') }));
        }
      }
    }
    return found;
  },
  examples: {
    fail: [
      documents(pod('web'), policy('{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}')),
    ],
    pass: [
      documents(
        pod('web'),
        pod('api'),
        policy('{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}'),
      ),
      documents(
        pod('web'),
        policy('{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: other}}}]}]}'),
      ),
    ],
  },
});
