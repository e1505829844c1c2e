import type { Facts } from '../facts/facts.ts';
import { networkWorld } from '../facts/network.ts';
import { type NetworkService, networkServices, targetPorts } from '../facts/network-services.ts';
import { stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import { addressOf, type NetworkPod, type Protocol, protocols } from '../semantics/network-policy/index.ts';
import { readFlowLog, type SeenEnd } from './network-flow-log.ts';
import type { WantedConnection, WantedEnd } from './network-policy.ts';

/** Connections that were seen, in terms of what is there; and those that cannot be. */
export interface ObservedConnections {
  readonly wanted: readonly WantedConnection[];
  readonly format: string;
  /** Flows that were read. */
  readonly flows: number;
  /** Denied, answers, or of a protocol that policies do not know. */
  readonly passedOver: number;
  /** Lines that are no flow at all. */
  readonly unreadable: number;
  /** From when to when the flows were seen, in RFC 3339; undefined where the log does not tell. */
  readonly span?: { readonly first: string; readonly last: string };
  /** Ends that nothing here has, each with how many flows name it. */
  readonly unresolved: ReadonlyMap<string, number>;
}

/** Finds what the ends of the flows of a log are now. */
export function observedConnections(facts: Facts, text: string): ObservedConnections {
  const { flows, passedOver, unreadable, format } = readFlowLog(text);
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const resolve = resolver(facts);
  const counts = new Map<string, { connection: Omit<WantedConnection, 'because'>; times: number }>();
  const unresolved = new Map<string, number>();
  for (const flow of flows) {
    first = Math.min(first, flow.time ?? first);
    last = Math.max(last, flow.time ?? last);
    const protocol = protocols.find((each) => each === flow.protocol.toUpperCase());
    const from = resolve(flow.from, undefined);
    const to = resolve(flow.to, { protocol: protocol ?? 'TCP', port: flow.port });
    for (const [ends, seen] of [
      [from, flow.from],
      [to, flow.to],
    ] as const) {
      if (ends.length > 0) continue;
      const name = seen.name === undefined ? (seen.address ?? 'no name') : `${seen.namespace ?? ''}/${seen.name}`;
      unresolved.set(name, (unresolved.get(name) ?? 0) + 1);
    }
    if (protocol === undefined) continue;
    for (const { end: source } of from) {
      for (const { end: target, port = flow.port } of to) {
        const key = [nameOf(source), nameOf(target), protocol, port].join(' ');
        const known = counts.get(key);
        if (known === undefined)
          counts.set(key, { connection: { from: source, to: target, protocol, port }, times: 1 });
        else known.times += 1;
      }
    }
  }
  const wanted = [...counts.values()].map(({ connection, times }) => ({
    ...connection,
    because: `${times} ${times === 1 ? 'flow' : 'flows'} ${nameOf(connection.from)} to ${nameOf(connection.to)}, ${connection.protocol} ${connection.port}`,
  }));
  const span = first <= last ? { first: new Date(first).toISOString(), last: new Date(last).toISOString() } : undefined;
  return {
    wanted,
    format,
    flows: flows.length,
    passedOver,
    unreadable,
    unresolved,
    ...(span !== undefined && { span }),
  };
}

function nameOf(end: WantedEnd): string {
  if (end.kind === 'workload') return `${end.owner.namespace ?? 'default'}/${end.owner.name}`;
  return end.kind === 'address' ? end.address : end.kind;
}

interface Resolved {
  readonly end: WantedEnd;
  /** The port of the pod, where a Service was named. */
  readonly port?: number;
}

type Resolve = (
  seen: SeenEnd,
  at: { readonly protocol: Protocol; readonly port: number } | undefined,
) => readonly Resolved[];

/** Finds what an end is now: pods by name or address, and those that are gone by what they belonged to. */
function resolver(facts: Facts): Resolve {
  const { pods } = facts.get(networkWorld);
  const byName = new Map<string, NetworkPod>();
  const byAddress = new Map<bigint, NetworkPod>();
  for (const pod of pods) {
    byName.set(`${pod.namespace}/${pod.name}`, pod);
    const owner = `${pod.namespace}/${pod.owner.name}`;
    if (!byName.has(owner)) byName.set(owner, pod);
    if (!pod.hostNetwork) for (const place of pod.addresses) byAddress.set(place, pod);
  }
  const services = new Map(facts.get(networkServices).map((each) => [`${each.namespace}/${each.object.name}`, each]));
  const byClusterAddress = new Map(
    [...services.values()].flatMap((each) => clusterAddresses(each).map((place) => [place, each] as const)),
  );
  return (seen, at) => {
    if (seen.name !== undefined) {
      const service = seen.service === true ? services.get(`${seen.namespace}/${seen.name}`) : undefined;
      const behind = service === undefined || at === undefined ? undefined : behindService(service, at);
      if (behind !== undefined) return behind;
      const pod =
        byName.get(`${seen.namespace}/${seen.name}`) ??
        byName.get(`${seen.namespace}/${seen.workload ?? ''}`) ??
        byName.get(`${seen.namespace}/${withoutSuffix(seen.name, 2)}`) ??
        byName.get(`${seen.namespace}/${withoutSuffix(seen.name, 1)}`);
      return pod === undefined ? [] : [{ end: { kind: 'workload', owner: pod.owner } }];
    }
    const place = seen.address === undefined ? undefined : addressOf(seen.address);
    if (place === undefined || seen.address === undefined) return [];
    // Seen before the address of the Service was translated: policies look after that.
    const service = at === undefined ? undefined : byClusterAddress.get(place);
    const behind = service === undefined || at === undefined ? undefined : behindService(service, at);
    if (behind !== undefined) return behind;
    const pod = byAddress.get(place);
    if (pod !== undefined) return [{ end: { kind: 'workload', owner: pod.owner } }];
    return [{ end: { kind: 'address', address: seen.address } }];
  };
}

/** The workloads behind a port of a Service, any of which may have answered; undefined where no pod is. */
function behindService(
  { pods, ports }: NetworkService,
  at: { readonly protocol: Protocol; readonly port: number },
): readonly Resolved[] | undefined {
  const served = ports.find((each) => each.port === at.port && each.protocol === at.protocol);
  const found = new Map<unknown, Resolved>();
  for (const pod of pods) {
    const port = served === undefined ? undefined : targetPorts(served, pod)[0];
    found.set(pod.owner, { end: { kind: 'workload', owner: pod.owner }, ...(port !== undefined && { port }) });
  }
  return found.size === 0 ? undefined : [...found.values()];
}

function clusterAddresses({ object }: NetworkService): readonly bigint[] {
  const listed = stringsIn(valueAt(object.value, ['spec', 'clusterIPs']));
  const single = valueAt(object.value, ['spec', 'clusterIP']);
  return [...listed, ...(typeof single === 'string' ? [single] : [])].flatMap((text) => addressOf(text) ?? []);
}

/** A pod's name without what controllers add to it: `web-7d4b9c5d6f-x2x9z` is of `web`. */
function withoutSuffix(name: string, parts: number): string {
  return name.split('-').slice(0, -parts).join('-');
}
