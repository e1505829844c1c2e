import type { Facts } from '../facts/facts.ts';
import { networkReachability } from '../facts/network.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import {
  type BitSet,
  type CompiledPolicy,
  type CompiledRule,
  directions,
  type PortRange,
  type Reachability,
} from '../semantics/network-policy/index.ts';
import type { WantedConnection } from './network-policy.ts';

/** Pairs of workloads of one rule; more are a rule for everybody, and no connection that somebody thought of. */
const mostPairs = 200;

/**
 * What the NetworkPolicies that are there let pass by name: rules for chosen pods at chosen ports, at either end. Those
 * who wrote them meant these to work, and a default deny for the other direction must not end them.
 */
export function allowedConnections(facts: Facts): readonly WantedConnection[] {
  const reachability = facts.get(networkReachability);
  return reachability.policies.flatMap((compiled) => {
    const { object } = compiled.policy;
    if (groupKind(object) !== 'networking.k8s.io/NetworkPolicy') return [];
    return directions.flatMap((direction) =>
      (compiled[direction] ?? []).flatMap((rule): readonly WantedConnection[] => {
        const ports = rule.rule.ports;
        if (ports === 'all' || !rule.rule.peers.every((peer) => peer.kind === 'pods' && peer.pods.op !== 'all'))
          return [];
        const [from, to] = direction === 'ingress' ? [rule.must, compiled.subject] : [compiled.subject, rule.must];
        return pairsOf(reachability, { compiled, rule, from, to });
      }),
    );
  });
}

interface RulePairs {
  readonly compiled: CompiledPolicy;
  readonly rule: CompiledRule;
  readonly from: BitSet;
  readonly to: BitSet;
}

function pairsOf(reachability: Reachability, { compiled, rule, from, to }: RulePairs): readonly WantedConnection[] {
  const [sources, targets] = [ownersIn(reachability, from), ownersIn(reachability, to)];
  const numbers = rule.rule.ports === 'all' ? [] : rule.rule.ports.filter(isSingle);
  if (sources.length * targets.length * numbers.length > mostPairs) return [];
  const because = `${compiled.policy.object.kind} ${compiled.policy.object.name} lets it pass`;
  return sources.flatMap((source) =>
    targets.flatMap((target) =>
      source === target
        ? []
        : numbers.map(({ protocol, from: port }) => ({
            from: { kind: 'workload', owner: source } as const,
            to: { kind: 'workload', owner: target } as const,
            protocol,
            port,
            because,
          })),
    ),
  );
}

function isSingle(port: object): port is PortRange {
  return 'from' in port && 'to' in port && port.from === port.to;
}

function ownersIn({ classes }: Reachability, set: BitSet): readonly KubeObject[] {
  const owners = new Set<KubeObject>();
  for (const at of set.members()) {
    const each = classes.all[at];
    if (each?.kind === 'pods') for (const pod of each.pods) owners.add(pod.owner);
  }
  return [...owners];
}
