import { isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import { addressOf, protocols } from '../semantics/network-policy/index.ts';

/** One end of a connection as a log names it. */
export interface SeenEnd {
  readonly namespace?: string;
  readonly name?: string;
  /** Of what the pod belonged to, where the log tells. */
  readonly workload?: string;
  readonly service?: boolean;
  readonly address?: string;
}

export interface SeenFlow {
  readonly from: SeenEnd;
  readonly to: SeenEnd;
  readonly protocol: string;
  readonly port: number;
  /** When it was seen, in milliseconds of the epoch; undefined where the log does not tell. */
  readonly time?: number;
}

/** What a log holds. */
export interface FlowLog {
  readonly flows: readonly SeenFlow[];
  /** Denied, answers, or of a protocol that policies do not know. */
  readonly passedOver: number;
  /** Lines that are no flow at all. */
  readonly unreadable: number;
  readonly format: string;
}

/** Reads a log of flows: JSON of Hubble or Inspektor Gadget, a line or an array; or CSV with a header. */
export function readFlowLog(text: string): FlowLog {
  const trimmed = text.trimStart();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) return readJson(trimmed);
  return readCsv(trimmed);
}

function readJson(text: string): FlowLog {
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
  return { from: end('source'), to: end('destination'), protocol, port, ...timeOf(own(flow, 'time')) };
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
  const seen = { protocol, port, ...timeOf(own(event, 'timestamp')) };
  return isOut ? { from: self, to: other, ...seen } : { from: other, to: self, ...seen };
}

/** RFC 3339, or nanoseconds or seconds of the epoch; nothing for what is none of those. */
function timeOf(value: Json | undefined): { readonly time?: number } {
  const number = typeof value === 'number' ? value : /^\d{9,}$/.test(String(value)) ? Number(value) : undefined;
  const time =
    number === undefined
      ? Date.parse(String(value))
      : number > 1e14
        ? number / 1e6
        : number > 1e11
          ? number
          : number * 1000;
  return Number.isFinite(time) && Math.abs(time) < 8e15 ? { time } : {};
}

/** `from,to,port,protocol`: ends as NAMESPACE/NAME or address. Other columns are passed over. */
function readCsv(text: string): FlowLog {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const header = (lines[0] ?? '').split(',').map((cell) => cell.trim().replace(/^"|"$/g, '').toLowerCase());
  const column = (...names: readonly string[]): number => header.findIndex((cell) => names.includes(cell));
  const [from, to] = [column('from', 'source', 'src'), column('to', 'destination', 'dst')];
  const [port, protocol] = [column('port', 'destination_port', 'dport'), column('protocol', 'proto')];
  const time = column('time', 'timestamp');
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
    else flows.push({ from: a, to: b, protocol: name, port: number, ...timeOf(cells[time]) });
  }
  return { flows, passedOver, unreadable, format: 'CSV' };
}

function csvEnd(text: string): SeenEnd | undefined {
  if (addressOf(text) !== undefined) return { address: text };
  const [namespace = '', name = '', ...rest] = text.split('/');
  return namespace === '' || name === '' || rest.length > 0 ? undefined : { namespace, name };
}
