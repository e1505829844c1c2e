import {
  allPorts,
  type Connection,
  explainConnection,
  type NetworkPod,
  noPorts,
  type Ports,
  type Protocol,
  type Reachability,
  type SideExplanation,
} from '../semantics/network-policy/index.ts';
import type { AskedPort, NetworkEndpoint } from './network-endpoints.ts';
import { type NearPair, nearPairs, type PodsByClass, podsByClass } from './network-own-node.ts';
import { type NetworkService, type ServicePort, targetPorts } from './network-services.ts';

export type AnswerVerdict = 'allowed' | 'denied' | 'partly' | 'unknown';

/** Pairs of classes that have one answer. */
export interface AnswerPart {
  readonly verdict: 'allowed' | 'denied' | 'unknown';
  /** What is let through; at the port that was asked about, if one was. */
  readonly ports: Ports;
  readonly from: ReadonlySet<number>;
  readonly to: ReadonlySet<number>;
  /** Set where it is about pods and the network of their own node, or of what may be their own. */
  readonly near?: NearPods;
  /** One of the connections, for an explanation; absent where there is none to be had, as for a port without number. */
  readonly example?: Connection;
}

export interface NetworkAnswer {
  readonly verdict: AnswerVerdict;
  readonly parts: readonly AnswerPart[];
  /** What the API leaves open or cannot express, and holds here. */
  readonly notes: readonly string[];
}

interface NearPods {
  readonly nearness: NearPair['nearness'];
  readonly from: Set<NetworkPod>;
  readonly to: Set<NetworkPod>;
}

interface Question {
  readonly from: NetworkEndpoint;
  readonly to: NetworkEndpoint;
  readonly port: AskedPort | undefined;
}

/** Whether one endpoint may connect to another. Where names stand for several pods, all pairs are looked at. */
export function answerNetwork(reachability: Reachability, { from, to, port }: Question): NetworkAnswer {
  const parts = new Map<string, AnswerPart & { from: Set<number>; to: Set<number> }>();
  const [sources, targets] = [podsByClass(reachability, from), podsByClass(reachability, to)];
  let isOnlySelf = false;
  for (const target of to.classes) {
    const asked = askedPorts(targets.get(target) ?? [podOf(reachability, target)], { to, port });
    for (const source of from.classes) {
      if (isSamePod([sources, targets], [source, target])) {
        isOnlySelf = true;
        continue;
      }
      const pairs = nearPairs(
        reachability,
        { endpoint: from, at: source, pods: sources.get(source) ?? [] },
        { endpoint: to, at: target, pods: targets.get(target) ?? [] },
      );
      for (const one of asked) {
        for (const near of pairs) addPart(parts, reachability, { source, target, one, near });
      }
    }
  }
  const found = [...parts.values()];
  // Where nothing is asked about, as at a port that no pod has, nothing is let through.
  const verdict = found.length === 0 && !isOnlySelf ? 'denied' : overall(found);
  return { verdict, parts: found, notes: notesOf({ from, to, port }, found) };
}

interface AskedPair {
  readonly source: number;
  readonly target: number;
  readonly one: NumberedPort | undefined;
  readonly near: NearPair;
}

function addPart(
  parts: Map<string, AnswerPart & { from: Set<number>; to: Set<number> }>,
  reachability: Reachability,
  { source, target, one, near }: AskedPair,
): void {
  const { nearness } = near;
  const ports = portsAt(reachability, { from: source, to: target, nearness, at: one });
  const verdict = ports.least !== noPorts ? 'allowed' : ports.most === noPorts ? 'denied' : 'unknown';
  const key = `${verdict} ${ports.least} ${ports.most} ${nearness}`;
  const part = parts.get(key);
  if (part !== undefined) {
    part.from.add(source);
    part.to.add(target);
    for (const pod of near.from) part.near?.from.add(pod);
    for (const pod of near.to) part.near?.to.add(pod);
    return;
  }
  const example = nearness === 'same' ? undefined : (one ?? declaredPort(reachability, target));
  parts.set(key, {
    verdict,
    ports,
    from: new Set([source]),
    to: new Set([target]),
    ...(nearness !== 'other' && { near: { nearness, from: new Set(near.from), to: new Set(near.to) } }),
    ...(example !== undefined && { example: { from: source, to: target, ...example } }),
  });
}

/** What decides about one connection, on both sides. */
export function explainPart(reachability: Reachability, { example }: AnswerPart): readonly SideExplanation[] {
  return example === undefined ? [] : explainConnection(reachability, example);
}

function overall(parts: readonly AnswerPart[]): AnswerVerdict {
  const verdicts = new Set(parts.map(({ verdict }) => verdict));
  const [only] = verdicts;
  if (only === undefined) return 'allowed';
  if (verdicts.size === 1) return only;
  return verdicts.has('allowed') ? 'partly' : 'unknown';
}

interface NumberedPort {
  readonly protocol: Protocol;
  readonly port: number;
}

/** The numbers that are asked about at pods of a class; a single `undefined` where no port is. */
function askedPorts(
  pods: readonly (NetworkPod | undefined)[],
  { to: { service }, port }: Pick<Question, 'to' | 'port'>,
): readonly (NumberedPort | undefined)[] {
  if (service === undefined && port === undefined) return [undefined];
  if (service === undefined && typeof port?.port === 'number') return [{ protocol: port.protocol, port: port.port }];
  const found = new Map<string, NumberedPort>();
  for (const pod of pods) {
    if (pod === undefined) continue;
    const numbers =
      service === undefined
        ? pod.ports.filter((each) => each.name === port?.port && each.protocol === port.protocol)
        : servedPorts(service, port).flatMap((each) =>
            targetPorts(each, pod).map((number) => ({ protocol: each.protocol, port: number })),
          );
    for (const { protocol, port: number } of numbers) found.set(`${protocol} ${number}`, { protocol, port: number });
  }
  return [...found.values()];
}

/** The ports of a Service that are asked about. */
function servedPorts(service: NetworkService, port: AskedPort | undefined): readonly ServicePort[] {
  return service.ports.filter(
    (each) =>
      port === undefined || (each.protocol === port.protocol && (each.port === port.port || each.name === port.port)),
  );
}

/** Ports by name that pods of a Service lack: it does not lead to those pods. */
function lackingNotes(service: NetworkService, port: AskedPort | undefined): readonly string[] {
  return servedPorts(service, port).flatMap((each) => {
    const without = service.pods.filter((pod) => targetPorts(each, pod).length === 0);
    const [first] = without;
    if (first === undefined) return [];
    const who =
      without.length === 1
        ? `${first.namespace}/${first.name} has`
        : `${without.length} of its pods, such as ${first.namespace}/${first.name}, have`;
    return [`${who} no ${each.protocol} port of the name ${each.target}, so port ${each.port} does not lead there`];
  });
}

function podOf(reachability: Reachability, at: number): NetworkPod | undefined {
  const each = reachability.classes.all[at];
  return each === undefined || each.kind === 'outside' ? undefined : each.pods[0];
}

function declaredPort(reachability: Reachability, at: number): NumberedPort | undefined {
  const [first] = podOf(reachability, at)?.ports ?? [];
  return first === undefined ? undefined : { protocol: first.protocol, port: first.port };
}

/** What policies let through; between a pod and its own node, everything. */
function portsAt(
  reachability: Reachability,
  {
    from,
    to,
    nearness,
    at,
  }: {
    readonly from: number;
    readonly to: number;
    readonly nearness: NearPair['nearness'];
    readonly at: NumberedPort | undefined;
  },
): Ports {
  const { ports } = reachability;
  const between = reachability.between(from, to);
  const least = nearness === 'same' ? allPorts : between.least;
  const most = nearness === 'other' ? between.most : allPorts;
  if (at === undefined) return { least, most };
  const one = ports.one(at.protocol, at.port);
  return { least: ports.intersect(least, one), most: ports.intersect(most, one) };
}

/** One pod, asked about with itself: nothing can block that. */
function isSamePod(
  [sources, targets]: readonly [PodsByClass, PodsByClass],
  [source, target]: readonly [number, number],
): boolean {
  if (source !== target) return false;
  const [a = [], b = []] = [sources.get(source), targets.get(target)];
  return a.length === 1 && b.length === 1 && a[0] === b[0] && a[0]?.object.kind === 'Pod';
}

function notesOf({ from, to, port }: Question, parts: readonly AnswerPart[]): readonly string[] {
  const notes: string[] = [];
  if (parts.length === 0) {
    if (port !== undefined && typeof port.port === 'string' && to.service === undefined)
      notes.push(`${to.text} has no port of the name ${port.port}`);
    else if (to.service !== undefined) notes.push(`${to.text} leads to no such port of any pod`);
    else notes.push('a pod always reaches itself');
  }
  if (from.kind === 'nodes' && from.node === undefined && to.kind === 'pods') {
    notes.push('a node always reaches the pods that run on it; this is about the other nodes');
  }
  if (to.kind === 'nodes' && to.node === undefined && from.kind === 'pods') {
    notes.push('a pod always reaches the node that it runs on; this is about the other nodes');
  }
  if (parts.some(({ near }) => near?.nearness === 'same')) {
    notes.push('policies do not hold between a pod and the node that it runs on: that is always let through');
  }
  if (parts.some(({ near, verdict }) => near?.nearness === 'unknown' && verdict === 'unknown')) {
    notes.push('which node runs them is not known: on one node they always reach each other, else policies decide');
  }
  for (const { pods, text } of [from, to]) {
    if (pods.some(({ hostNetwork }) => hostNetwork)) {
      notes.push(
        `${text} is on the network of its node: network plugins take it for the node, and policies do not select it`,
      );
    }
  }
  if (to.service !== undefined) notes.push(...lackingNotes(to.service, port));
  if (to.service !== undefined) notes.push('policies see the ports of the pods, not those of the Service');
  return notes;
}
