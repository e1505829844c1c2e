import {
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
import { targetPorts } from './network-services.ts';

export type AnswerVerdict = 'allowed' | 'denied' | 'partly' | 'unknown';

/** Pairs of classes that have one answer. */
export interface AnswerPart {
  readonly verdict: 'allowed' | 'denied' | 'unknown';
  /** What is let through; at the port that was asked about, if one was. */
  readonly ports: Ports;
  readonly from: ReadonlySet<number>;
  readonly to: ReadonlySet<number>;
  /** One of the connections, for an explanation; absent where there is none to be had, as for a port without number. */
  readonly example?: Connection;
}

export interface NetworkAnswer {
  readonly verdict: AnswerVerdict;
  readonly parts: readonly AnswerPart[];
  /** What the API leaves open or cannot express, and holds here. */
  readonly notes: readonly string[];
}

interface Question {
  readonly from: NetworkEndpoint;
  readonly to: NetworkEndpoint;
  readonly port: AskedPort | undefined;
}

/** Whether one endpoint may connect to another. Where names stand for several pods, all pairs are looked at. */
export function answerNetwork(reachability: Reachability, { from, to, port }: Question): NetworkAnswer {
  const parts = new Map<string, AnswerPart & { from: Set<number>; to: Set<number> }>();
  let isOnlySelf = false;
  for (const target of to.classes) {
    const asked = askedPorts(reachability, { to, target, port });
    for (const source of from.classes) {
      if (isSamePod({ from, to }, reachability, [source, target])) {
        isOnlySelf = true;
        continue;
      }
      for (const one of asked) {
        const ports = portsAt(reachability, [source, target], one);
        const verdict = ports.least !== noPorts ? 'allowed' : ports.most === noPorts ? 'denied' : 'unknown';
        const key = `${verdict} ${ports.least} ${ports.most}`;
        const part = parts.get(key);
        if (part !== undefined) {
          part.from.add(source);
          part.to.add(target);
          continue;
        }
        const example = one ?? declaredPort(reachability, target);
        parts.set(key, {
          verdict,
          ports,
          from: new Set([source]),
          to: new Set([target]),
          ...(example !== undefined && { example: { from: source, to: target, ...example } }),
        });
      }
    }
  }
  const found = [...parts.values()];
  // Where nothing is asked about, as at a port that no pod has, nothing is let through.
  const verdict = found.length === 0 && !isOnlySelf ? 'denied' : overall(found);
  return { verdict, parts: found, notes: notesOf({ from, to, port }, found) };
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

/** The numbers that are asked about at a class; a single `undefined` where no port is. */
function askedPorts(
  reachability: Reachability,
  { to, target, port }: { readonly to: NetworkEndpoint; readonly target: number; readonly port: AskedPort | undefined },
): readonly (NumberedPort | undefined)[] {
  const pod = podOf(reachability, target);
  const { service } = to;
  if (service !== undefined && pod !== undefined) {
    const served = service.ports.filter(
      (each) =>
        port === undefined || (each.protocol === port.protocol && (each.port === port.port || each.name === port.port)),
    );
    return served.flatMap((each) =>
      targetPorts(each, pod).map((number) => ({ protocol: each.protocol, port: number })),
    );
  }
  if (port === undefined) return [undefined];
  const { port: asked, protocol } = port;
  if (typeof asked === 'number') return [{ protocol, port: asked }];
  const named = pod?.ports.filter((each) => each.name === asked && each.protocol === protocol) ?? [];
  return named.map((each) => ({ protocol, port: each.port }));
}

function podOf(reachability: Reachability, at: number): NetworkPod | undefined {
  const each = reachability.classes.all[at];
  return each === undefined || each.kind === 'outside' ? undefined : each.pods[0];
}

function declaredPort(reachability: Reachability, at: number): NumberedPort | undefined {
  const [first] = podOf(reachability, at)?.ports ?? [];
  return first === undefined ? undefined : { protocol: first.protocol, port: first.port };
}

function portsAt(
  reachability: Reachability,
  [from, to]: readonly [number, number],
  at: NumberedPort | undefined,
): Ports {
  const between = reachability.between(from, to);
  if (at === undefined) return between;
  const one = reachability.ports.one(at.protocol, at.port);
  return {
    least: reachability.ports.intersect(between.least, one),
    most: reachability.ports.intersect(between.most, one),
  };
}

/** One pod, asked about with itself: nothing can block that. */
function isSamePod(
  { from, to }: Pick<Question, 'from' | 'to'>,
  reachability: Reachability,
  [source, target]: readonly [number, number],
): boolean {
  if (source !== target) return false;
  const here = (endpoint: NetworkEndpoint): readonly NetworkPod[] =>
    endpoint.pods.filter((pod) => reachability.classes.classOf(pod) === source);
  const [a, b] = [here(from), here(to)];
  return a.length === 1 && b.length === 1 && a[0] === b[0] && a[0]?.object.kind === 'Pod';
}

function notesOf({ from, to, port }: Question, parts: readonly AnswerPart[]): readonly string[] {
  const notes: string[] = [];
  if (parts.length === 0) {
    if (port !== undefined && typeof port.port === 'string')
      notes.push(`${to.text} has no port of the name ${port.port}`);
    else if (to.service !== undefined) notes.push(`${to.text} leads to no such port of any pod`);
    else notes.push('a pod always reaches itself');
  }
  if (from.kind === 'nodes' && to.kind === 'pods') {
    notes.push('a node always reaches the pods that run on it; this is about the other nodes');
  }
  for (const { pods, text } of [from, to]) {
    if (pods.some(({ hostNetwork }) => hostNetwork)) {
      notes.push(
        `${text} is on the network of its node: network plugins take it for the node, and policies do not select it`,
      );
    }
  }
  if (to.service !== undefined) notes.push('policies see the ports of the pods, not those of the Service');
  return notes;
}
