import type { KubeObject } from '../model/snapshot.ts';
import {
  type AddressSet,
  addressSet,
  type ClassSetId,
  coversSet,
  type EndpointClass,
  everyAddress,
  formatSet,
  internetAddresses,
  type NetworkPod,
  ofFamily,
  type Reachability,
  subtract,
} from '../semantics/network-policy/index.ts';
import { defineFact } from './facts.ts';
import { networkReachability } from './network.ts';

/** Names for endpoints: workloads, namespaces and kinds of addresses. */
export interface NetworkNames {
  /** What a set of classes is, in as few words as are exact: `every pod of shop`, `shop/web`, `the internet`. */
  describe(classes: Iterable<number>): readonly string[];
  /** The same for a set of `Reachability.sets`, in parts. A part that sets have in common is one and the same list. */
  partsOf(set: ClassSetId): NameParts;
  /** The pods of a class or workload, by the name that stands for them: `shop/web`. */
  nameOf(pod: NetworkPod): string;
}

/** Lists of names, one after the other: joined, they would be thousands of names for each of thousands of sets. */
export type NameParts = readonly (readonly string[])[];

/** Exceptions that are told instead of all the rest. */
const mostLeftOut = 3;

interface NamedWorkload {
  readonly name: string;
  readonly classes: Map<number, number>;
}

/** What a block of classes of one namespace is called: what is in it, and what is not. */
interface NamedBlock {
  readonly inside: readonly string[];
  /** Undefined where it is too much to tell. */
  readonly missing: readonly string[] | undefined;
}

export const networkNames = defineFact('network-names', (facts) => namesFrom(facts.get(networkReachability)));

function namesFrom({ classes, world, sets }: Reachability): NetworkNames {
  const names = workloadNames(world.pods);
  const inClass = workloadsByClass(classes.all, names);
  const { ranges } = sets;
  const podRanges = [...ranges.keys()].filter((range) => ranges[range]?.kind === 'pods');
  const blocks = new Map<number, NamedBlock>();
  const classesOf = (range: number): readonly number[] => {
    const { start, end } = ranges[range] ?? { start: 0, end: 0 };
    return Array.from({ length: end - start }, (_, at) => start + at);
  };
  const wholes = podRanges.map((range) => namePods(classesOf(range), inClass));
  const nameBlock = (block: number): NamedBlock => {
    let known = blocks.get(block);
    if (known === undefined) {
      const { range, members } = sets.blockAt(block);
      known = nameWithin(members, { all: classesOf(range), namespace: ranges[range]?.namespace ?? '', inClass });
      blocks.set(block, known);
    }
    return known;
  };
  const others = new Map<number, readonly string[]>();
  const nameOthers = (block: number): readonly string[] => {
    let known = others.get(block);
    if (known === undefined) {
      const { members } = sets.blockAt(block);
      known =
        classes.all[members[0] ?? -1]?.kind === 'hosts'
          ? describeHosts(new Set(members), classes)
          : describeAddresses(members.flatMap((at) => addressesOf(classes.all[at])));
      others.set(block, known);
    }
    return known;
  };
  const isWhole = (block: number): boolean => {
    const { range, members } = sets.blockAt(block);
    const { start, end } = ranges[range] ?? { start: 0, end: 0 };
    return members.length === end - start;
  };
  /** What pods are missing, where that is soon told. */
  const missingFrom = (found: readonly number[]): readonly string[] | undefined => {
    const missing: string[] = [];
    let at = 0;
    for (const range of podRanges) {
      const block = found[at];
      const isHere = block !== undefined && sets.blockAt(block).range === range;
      if (isHere) {
        at += 1;
        const absent = nameBlock(block).missing;
        if (absent === undefined) return undefined;
        missing.push(...absent);
      } else missing.push(...asWhole(wholes[range] ?? [], ranges[range]?.namespace ?? ''));
      if (missing.length > mostLeftOut) return undefined;
    }
    return missing;
  };
  const podParts = (found: readonly number[]): NameParts => {
    const parts = found.map((block) => nameBlock(block).inside);
    if (podRanges.length < 2) return parts;
    if (found.length === podRanges.length && found.every(isWhole)) return [everyPod];
    let count = 0;
    for (const part of parts) count += part.length;
    if (count <= 2 * mostLeftOut) return parts;
    const missing = missingFrom(found);
    return missing === undefined ? parts : [[`every pod but ${missing.join(' and ')}`]];
  };
  const partsOf = (set: ClassSetId): NameParts => {
    const found = sets.blocksOf(set);
    const isPods = (block: number): boolean => ranges[sets.blockAt(block).range]?.kind === 'pods';
    const pods = found.filter(isPods);
    return [...podParts(pods), ...found.slice(pods.length).map(nameOthers)];
  };
  return {
    partsOf,
    describe: (set) => partsOf(sets.intern([...set].sort((a, b) => a - b))).flat(),
    nameOf: (pod) => names.get(pod.owner) ?? `${pod.namespace}/${pod.name}`,
  };
}

const everyPod: readonly string[] = ['every pod'];

function workloadsByClass(
  all: readonly EndpointClass[],
  names: ReadonlyMap<KubeObject, string>,
): readonly (readonly NamedWorkload[] | undefined)[] {
  const workloads = new Map<string, NamedWorkload>();
  return all.map((each, at) => {
    if (each.kind !== 'pods') return undefined;
    const here = new Set<NamedWorkload>();
    for (const pod of each.pods) {
      const name = names.get(pod.owner) ?? pod.name;
      let workload = workloads.get(name);
      if (workload === undefined) {
        workload = { name, classes: new Map() };
        workloads.set(name, workload);
      }
      workload.classes.set(at, (workload.classes.get(at) ?? 0) + 1);
      here.add(workload);
    }
    return [...here];
  });
}

type WorkloadsByClass = ReturnType<typeof workloadsByClass>;

/** The workloads of some classes of a namespace, in order; of those that are not wholly there, how many of their pods. */
function namePods(members: readonly number[], inClass: WorkloadsByClass): readonly string[] {
  const asked = new Set(members);
  const found = new Set(members.flatMap((at) => inClass[at] ?? []));
  const texts = [...found].map(({ name, classes }) => {
    let [inside, total] = [0, 0];
    for (const [at, count] of classes) {
      total += count;
      if (asked.has(at)) inside += count;
    }
    return inside === total ? name : `${name} (${inside} of its ${total} pods)`;
  });
  return texts.sort();
}

function asWhole(named: readonly string[], namespace: string): readonly string[] {
  return named.length > 1 ? [`every pod of ${namespace}`] : named;
}

function nameWithin(
  members: readonly number[],
  {
    all,
    namespace,
    inClass,
  }: { readonly all: readonly number[]; readonly namespace: string; readonly inClass: WorkloadsByClass },
): NamedBlock {
  const named = namePods(members, inClass);
  if (members.length === all.length) return { inside: asWhole(named, namespace), missing: [] };
  const missing = fewMissing(members, { all, inClass });
  const isMost = named.length > 2 * mostLeftOut && missing !== undefined;
  return { inside: isMost ? [`every pod of ${namespace} but ${missing.join(' and ')}`] : named, missing };
}

/** The workloads that are missing from some classes of a namespace; undefined where they are more than anybody tells. */
function fewMissing(
  members: readonly number[],
  { all, inClass }: { readonly all: readonly number[]; readonly inClass: WorkloadsByClass },
): readonly string[] | undefined {
  const here = new Set(members);
  const absent: number[] = [];
  const workloads = new Set<NamedWorkload>();
  for (const at of all) {
    if (here.has(at)) continue;
    absent.push(at);
    for (const workload of inClass[at] ?? []) workloads.add(workload);
    if (workloads.size > mostLeftOut) return undefined;
  }
  return namePods(absent, inClass);
}

function addressesOf(each: EndpointClass | undefined): AddressSet {
  return each?.kind === 'outside' ? each.addresses : [];
}

function describeHosts(asked: ReadonlySet<number>, { all, hosts }: Reachability['classes']): readonly string[] {
  if (asked.size === 0) return [];
  if (asked.size === hosts.length) return ['nodes'];
  return [...asked].flatMap((at) => {
    const each = all[at];
    if (each?.kind !== 'hosts') return [];
    return each.nodes.length > 0 ? each.nodes.map((name) => `node ${name}`) : ['pods on the host network'];
  });
}

/** What addresses are called: `the internet`, `any IPv4 address but 10.0.0.0/8`. */
export function describeAddresses(addresses: AddressSet): readonly string[] {
  if (addresses.length === 0) return [];
  const joined = addressSet(addresses);
  if (coversSet(joined, everyAddress)) return ['any address outside'];
  if (isSame(joined, internetAddresses)) return ['the internet'];
  return ([4, 6] as const).flatMap((family) => ofOneFamily(joined, family));
}

/** The shorter of what is in the set and what is not. */
function ofOneFamily(addresses: AddressSet, family: 4 | 6): readonly string[] {
  const own = ofFamily(addresses, family);
  if (own.length === 0) return [];
  const left = subtract(ofFamily(everyAddress, family), own);
  if (left.length === 0) return [`any IPv${family} address`];
  if (isSame(own, ofFamily(internetAddresses, family))) return [`the internet by IPv${family}`];
  const [inside, outside] = [firstCidrs(own), firstCidrs(left)];
  if (inside.length <= outside.length) return shortList(inside);
  return [`any IPv${family} address but ${shortList(outside).join(' and ')}`];
}

/** More networks than anybody reads; sets may have thousands. */
const mostCidrs = 100;

function firstCidrs(set: AddressSet): readonly string[] {
  return formatSet(set.slice(0, mostCidrs)).slice(0, mostCidrs);
}

function isSame(a: AddressSet, b: AddressSet): boolean {
  return coversSet(a, b) && coversSet(b, a);
}

function shortList(cidrs: readonly string[]): readonly string[] {
  const most = 6;
  if (cidrs.length <= most) return cidrs;
  const rest = cidrs.length < mostCidrs ? `${cidrs.length - most} more networks` : 'many more networks';
  return [...cidrs.slice(0, most), rest];
}

/** `namespace/name`, and with its kind where two kinds of workloads of a namespace have one name. */
function workloadNames(pods: readonly NetworkPod[]): ReadonlyMap<KubeObject, string> {
  const owners = new Map<string, Set<KubeObject>>();
  for (const { owner, namespace } of pods) {
    const name = `${namespace}/${owner.name}`;
    const same = owners.get(name);
    if (same === undefined) owners.set(name, new Set([owner]));
    else same.add(owner);
  }
  const names = new Map<KubeObject, string>();
  for (const [name, same] of owners) {
    // Objects of one kind and name are versions of one: folders often hold several.
    const kinds = new Set([...same].map(({ kind }) => kind));
    for (const owner of same) names.set(owner, kinds.size === 1 ? name : `${owner.kind.toLowerCase()}/${name}`);
  }
  return names;
}
