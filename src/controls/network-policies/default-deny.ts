import { defineFact, type Facts } from '../../facts/facts.ts';
import { networkPolicies, networkWorld } from '../../facts/network.ts';
import {
  type Direction,
  matchesLabels,
  type NetworkPod,
  namespaceLabel,
  type Policy,
} from '../../semantics/network-policy/index.ts';
import { isSystemNamespace } from '../namespaces/whole-cluster.ts';

/** How a namespace treats a pod that no rule is meant for: one without labels. */
export type Default = 'denied' | 'open' | 'unknown';

/** Whether a pod without labels would be isolated, or denied by a tier of the cluster. */
export function defaultOf(facts: Facts, namespace: string, direction: Direction): Default {
  const known = facts.get(networkWorld).namespaces.get(namespace) ?? { name: namespace, labels: new Map() };
  let result: Default = 'open';
  for (const policy of facts.get(networkPolicies).effective) {
    const side = policy[direction];
    if (side === undefined) continue;
    if (!matchesLabels(policy.subject.namespaces, (key) => namespaceLabel(known, key))) continue;
    if (!matchesLabels(policy.subject.pods, () => undefined)) continue;
    const denies = side.isolates || side.rules.some(deniesEverybody);
    if (denies && policy.unsure === undefined) return 'denied';
    if (denies) result = 'unknown';
  }
  return result;
}

function deniesEverybody({ action, peers, ports, unsure }: NonNullable<Policy['ingress']>['rules'][number]): boolean {
  if (action !== 'deny' || ports !== 'all' || unsure !== undefined) return false;
  return peers.some(
    (peer) => peer.kind === 'any' || (peer.kind === 'pods' && peer.namespaces.op === 'all' && peer.pods.op === 'all'),
  );
}

/** The pods of each namespace of people's own. */
export const podsByNamespace = defineFact('pods-by-namespace', (facts): ReadonlyMap<string, readonly NetworkPod[]> => {
  const found = new Map<string, NetworkPod[]>();
  for (const pod of facts.get(networkWorld).pods) {
    if (pod.hostNetwork || isSystemNamespace(pod.namespace)) continue;
    const listed = found.get(pod.namespace);
    if (listed === undefined) found.set(pod.namespace, [pod]);
    else listed.push(pod);
  }
  return found;
});
