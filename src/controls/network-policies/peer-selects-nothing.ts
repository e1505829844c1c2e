import { fail } from '../../model/verdict.ts';
import { absentPeers } from './absent-peers.ts';
import { documents, pod, policy } from './examples.ts';
import { named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/peer-selects-nothing',
  title: 'The peers of network policies are there',
  severity: 'low',
  why: 'A rule for pods that are not there lets in whoever makes a pod with those labels, and keeps out those that were meant.',
  remedy: 'Write the labels that the peers have, or delete the rule.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid'],
  failures: (each, facts) =>
    absentPeers(each, facts).map(({ direction, path }) => {
      const side = direction === 'ingress' ? 'lets in' : 'lets out to';
      const more = { key: path.join('.'), sameAs: 'network-policies/claimable-peer' };
      return fail(`${named(each)} ${side} pods that are not there`, path, more);
    }),
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
