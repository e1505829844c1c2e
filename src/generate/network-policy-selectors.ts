import type { Facts } from '../facts/facts.ts';
import { networkWorld } from '../facts/network.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { addressOf, type NetworkPod } from '../semantics/network-policy/index.ts';
import type { WantedEnd } from './network-policy.ts';

/** Labels that differ from one rollout or pod to the next. */
const unstable =
  /^(?:pod-template-hash|controller-revision-hash|pod-template-generation|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index|batch\.kubernetes\.io\/.*|controller-uid|job-name)$/;

/** One end of a connection, as a policy for the other names it. */
export type SpokenEnd =
  | { readonly kind: 'anyone' | 'internet' }
  | { readonly kind: 'pods'; readonly peer: JsonObject }
  | { readonly kind: 'addresses'; readonly places: readonly bigint[] };

export interface Selectors {
  /** The labels that select the pods of a workload; undefined where none last. */
  of(owner: KubeObject): JsonObject | undefined;
  namespaceOf(owner: KubeObject): string;
  /** The other end as a peer of a policy for `self`; undefined where there is no way to say it. */
  peer(end: WantedEnd, self: KubeObject): SpokenEnd | undefined;
}

/** How policies select workloads. What cannot be said exactly goes to `notes`. */
export function selectorsOf(facts: Facts, notes: Set<string>): Selectors {
  const byOwner = new Map<KubeObject, NetworkPod[]>();
  const byLabel = new Map<string, NetworkPod[]>();
  for (const pod of facts.get(networkWorld).pods) {
    addTo(byOwner, pod.owner, pod);
    if (!pod.hostNetwork) for (const label of pod.labels) addTo(byLabel, labelKey(pod.namespace, label), pod);
  }
  const known = new Map<KubeObject, JsonObject | undefined>();
  const namespaceOf = (owner: KubeObject): string => byOwner.get(owner)?.[0]?.namespace ?? owner.namespace ?? 'default';
  const nameOf = (owner: KubeObject): string => `${owner.kind} ${namespaceOf(owner)}/${owner.name}`;
  const selectedBy = (selector: JsonObject, namespace: string): readonly NetworkPod[] => {
    const labels = Object.entries(selector).map(([key, value]) => [key, String(value)] as const);
    const lists = labels.map((label) => byLabel.get(labelKey(namespace, label)) ?? []);
    const [fewest = []] = lists.sort((a, b) => a.length - b.length);
    return fewest.filter((pod) => labels.every(([key, value]) => pod.labels.get(key) === value));
  };
  const selectorOf = (owner: KubeObject): JsonObject | undefined => {
    if (known.has(owner)) return known.get(owner);
    const selector = stableSelector(owner, byOwner.get(owner) ?? []);
    known.set(owner, selector);
    if (selector === undefined) {
      notes.add(`${nameOf(owner)} has no labels that last: no policy can select it`);
      return undefined;
    }
    const others = selectedBy(selector, namespaceOf(owner)).filter((pod) => !isSame(pod.owner, owner));
    const names = [...new Set(others.map((pod) => pod.owner.name))].sort();
    if (names.length > 0) {
      const shown = names.slice(0, 3).join(', ');
      notes.add(`the labels of ${nameOf(owner)} select ${shown} too: give it labels of its own`);
    }
    return selector;
  };
  const onHost = (owner: KubeObject, targets: readonly NetworkPod[]): SpokenEnd | undefined => {
    const places = targets.flatMap(({ addresses }) => addresses);
    const how = 'is on the host network, where policies know it by the addresses of its nodes';
    if (places.length === 0) {
      notes.add(`${nameOf(owner)} ${how}; those are not in the evidence, and no rule is written for it`);
      return undefined;
    }
    notes.add(`${nameOf(owner)} ${how}: write the policies anew when nodes change`);
    return { kind: 'addresses', places };
  };
  return {
    of: selectorOf,
    namespaceOf,
    peer(end, self) {
      switch (end.kind) {
        case 'anyone':
        case 'internet':
          return { kind: end.kind };
        case 'every-pod':
          return { kind: 'pods', peer: { namespaceSelector: {} } };
        case 'address': {
          const place = addressOf(end.address);
          return place === undefined ? undefined : { kind: 'addresses', places: [place] };
        }
      }
      const targets = byOwner.get(end.owner) ?? [];
      if (targets.some(({ hostNetwork }) => hostNetwork)) return onHost(end.owner, targets);
      const selector = selectorOf(end.owner);
      if (selector === undefined) return undefined;
      const podSelector = { matchLabels: selector };
      const there = namespaceOf(end.owner);
      if (there === namespaceOf(self)) return { kind: 'pods', peer: { podSelector } };
      const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': there } };
      return { kind: 'pods', peer: { namespaceSelector, podSelector } };
    },
  };
}

function addTo<K>(map: Map<K, NetworkPod[]>, key: K, pod: NetworkPod): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [pod]);
  else known.push(pod);
}

function labelKey(namespace: string, [key, value]: readonly [string, string]): string {
  return `${namespace}\n${key}\n${value}`;
}

/** Objects of one kind and name are versions of one: folders often hold several. */
function isSame(a: KubeObject, b: KubeObject): boolean {
  return a === b || (a.kind === b.kind && a.name === b.name && a.namespace === b.namespace);
}

/** The selector of the controller where it has one of plain labels; else the labels that all of its pods have and keep. */
function stableSelector(owner: KubeObject, pods: readonly NetworkPod[]): JsonObject | undefined {
  const declared = valueAt(owner.value, ['spec', 'selector', 'matchLabels']);
  const [first] = pods;
  if (isObject(declared) && Object.keys(declared).length > 0) {
    const isHeld = pods.every((pod) => Object.entries(declared).every(([key, value]) => pod.labels.get(key) === value));
    if (isHeld && !Object.keys(declared).some((key) => unstable.test(key))) return declared;
  }
  if (first === undefined) return undefined;
  const kept = [...first.labels].filter(
    ([key, value]) => !unstable.test(key) && pods.every((pod) => pod.labels.get(key) === value),
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}
