import type { KubeObject } from '../model/snapshot.ts';
import {
  type AddressSet,
  addressSet,
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

/** Names for endpoints: workloads, namespaces and kinds of addresses. */
export interface NetworkNames {
  /** What a set of classes is, in as few words as are exact: `every pod of shop`, `shop/web`, `the internet`. */
  describe(classes: Iterable<number>): readonly string[];
  /** The pods of a class or workload, by the name that stands for them: `shop/web`. */
  nameOf(pod: NetworkPod): string;
}

/** Exceptions that are told instead of all the rest. */
const mostLeftOut = 3;

interface NamedWorkload {
  readonly name: string;
  readonly namespace: string;
  readonly classes: Map<number, number>;
}

export function networkNames({ classes, world }: Reachability): NetworkNames {
  const names = workloadNames(world.pods);
  const workloads = new Map<string, NamedWorkload>();
  const inClass: (readonly NamedWorkload[])[] = [];
  const byNamespace = new Map<string, Set<number>>();
  for (const [at, each] of classes.all.entries()) {
    if (each.kind !== 'pods') continue;
    const here = new Set<NamedWorkload>();
    for (const pod of each.pods) {
      const name = names.get(pod.owner) ?? pod.name;
      let workload = workloads.get(name);
      if (workload === undefined) {
        workload = { name, namespace: pod.namespace, classes: new Map() };
        workloads.set(name, workload);
      }
      workload.classes.set(at, (workload.classes.get(at) ?? 0) + 1);
      here.add(workload);
    }
    inClass[at] = [...here];
    const listed = byNamespace.get(each.namespace);
    if (listed === undefined) byNamespace.set(each.namespace, new Set([at]));
    else listed.add(at);
  }
  const podClasses = classes.pods.count();
  const partsOf = (asked: ReadonlySet<number>): readonly string[] => {
    const texts: string[] = [];
    for (const [namespace, all] of byNamespace) {
      const here = [...all].filter((at) => asked.has(at));
      if (here.length === 0) continue;
      const named = workloadsIn(here, asked);
      if (here.length === all.size && named.length > 1) {
        texts.push(`every pod of ${namespace}`);
        continue;
      }
      const missing = workloadsIn(
        [...all].filter((at) => !asked.has(at)),
        new Set([...all].filter((at) => !asked.has(at))),
      );
      if (named.length > 2 * mostLeftOut && missing.length <= mostLeftOut) {
        texts.push(`every pod of ${namespace} but ${missing.join(' and ')}`);
      } else texts.push(...named);
    }
    return texts.sort();
  };
  const workloadsIn = (here: readonly number[], asked: ReadonlySet<number>): readonly string[] => {
    const found = new Set(here.flatMap((at) => inClass[at] ?? []));
    return [...found].map(({ name, classes: own }) => {
      let [inside, total] = [0, 0];
      for (const [at, count] of own) {
        total += count;
        if (asked.has(at)) inside += count;
      }
      return inside === total ? name : `${name} (${inside} of its ${total} pods)`;
    });
  };
  const describePods = (asked: ReadonlySet<number>): readonly string[] => {
    if (asked.size === 0) return [];
    if (asked.size === podClasses && byNamespace.size > 1) return ['every pod'];
    const parts = partsOf(asked);
    if (parts.length <= 2 * mostLeftOut || byNamespace.size < 2) return parts;
    const missing = partsOf(new Set(classes.pods.members().filter((at) => !asked.has(at))));
    return missing.length > mostLeftOut ? parts : [`every pod but ${missing.join(' and ')}`];
  };
  return {
    describe(set) {
      const pods = new Set<number>();
      const hosts = new Set<number>();
      const outside: EndpointClass[] = [];
      for (const at of set) {
        const each = classes.all[at];
        if (each?.kind === 'pods') pods.add(at);
        else if (each?.kind === 'hosts') hosts.add(at);
        else if (each !== undefined) outside.push(each);
      }
      return [
        ...describePods(pods),
        ...describeHosts(hosts, classes),
        ...describeAddresses(outside.flatMap((each) => (each.kind === 'outside' ? each.addresses : []))),
      ];
    },
    nameOf: (pod) => names.get(pod.owner) ?? `${pod.namespace}/${pod.name}`,
  };
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
