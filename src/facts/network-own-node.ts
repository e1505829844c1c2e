import type { NetworkPod, Reachability } from '../semantics/network-policy/index.ts';
import type { NetworkEndpoint } from './network-endpoints.ts';

/**
 * Whether what is on the network of a node and a pod are on one node: between those everything is let through, whatever
 * policies say. Source: "traffic to and from the node where a Pod is running is always allowed" (Kubernetes, Network
 * Policies).
 */
export type Nearness = 'same' | 'other' | 'unknown';

/** The pods of two endpoints that stand so to each other; none for nodes that were named themselves. */
export interface NearPair {
  readonly nearness: Nearness;
  readonly from: readonly NetworkPod[];
  readonly to: readonly NetworkPod[];
}

/** The pods of an endpoint by their class. */
export type PodsByClass = ReadonlyMap<number, readonly NetworkPod[]>;

export function podsByClass(reachability: Reachability, { pods }: NetworkEndpoint): PodsByClass {
  const found = new Map<number, NetworkPod[]>();
  for (const pod of pods) {
    const at = reachability.classOf(pod);
    const same = found.get(at);
    if (same === undefined) found.set(at, [pod]);
    else same.push(pod);
  }
  return found;
}

interface Side {
  readonly endpoint: NetworkEndpoint;
  readonly at: number;
  readonly pods: readonly NetworkPod[];
}

/** How pods of two classes stand to each other; `other` alone where neither or both are on the network of a node. */
export function nearPairs(reachability: Reachability, from: Side, to: Side): readonly NearPair[] {
  const kinds = [from, to].map(({ at }) => reachability.classes.all[at]?.kind);
  const isNear = kinds.includes('hosts') && kinds.includes('pods');
  const [out, into] = [nodesOf(from), nodesOf(to)];
  if (!isNear || out === undefined || into === undefined) {
    return [{ nearness: 'other', from: from.pods, to: to.pods }];
  }
  const pairs: NearPair[] = [];
  const shared = [...out.keys()].filter((node) => node !== '' && into.has(node));
  const add = (nearness: Nearness, sources: readonly string[], targets: readonly string[]): void => {
    if (sources.length === 0 || targets.length === 0) return;
    const podsOn = (nodes: readonly string[], side: typeof out) => nodes.flatMap((node) => side.get(node) ?? []);
    pairs.push({ nearness, from: podsOn(sources, out), to: podsOn(targets, into) });
  };
  add('same', shared, shared);
  const known = (side: typeof out): readonly string[] => [...side.keys()].filter((node) => node !== '');
  // A node that is the only one of both sides has no other.
  const isOnly = shared.length === 1 && known(out).length === 1 && known(into).length === 1;
  if (!isOnly) add('other', known(out), known(into));
  if (out.has('')) add('unknown', [''], [...into.keys()]);
  if (into.has('')) add('unknown', known(out), ['']);
  return pairs;
}

/** Pods by their node, '' for what is not known; undefined where all nodes were named. */
function nodesOf({ endpoint, pods }: Side): ReadonlyMap<string, readonly NetworkPod[]> | undefined {
  if (endpoint.kind === 'nodes') return endpoint.node === undefined ? undefined : new Map([[endpoint.node, []]]);
  const found = new Map<string, NetworkPod[]>();
  for (const pod of pods) {
    const node = pod.node ?? '';
    const same = found.get(node);
    if (same === undefined) found.set(node, [pod]);
    else same.push(pod);
  }
  return found;
}
