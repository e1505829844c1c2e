import { defineFact, type Facts } from '../../facts/facts.ts';
import { networkReachability, networkWorld } from '../../facts/network.ts';
import { networkPolicies } from '../../facts/network-policies.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { fail, notApplicable, pass, unknown, type Verdict } from '../../model/verdict.ts';
import {
  type Direction,
  matchesLabels,
  type NetworkPod,
  namespaceLabel,
  type Policy,
} from '../../semantics/network-policy/index.ts';
import { isNamespace, isSystemNamespace } from '../namespaces/whole-cluster.ts';

const words = { ingress: 'may be reached by everybody', egress: 'may connect to everything' } as const;
const noNamespace = notApplicable('it is no namespace');
const ofCluster = notApplicable('the pods in it are those of the cluster itself');
const empty = notApplicable('no pods are made in it');

/** Whether a Namespace has a default deny for a direction; a failure names the workloads that this leaves open. */
export function judgeDefault(object: KubeObject, direction: Direction, facts: Facts): Verdict {
  if (!isNamespace(object)) return noNamespace;
  if (isSystemNamespace(object.name)) return ofCluster;
  const pods = facts.get(podsByNamespace).get(object.name);
  if (pods === undefined) return empty;
  const found = defaultOf(facts, object.name, direction);
  if (found === 'unknown') return unknown('a policy that may be a default deny cannot be read to its end');
  if (found === 'denied') return pass;
  const reachability = facts.get(networkReachability);
  const open = pods.filter((each) => reachability.selecting(direction, reachability.classOf(each)).length === 0);
  const names = [...new Set(open.map(({ owner }) => owner.name))].sort();
  const shown = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
  const which = names.length === 0 ? 'pods that come later' : shown;
  const message = `namespace ${object.name} has no default deny for ${direction}: ${which} ${words[direction]}`;
  // The workloads are examples: that there are more of them is nothing new about the namespace.
  return fail(message, ['metadata', 'name'], { items: [] });
}

/** How a namespace treats a pod that no rule is meant for: one without labels. */
type Default = 'denied' | 'open' | 'unknown';

/** Whether a pod without labels would be isolated, or denied by a tier of the cluster. */
function defaultOf(facts: Facts, namespace: string, direction: Direction): Default {
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
const podsByNamespace = defineFact('pods-by-namespace', (facts): ReadonlyMap<string, readonly NetworkPod[]> => {
  const found = new Map<string, NetworkPod[]>();
  for (const pod of facts.get(networkWorld).pods) {
    if (isSystemNamespace(pod.namespace)) continue;
    const listed = found.get(pod.namespace) ?? [];
    found.set(pod.namespace, listed);
    // A pod on the network of its node is beyond policies. Its namespace is in use all the same.
    if (!pod.hostNetwork) listed.push(pod);
  }
  return found;
});
