import type { Facts } from '../facts/facts.ts';
import { networkWorld } from '../facts/network.ts';
import { networkServices, targetPorts } from '../facts/network-services.ts';
import { isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import { addressOf, type NetworkPod, type Protocol, protocols } from '../semantics/network-policy/index.ts';
import type { WantedConnection, WantedEnd } from './network-policy.ts';

/** One end of a connection as a log names it. */
interface SeenEnd {
  readonly namespace?: string;
  readonly name?: string;
  /** Of what the pod belonged to, where the log tells. */
  readonly workload?: string;
  readonly service?: boolean;
  readonly address?: string;
}

interface SeenFlow {
  readonly from: SeenEnd;
  readonly to: SeenEnd;
  readonly protocol: string;
  readonly port: number;
}

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
  /** Ends that nothing here has, each with how many flows name it. */
  readonly unresolved: ReadonlyMap<string, number>;
}

/** Reads a log of flows: JSON of Hubble or Inspektor Gadget, a line or an array; or CSV with a header. */
export function observedConnections(facts: Facts, text: string): ObservedConnections {
  const { flows, passedOver, unreadable, format } = readFlows(text);
  const resolve = resolver(facts);
  const counts = new Map<string, { connection: Omit<WantedConnection, 'because'>; times: number }>();
  const unresolved = new Map<string, number>();
  for (const flow of flows) {
    const protocol = protocols.find((each) => each === flow.protocol.toUpperCase());
    const from = resolve(flow.from, undefined);
    const to = resolve(flow.to, { protocol: protocol ?? 'TCP', port: flow.port });
    for (const [end, seen] of [
      [from, flow.from],
      [to, flow.to],
    ] as const) {
      if (end !== undefined) continue;
      const name = seen.name === undefined ? (seen.address ?? 'no name') : `${seen.namespace ?? ''}/${seen.name}`;
      unresolved.set(name, (unresolved.get(name) ?? 0) + 1);
    }
    if (from === undefined || to === undefined || protocol === undefined) continue;
    const key = [nameOf(from.end), nameOf(to.end), protocol, to.port ?? flow.port].join(' ');
    const known = counts.get(key);
    if (known === undefined) {
      counts.set(key, { connection: { from: from.end, to: to.end, protocol, port: to.port ?? flow.port }, times: 1 });
    } else known.times += 1;
  }
  const wanted = [...counts.values()].map(({ connection, times }) => ({
    ...connection,
    because: `${times} ${times === 1 ? 'flow' : 'flows'} ${nameOf(connection.from)} to ${nameOf(connection.to)}, ${connection.protocol} ${connection.port}`,
  }));
  return { wanted, format, flows: flows.length, passedOver, unreadable, unresolved };
}

function nameOf(end: WantedEnd): string {
  if (end.kind === 'workload') return `${end.owner.namespace ?? 'default'}/${end.owner.name}`;
  return end.kind === 'address' ? end.address : end.kind;
}

interface Read {
  readonly flows: readonly SeenFlow[];
  readonly passedOver: number;
  readonly unreadable: number;
  readonly format: string;
}

function readFlows(text: string): Read {
  const trimmed = text.trimStart();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) return readJson(trimmed);
  return readCsv(trimmed);
}

function readJson(text: string): Read {
  const flows: SeenFlow[] = [];
  let [passedOver, unreadable] = [0, 0];
  let format = 'JSON';
  const take = (value: Json): void => {
    if (!isObject(value)) {
      unreadable += 1;
      return;
    }
    const inner = own(value, 'flow');
    const isHubble = isObject(inner) || own(value, 'l4') !== undefined;
    format = isHubble ? 'Hubble' : 'Inspektor Gadget';
    const flow = isHubble ? hubble(isObject(inner) ? inner : value) : gadget(value);
    if (flow === 'passed-over') passedOver += 1;
    else if (flow === undefined) unreadable += 1;
    else flows.push(flow);
  };
  if (text.startsWith('[')) {
    const list = parse(text);
    if (Array.isArray(list)) for (const each of list) take(each as Json);
    else unreadable += 1;
  } else {
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const value = parse(line);
      if (value === undefined) unreadable += 1;
      else take(value);
    }
  }
  return { flows, passedOver, unreadable, format };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Source: flow.proto of Cilium's Hubble. */
function hubble(flow: JsonObject): SeenFlow | 'passed-over' | undefined {
  const verdict = own(flow, 'verdict');
  // An answer belongs to a connection that was seen, or is let through with it.
  if ((verdict !== undefined && verdict !== 'FORWARDED') || own(flow, 'is_reply') === true) return 'passed-over';
  const l4 = own(flow, 'l4');
  if (!isObject(l4)) return 'passed-over';
  const protocol = ['TCP', 'UDP', 'SCTP'].find((each) => isObject(own(l4, each)));
  if (protocol === undefined) return 'passed-over';
  const port = valueAt(l4, [protocol, 'destination_port']);
  if (typeof port !== 'number') return undefined;
  const end = (side: 'source' | 'destination'): SeenEnd => {
    const part = own(flow, side);
    const address = valueAt(flow, ['IP', side]);
    const [name, namespace] = ['pod_name', 'namespace'].map((key) => (isObject(part) ? own(part, key) : undefined));
    const [workload] = objectsIn(valueAt(part, ['workloads']));
    return {
      ...named(name, namespace),
      ...(workload !== undefined &&
        typeof own(workload, 'name') === 'string' && { workload: String(own(workload, 'name')) }),
      ...(typeof address === 'string' && { address }),
    };
  };
  return { from: end('source'), to: end('destination'), protocol, port };
}

function named(name: Json | undefined, namespace: Json | undefined): SeenEnd {
  return typeof name === 'string' && name !== '' && typeof namespace === 'string' ? { name, namespace } : {};
}

/** Sources: the fields of `trace_tcp`, `advise_networkpolicy` and the older `trace network` of Inspektor Gadget. */
function gadget(event: JsonObject): SeenFlow | 'passed-over' | undefined {
  const string = (...path: readonly string[]): string | undefined => {
    const value = valueAt(event, path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const self: SeenEnd = named(
    string('k8s', 'podName') ?? string('k8s', 'pod') ?? string('pod') ?? string('podName'),
    string('k8s', 'namespace') ?? string('namespace'),
  );
  const remote = (['endpoint', 'dst', 'remote'] as const).find((key) => isObject(own(event, key)));
  const field = (...keys: readonly string[]): string | undefined => {
    for (const key of keys) {
      const found = remote === undefined ? undefined : (string(remote, 'k8s', key) ?? string(remote, key));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const kind = field('kind') ?? string('remoteKind');
  const address = field('addr') ?? string('remoteAddr');
  const other: SeenEnd = {
    ...named(field('name') ?? string('remoteName'), field('namespace') ?? string('remoteNamespace')),
    ...(kind === 'svc' && { service: true }),
    ...(address !== undefined && { address }),
  };
  const port = own(event, 'port') ?? valueAt(event, [remote ?? 'endpoint', 'port']);
  const protocol = string('proto') ?? field('proto') ?? 'tcp';
  const direction = string('pktType') ?? string('type');
  if (typeof port !== 'number' || (self.name === undefined && other.name === undefined)) return undefined;
  if (!protocols.some((each) => each === protocol.toUpperCase())) return 'passed-over';
  const isOut =
    own(event, 'egress') === undefined
      ? direction !== 'HOST' && direction !== 'INCOMING'
      : own(event, 'egress') !== 0 && own(event, 'egress') !== false;
  return isOut ? { from: self, to: other, protocol, port } : { from: other, to: self, protocol, port };
}

/** `from,to,port,protocol`: ends as NAMESPACE/NAME or address. Other columns are passed over. */
function readCsv(text: string): Read {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const header = (lines[0] ?? '').split(',').map((cell) => cell.trim().replace(/^"|"$/g, '').toLowerCase());
  const column = (...names: readonly string[]): number => header.findIndex((cell) => names.includes(cell));
  const [from, to] = [column('from', 'source', 'src'), column('to', 'destination', 'dst')];
  const [port, protocol] = [column('port', 'destination_port', 'dport'), column('protocol', 'proto')];
  if (from === -1 || to === -1 || port === -1)
    return { flows: [], passedOver: 0, unreadable: lines.length, format: 'CSV' };
  const flows: SeenFlow[] = [];
  let [passedOver, unreadable] = [0, 0];
  for (const line of lines.slice(1)) {
    const cells = line.split(',').map((cell) => cell.trim().replace(/^"|"$/g, ''));
    const [a, b] = [csvEnd(cells[from] ?? ''), csvEnd(cells[to] ?? '')];
    const number = Number(cells[port]);
    const name = (protocol === -1 ? 'tcp' : (cells[protocol] ?? 'tcp')).toUpperCase();
    if (a === undefined || b === undefined || !Number.isInteger(number) || number < 1 || number > 65535)
      unreadable += 1;
    else if (!protocols.some((each) => each === name)) passedOver += 1;
    else flows.push({ from: a, to: b, protocol: name, port: number });
  }
  return { flows, passedOver, unreadable, format: 'CSV' };
}

function csvEnd(text: string): SeenEnd | undefined {
  if (addressOf(text) !== undefined) return { address: text };
  const [namespace = '', name = '', ...rest] = text.split('/');
  return namespace === '' || name === '' || rest.length > 0 ? undefined : { namespace, name };
}

interface Resolved {
  readonly end: WantedEnd;
  /** The port of the pod, where a Service was named. */
  readonly port?: number;
}

type Resolve = (
  seen: SeenEnd,
  at: { readonly protocol: Protocol; readonly port: number } | undefined,
) => Resolved | undefined;

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
  return (seen, at) => {
    if (seen.name !== undefined) {
      const service = seen.service === true ? services.get(`${seen.namespace}/${seen.name}`) : undefined;
      const [target] = service?.pods ?? [];
      if (service !== undefined && target !== undefined && at !== undefined) {
        const served = service.ports.find((each) => each.port === at.port && each.protocol === at.protocol);
        const port = served === undefined ? undefined : targetPorts(served, target)[0];
        return { end: { kind: 'workload', owner: target.owner }, ...(port !== undefined && { port }) };
      }
      const pod =
        byName.get(`${seen.namespace}/${seen.name}`) ??
        byName.get(`${seen.namespace}/${seen.workload ?? ''}`) ??
        byName.get(`${seen.namespace}/${withoutSuffix(seen.name, 2)}`) ??
        byName.get(`${seen.namespace}/${withoutSuffix(seen.name, 1)}`);
      return pod === undefined ? undefined : { end: { kind: 'workload', owner: pod.owner } };
    }
    const place = seen.address === undefined ? undefined : addressOf(seen.address);
    if (place === undefined || seen.address === undefined) return undefined;
    const pod = byAddress.get(place);
    if (pod !== undefined) return { end: { kind: 'workload', owner: pod.owner } };
    return { end: { kind: 'address', address: seen.address } };
  };
}

/** A pod's name without what controllers add to it: `web-7d4b9c5d6f-x2x9z` is of `web`. */
function withoutSuffix(name: string, parts: number): string {
  return name.split('-').slice(0, -parts).join('-');
}
