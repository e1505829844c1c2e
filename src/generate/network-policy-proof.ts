import { type Facts, factsOf } from '../facts/facts.ts';
import { clusterInternet, networkReachability } from '../facts/network.ts';
import { type NetworkDiff, networkDiff } from '../facts/network-diff.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { addressOf, allPorts, type Ports, type Reachability } from '../semantics/network-policy/index.ts';
import type { GeneratedPolicies, WantedConnection, WantedEnd } from './network-policy.ts';

/** What the generated policies do, found by evaluating them with everything else that is there. */
export interface PolicyProof {
  readonly wanted: number;
  /** Connections that must work and do not, or of which that is not certain. */
  readonly failing: readonly { readonly connection: WantedConnection; readonly verdict: 'denied' | 'unknown' }[];
  /** What is different afterwards: what ends, and what opens where there were policies before. */
  readonly diff: NetworkDiff;
}

export function provePolicies(
  facts: Facts,
  generated: GeneratedPolicies,
  wanted: readonly WantedConnection[],
): PolicyProof {
  const objects = generated.policies.map(
    ({ object, name, namespace }): KubeObject => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      name,
      namespace,
      value: object,
      source: { file: 'generated', document: 0, base: [] },
    }),
  );
  const names = new Set(objects.map(({ name, namespace }) => `${namespace}/${name}`));
  // What is generated replaces what has its name.
  const kept = facts.snapshot.objects.filter(
    ({ kind, name, namespace }) => kind !== 'NetworkPolicy' || !names.has(`${namespace ?? 'default'}/${name}`),
  );
  const after = factsOf({ ...facts.snapshot, objects: [...kept, ...objects] }, facts.settings);
  const failing = wanted.flatMap((connection) => {
    const verdict = verdictOf(after, connection);
    return verdict === 'allowed' ? [] : [{ connection, verdict }];
  });
  return { wanted: wanted.length, failing, diff: networkDiff(facts, after) };
}

function verdictOf(facts: Facts, { from, to, protocol, port }: WantedConnection): 'allowed' | 'denied' | 'unknown' {
  const reachability = facts.get(networkReachability);
  let result: 'allowed' | 'unknown' = 'allowed';
  for (const source of classesOf(facts, from)) {
    for (const target of classesOf(facts, to)) {
      const { least, most } = isOpenEnded(from)
        ? taken(reachability, source, target)
        : reachability.between(source, target);
      if (!reachability.ports.has(most, protocol, port)) return 'denied';
      if (!reachability.ports.has(least, protocol, port)) result = 'unknown';
    }
  }
  return result;
}

/** Whether the source is whoever comes: what each of those may send is not what the policy is about. */
function isOpenEnded({ kind }: WantedEnd): boolean {
  return kind === 'anyone' || kind === 'every-pod';
}

/** The ports at which the destination takes connections. */
function taken(reachability: Reachability, from: number, to: number): Ports {
  const [least, most] = (['least', 'most'] as const).map((bound) => reachability.row('ingress', to, bound)?.[from]);
  return { least: least ?? allPorts, most: most ?? allPorts };
}

function classesOf(facts: Facts, end: WantedEnd): readonly number[] {
  const { classes, world } = facts.get(networkReachability);
  if (end.kind === 'workload') {
    const found = new Set<number>();
    for (const pod of world.pods) {
      const at = pod.owner === end.owner ? classes.classOf(pod) : undefined;
      if (at !== undefined) found.add(at);
    }
    return [...found];
  }
  if (end.kind === 'address') {
    const place = addressOf(end.address);
    if (place === undefined) return [];
    const node = world.nodes.find(({ addresses }) => addresses.includes(place))?.name;
    const hosts = classes.hosts.filter((at) => {
      const each = classes.all[at];
      return node !== undefined && each?.kind === 'hosts' && each.nodes.includes(node);
    });
    const at = classes.classOfAddress(place);
    return hosts.length > 0 || at === undefined ? hosts : [at];
  }
  if (end.kind === 'every-pod') return classes.pods.members();
  const internet = classes.outside(facts.get(clusterInternet));
  return end.kind === 'internet' ? internet : [...internet, ...classes.pods.members()];
}
