import type { Facts } from '../../facts/facts.ts';
import { networkReachability } from '../../facts/network.ts';
import type { Path } from '../../model/path.ts';
import {
  type Direction,
  directions,
  everything,
  type LabelExpression,
  type Policy,
} from '../../semantics/network-policy/index.ts';
import { compiledPolicy } from './policy-control.ts';

/** A peer that a rule allows and that no pod is. */
export interface AbsentPeer {
  readonly direction: Direction;
  readonly path: Path;
  readonly namespaces: LabelExpression;
  readonly pods: LabelExpression;
}

/** The peers of the allowing rules of a policy that select no pod, of namespaces whose pods the evidence shows. */
export function absentPeers(policy: Policy, facts: Facts): readonly AbsentPeer[] {
  if (compiledPolicy(facts, policy) === undefined) return [];
  const { classes } = facts.get(networkReachability);
  const found: AbsentPeer[] = [];
  for (const direction of directions) {
    for (const { path, action, peers } of policy[direction]?.rules ?? []) {
      for (const [at, peer] of peers.entries()) {
        if (peer.kind !== 'pods' || action !== 'allow') continue;
        const { namespaces, pods } = peer;
        if (pods.op === 'none' || namespaces.op === 'none' || !classes.select(namespaces, pods).isEmpty()) continue;
        // Of namespaces whose pods are not in the evidence nothing is known.
        if (classes.select(namespaces, everything).isEmpty()) continue;
        found.push({ direction, path: [...path, direction === 'ingress' ? 'from' : 'to', at], namespaces, pods });
      }
    }
  }
  return found;
}
