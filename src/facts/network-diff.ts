import {
  type AddressSet,
  AddressSpace,
  noPorts,
  type PortSetId,
  PortSets,
  type Reachability,
} from '../semantics/network-policy/index.ts';
import type { Facts } from './facts.ts';
import { networkReachability } from './network.ts';
import { networkFlowTable } from './network-flows.ts';
import { describeAddresses, networkNames } from './network-names.ts';

/** Connections that become possible, or end. */
export interface NetworkChange {
  readonly kind: 'opened' | 'closed';
  readonly ports: PortSetId;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface NetworkDiff {
  readonly changes: readonly NetworkChange[];
  readonly ports: PortSets;
}

/** Endpoints that both sides treat alike: what they are called, and their classes before and after. */
interface Twin {
  readonly names: string[];
  readonly addresses: AddressSet[number][];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * Which connections differ between two snapshots, whatever the policies that make it so. Workloads are compared by
 * name; one that is on one side only has no connections on the other. What may be possible counts as possible.
 */
export function networkDiff(before: Facts, after: Facts): NetworkDiff {
  const sides = [sideOf(before), sideOf(after)] as const;
  const twins = twinsOf(sides);
  const byNamespace = workloadsByNamespace(sides);
  const ports = new PortSets();
  const [old, next] = sides.map((side) => portReader(side, ports));
  if (old === undefined || next === undefined) return { changes: [], ports };
  const rows = new Map<string, { kind: NetworkChange['kind']; ports: PortSetId; from: Twin[]; to: Twin }>();
  for (const [place, to] of twins.entries()) {
    for (const [other, from] of twins.entries()) {
      if (isOutside(from, sides) && isOutside(to, sides)) continue;
      const [was, is] = [old(from.before, to.before), next(from.after, to.after)];
      if (was === is) continue;
      for (const [kind, changed] of [
        ['opened', ports.minus(is, was)],
        ['closed', ports.minus(was, is)],
      ] as const) {
        if (changed === noPorts || (place === other && isOnePod(to, sides))) continue;
        const key = `${kind} ${changed} ${place}`;
        const row = rows.get(key);
        if (row === undefined) rows.set(key, { kind, ports: changed, from: [from], to });
        else row.from.push(from);
      }
    }
  }
  // Destinations with the same changes stand together.
  const merged = new Map<
    string,
    { kind: NetworkChange['kind']; ports: PortSetId; from: readonly string[]; to: Twin[] }
  >();
  for (const { kind, ports: changed, from, to } of rows.values()) {
    const sources = namesOf(from, byNamespace);
    const key = `${kind} ${changed} ${sources.join('\n')}`;
    const row = merged.get(key);
    if (row === undefined) merged.set(key, { kind, ports: changed, from: sources, to: [to] });
    else row.to.push(to);
  }
  const changes = [...merged.values()].map((row) => ({ ...row, to: namesOf(row.to, byNamespace) }));
  const order = ({ kind, to, from }: NetworkChange): string => `${kind === 'opened' ? 0 : 1} ${to[0]} ${from[0]}`;
  return { changes: changes.sort((a, b) => (order(a) < order(b) ? -1 : 1)), ports };
}

/** What twins are called; a namespace of which all workloads are there is told as one. */
function namesOf(twins: readonly Twin[], byNamespace: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const left = new Set(twins.flatMap(({ names }) => names));
  const whole: string[] = [];
  for (const [namespace, names] of byNamespace) {
    if (names.size < 3 || names.size > left.size || ![...names].every((name) => left.has(name))) continue;
    for (const name of names) left.delete(name);
    whole.push(`every pod of ${namespace}`);
  }
  const addresses = twins.flatMap((twin) => twin.addresses);
  return [...[...whole, ...left].sort(), ...describeAddresses(addresses)];
}

function workloadsByNamespace(sides: readonly Side[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { namespaces } of sides) {
    for (const [name, namespace] of namespaces) {
      const names = found.get(namespace);
      if (names === undefined) found.set(namespace, new Set([name]));
      else names.add(name);
    }
  }
  return found;
}

/** Whether a pod would be compared with itself, which it always reaches. */
function isOnePod({ names, addresses }: Twin, sides: readonly Side[]): boolean {
  const [name] = names;
  return (
    name !== undefined && names.length === 1 && addresses.length === 0 && sides.every(({ single }) => single.has(name))
  );
}

interface Side {
  readonly reachability: Reachability;
  readonly unitOf: ReadonlyMap<number, number>;
  /** The classes of each workload, by its name. */
  readonly workloads: ReadonlyMap<string, readonly number[]>;
  readonly namespaces: ReadonlyMap<string, string>;
  /** Names that stand for no more than one pod that runs. */
  readonly single: { has(name: string): boolean };
}

function sideOf(facts: Facts): Side {
  const reachability = facts.get(networkReachability);
  const { nameOf } = facts.get(networkNames);
  const workloads = new Map<string, Set<number>>();
  const namespaces = new Map<string, string>();
  const several = new Set<string>();
  for (const pod of reachability.world.pods) {
    const name = nameOf(pod);
    if (workloads.has(name) || pod.object.kind !== 'Pod') several.add(name);
    workloads.set(name, (workloads.get(name) ?? new Set()).add(reachability.classOf(pod)));
    if (!pod.hostNetwork) namespaces.set(name, pod.namespace);
  }
  const unitOf = new Map<number, number>();
  for (const [unit, classes] of facts.get(networkFlowTable).units.entries())
    for (const at of classes) unitOf.set(at, unit);
  const single = { has: (name: string): boolean => !several.has(name) };
  const listed = new Map([...workloads].map(([name, set]) => [name, [...set]]));
  return { reachability, unitOf, single, namespaces, workloads: listed };
}

function twinsOf([before, after]: readonly [Side, Side]): readonly Twin[] {
  const twins = new Map<string, Twin>();
  const twinAt = (old: readonly number[], next: readonly number[], apart = ''): Twin => {
    const units = (side: Side, classes: readonly number[]): string =>
      [...new Set(classes.map((at) => side.unitOf.get(at)))].sort().join();
    const key = `${apart}${units(before, old)} ${units(after, next)}`;
    const twin = twins.get(key) ?? { names: [], addresses: [], before: old, after: next };
    twins.set(key, twin);
    return twin;
  };
  for (const name of new Set([...before.workloads.keys(), ...after.workloads.keys()])) {
    twinAt(before.workloads.get(name) ?? [], after.workloads.get(name) ?? []).names.push(name);
  }
  twinAt(before.reachability.classes.hosts, after.reachability.classes.hosts).names.push('nodes');
  for (const addresses of outsideOf([before, after])) {
    const place = addresses[0]?.[0] ?? 0n;
    const [old, next] = [before, after].map(({ reachability }) => reachability.classes.classOfAddress(place));
    if (old !== undefined && next !== undefined) twinAt([old], [next], 'outside ').addresses.push(...addresses);
  }
  return [...twins.values()];
}

/** Outside addresses, in sets that both sides treat as one. */
function outsideOf(sides: readonly Side[]): readonly AddressSet[] {
  const sets = sides.flatMap(({ reachability }) =>
    reachability.classes.all.flatMap((each) => (each.kind === 'outside' ? [each.addresses] : [])),
  );
  return new AddressSpace(sets).addresses();
}

function isOutside({ before, after }: Twin, [old, next]: readonly [Side, Side]): boolean {
  const [side, classes] = before.length > 0 ? [old, before] : [next, after];
  return side.reachability.classes.all[classes[0] ?? 0]?.kind !== 'pods';
}

/** The ports between classes of one side, in terms of port sets that both share. */
function portReader(
  { reachability }: Side,
  shared: PortSets,
): (from: readonly number[], to: readonly number[]) => PortSetId {
  const known = new Map<PortSetId, PortSetId>();
  return (from, to) => {
    let all: PortSetId = noPorts;
    for (const target of to)
      for (const source of from) all = reachability.ports.union(all, reachability.portsBetween(source, target, 'most'));
    let id = known.get(all);
    if (id === undefined) {
      id = shared.of(reachability.ports.ranges(all));
      known.set(all, id);
    }
    return id;
  };
}
