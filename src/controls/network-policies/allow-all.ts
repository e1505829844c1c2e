import { type Failure, fail } from '../../model/verdict.ts';
import { directions } from '../../semantics/network-policy/index.ts';
import { policy } from './examples.ts';
import { isKubernetes, named, policyControl } from './policy-control.ts';

export default policyControl({
  id: 'network-policies/allow-all',
  title: 'No NetworkPolicy allows everything',
  severity: 'medium',
  why: 'What policies allow adds up: one that allows everything undoes every other for the pods that it selects.',
  remedy: 'Name who may connect, and at which ports.',
  failures: (each) => {
    if (!isKubernetes(each)) return [];
    const found: Failure[] = [];
    for (const direction of directions) {
      const open = each[direction]?.rules.find(
        ({ peers, ports }) => ports === 'all' && peers.some(({ kind }) => kind === 'any'),
      );
      if (open === undefined) continue;
      const what = direction === 'ingress' ? 'lets everybody in, at every port' : 'lets its pods out to everything';
      found.push(
        fail(`${named(each)} ${what}`, open.path, {
          key: direction,
          ...(direction === 'egress' && { severity: 'low' }),
        }),
      );
    }
    return found;
  },
  examples: {
    fail: [
      policy('{podSelector: {}, ingress: [{}]}'),
      policy('{podSelector: {}, policyTypes: [Egress], egress: [{}]}'),
    ],
    pass: [policy('{podSelector: {}, ingress: [{ports: [{port: 443}]}]}'), policy('{podSelector: {}, ingress: []}')],
  },
});
