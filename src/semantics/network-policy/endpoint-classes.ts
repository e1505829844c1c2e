import {
  type AddressSet,
  coversSet,
  everyAddress,
  internetAddresses,
  meetsSet,
  metadataAddresses,
  ofFamily,
  privateAddresses,
} from './address-set.ts';
import { AddressSpace } from './address-space.ts';
import { BitSet } from './bit-set.ts';
import { expressionKey, keysOf, type LabelExpression, LabelIndex } from './label-expression.ts';
import { directions, type Peer, type Policy } from './policy.ts';
import { type NamedPort, type NetworkPod, type NetworkWorld, namespaceLabel, podLabel } from './world.ts';

/** Endpoints that no policy can tell apart. */
export type EndpointClass =
  | { readonly kind: 'pods'; readonly namespace: string; readonly pods: readonly NetworkPod[] }
  /** Nodes, and pods on their networks. */
  | { readonly kind: 'hosts'; readonly nodes: readonly string[]; readonly pods: readonly NetworkPod[] }
  | { readonly kind: 'outside'; readonly addresses: AddressSet };

/** Which classes are certainly in a set, and which may be. */
export interface Match {
  readonly must: BitSet;
  readonly may: BitSet;
}

/** For endpoints with addresses of both families: whether one within a set is enough, or all must be. */
export type Families = 'any' | 'all';

/** Pods, nodes and outside addresses in classes, and which of them selectors and blocks take. */
export class EndpointClasses {
  readonly all: readonly EndpointClass[];
  readonly size: number;
  readonly hosts: readonly number[];
  readonly pods: BitSet;
  private readonly world: NetworkWorld;
  private readonly space: AddressSpace;
  private readonly firstOutside: number;
  private readonly ofPod = new Map<NetworkPod, number>();
  private readonly byNamespace = new Map<string, BitSet>();
  private readonly index: LabelIndex;
  private readonly namespaceIndex: LabelIndex;
  private readonly namespaceNames: readonly string[];
  private readonly namespaceMasks = new Map<string, BitSet>();
  private readonly podMatches = new Map<string, BitSet>();
  private readonly everyone: BitSet;
  private readonly nodeAddresses: ReadonlyMap<string, readonly bigint[]>;
  private readonly places: Places;

  constructor(world: NetworkWorld, policies: readonly Policy[]) {
    this.world = world;
    const mentioned = mentionedBy(policies);
    this.space = new AddressSpace([
      ...([4, 6] as const).map((family) => ofFamily(internetAddresses, family)),
      ofFamily(everyAddress, 4),
      privateAddresses,
      metadataAddresses,
      ...mentioned.sets,
    ]);
    const classes: EndpointClass[] = [];
    const pods = this.group(mentioned);
    for (const { members } of pods) {
      for (const pod of members) this.ofPod.set(pod, classes.length);
      classes.push({ kind: 'pods', namespace: members[0]?.namespace ?? '', pods: members });
    }
    const hosts = this.groupHosts();
    this.hosts = hosts.map((_, at) => classes.length + at);
    for (const host of hosts) {
      for (const pod of host.pods) this.ofPod.set(pod, classes.length);
      classes.push(host);
    }
    this.firstOutside = classes.length;
    for (const addresses of this.space.addresses()) classes.push({ kind: 'outside', addresses });
    this.all = classes;
    this.size = classes.length;
    this.everyone = BitSet.full(this.size);
    this.pods = new BitSet(this.size);
    for (const [at, each] of pods.entries()) {
      this.pods.add(at);
      const name = each.members[0]?.namespace ?? '';
      let mask = this.byNamespace.get(name);
      if (mask === undefined) {
        mask = new BitSet(this.size);
        this.byNamespace.set(name, mask);
      }
      mask.add(at);
    }
    this.nodeAddresses = new Map(world.nodes.map(({ name, addresses }) => [name, addresses]));
    this.places = this.placesOf();
    this.index = new LabelIndex(this.size, (at, key) => {
      const each = classes[at];
      const pod = each?.kind === 'pods' ? each.pods[0] : undefined;
      return pod === undefined ? undefined : podLabel(pod, key, world.namespaces);
    });
    this.namespaceNames = [...this.byNamespace.keys()];
    this.namespaceIndex = new LabelIndex(this.namespaceNames.length, (at, key) => {
      const name = this.namespaceNames[at] ?? '';
      return namespaceLabel(world.namespaces.get(name) ?? { name, labels: noLabels }, key);
    });
  }

  classOf(pod: NetworkPod): number | undefined {
    return this.ofPod.get(pod);
  }

  /** The class of an address that is none of a pod or node; undefined for what is no address. */
  classOfAddress(place: bigint): number | undefined {
    const cell = this.space.classOf(place);
    return cell === -1 ? undefined : this.firstOutside + cell;
  }

  /** The classes of outside addresses that a set meets. */
  outside(addresses: AddressSet): readonly number[] {
    return this.space.classesIn(addresses).map((cell) => this.firstOutside + cell);
  }

  /** The pods that expressions over their namespaces' labels and their own select. Shared: copy before changing. */
  select(namespaces: LabelExpression, pods: LabelExpression): BitSet {
    const key = `${expressionKey(namespaces)} ${expressionKey(pods)}`;
    let set = this.podMatches.get(key);
    if (set === undefined) {
      set = this.namespaceMask(namespaces);
      if (pods.op !== 'all') set = this.index.select(pods).clone().and(set);
      this.podMatches.set(key, set);
    }
    return set;
  }

  match(peer: Peer, families: Families): Match {
    switch (peer.kind) {
      case 'any':
        return certain(this.everyone);
      case 'none':
        return certain(new BitSet(this.size));
      case 'pods':
        return certain(this.select(peer.namespaces, peer.pods));
      case 'hosts':
        return certain(BitSet.of(this.size, this.hosts));
      case 'outside':
        return certain(this.everyone.clone().minus(this.pods).minus(BitSet.of(this.size, this.hosts)));
      case 'unknown':
        return { must: new BitSet(this.size), may: this.everyone };
      case 'network':
        return this.withAddresses(peer.addresses, families, 'yes');
      case 'block':
        return this.withAddresses(peer.addresses, families, this.world.dialect.blocksMatchPods);
      case 'not': {
        const { must, may } = this.match(peer.of, families === 'any' ? 'all' : 'any');
        return { must: may.complement(), may: must.complement() };
      }
      case 'both':
      case 'either':
        return this.combined(peer.kind, peer.of, families);
    }
  }

  private combined(kind: 'both' | 'either', peers: readonly Peer[], families: Families): Match {
    const join = (to: BitSet, set: BitSet): BitSet => (kind === 'both' ? to.and(set) : to.or(set));
    const must = kind === 'both' ? this.everyone.clone() : new BitSet(this.size);
    // The same set as long as everything is certain, which it mostly is.
    let may = must;
    for (const peer of peers) {
      const match = this.match(peer, families);
      if (may === must && match.may !== match.must) may = must.clone();
      if (may !== must) join(may, match.may);
      join(must, match.must);
    }
    return { must, may };
  }

  private withAddresses(set: AddressSet, families: Families, onPods: 'yes' | 'no' | 'unknown'): Match {
    const cells = this.space.classesIn(set);
    const must = BitSet.of(
      this.size,
      cells.map((cell) => this.firstOutside + cell),
    );
    const may = must.clone();
    const { byCell, withSeveral, without } = this.places;
    const take = (found: BitSet, isCertain: boolean): void => {
      // What is no pod is a node. Cilium takes those by what they are, unless it is told otherwise.
      const counted = onPods === 'yes' ? found : found.clone().minus(this.pods);
      if (isCertain && onPods !== 'no') must.or(counted);
      may.or(onPods === 'no' ? counted : found);
    };
    for (const cell of cells) {
      const found = byCell.get(cell);
      if (found !== undefined) take(found, true);
    }
    if (withSeveral.size > 0) {
      const inside = new Set(cells);
      for (const [at, own] of withSeveral) {
        const count = own.filter((cell) => inside.has(cell)).length;
        if (count > 0) take(BitSet.of(this.size, [at]), count === own.length || families === 'any');
      }
    }
    const assumed = without.isEmpty() ? 'none' : this.assumedWithin(set);
    if (assumed !== 'none') take(without, assumed === 'all');
    return { must, may };
  }

  /** Whether addresses that are not known but assumed are in a set. */
  private assumedWithin(set: AddressSet): 'all' | 'none' | 'perhaps' {
    const { assumed } = this.world;
    if (!meetsSet(set, assumed)) return 'none';
    const isCovered = ([4, 6] as const).some((family) => {
      const own = ofFamily(assumed, family);
      return own.length > 0 && coversSet(set, own);
    });
    return isCovered ? 'all' : 'perhaps';
  }

  /** Pods and nodes by where their addresses are. */
  private placesOf(): Places {
    const places: Places = { byCell: new Map(), withSeveral: new Map(), without: new BitSet(this.size) };
    for (let at = 0; at < this.firstOutside; at += 1) {
      const each = this.all[at];
      const cells = (each === undefined ? [] : this.addressesOf(each)).map((place) => this.space.classOf(place));
      const [only] = cells;
      if (only === undefined) places.without.add(at);
      else if (cells.length > 1) places.withSeveral.set(at, cells);
      else {
        const found = places.byCell.get(only);
        if (found === undefined) places.byCell.set(only, BitSet.of(this.size, [at]));
        else found.add(at);
      }
    }
    return places;
  }

  /** None where they are not known. */
  private addressesOf(each: EndpointClass): readonly bigint[] {
    if (each.kind === 'outside') return [];
    const [pod] = each.pods;
    if (each.kind === 'pods') return pod?.addresses ?? [];
    return this.nodeAddresses.get(each.nodes[0] ?? '') ?? pod?.addresses ?? [];
  }

  private namespaceMask(expression: LabelExpression): BitSet {
    const key = expressionKey(expression);
    let mask = this.namespaceMasks.get(key);
    if (mask === undefined) {
      mask = new BitSet(this.size);
      for (const at of this.namespaceIndex.select(expression).members()) {
        const one = this.byNamespace.get(this.namespaceNames[at] ?? '');
        if (one !== undefined) mask.or(one);
      }
      this.namespaceMasks.set(key, mask);
    }
    return mask;
  }

  private group({ keys, names, byAddress }: Mentioned): { readonly members: NetworkPod[] }[] {
    const groups = new Map<string, { members: NetworkPod[] }>();
    for (const pod of this.world.pods) {
      if (pod.hostNetwork) continue;
      const parts = [pod.namespace];
      for (const key of keys) {
        const value = podLabel(pod, key, this.world.namespaces);
        // With its length: a value that is no label's may hold anything.
        parts.push(value === undefined ? '' : `${value.length}=${value}`);
      }
      for (const port of pod.ports) if (names.has(port.name)) parts.push(portKey(port));
      if (byAddress) {
        parts.push(
          pod.addresses
            .map((place) => this.space.classOf(place))
            .sort((a, b) => a - b)
            .join('.'),
        );
      }
      const key = parts.join('\n');
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { members: [pod] });
      else group.members.push(pod);
    }
    // The classes of a namespace stand together: sets of them are told by namespace.
    const byNamespace = new Map<string, { members: NetworkPod[] }[]>();
    for (const group of groups.values()) {
      const name = group.members[0]?.namespace ?? '';
      const same = byNamespace.get(name);
      if (same === undefined) byNamespace.set(name, [group]);
      else same.push(group);
    }
    return [...byNamespace.keys()].sort().flatMap((name) => byNamespace.get(name) ?? []);
  }

  private groupHosts(): (EndpointClass & { kind: 'hosts' })[] {
    const addressesOf = new Map(this.world.nodes.map(({ name, addresses }) => [name, addresses]));
    const groups = new Map<string, { nodes: Set<string>; pods: NetworkPod[] }>();
    const groupAt = (addresses: readonly bigint[]) => {
      const key = addresses.map((place) => this.space.classOf(place)).join('.');
      let group = groups.get(key);
      if (group === undefined) {
        group = { nodes: new Set(), pods: [] };
        groups.set(key, group);
      }
      return group;
    };
    for (const { name, addresses } of this.world.nodes) groupAt(addresses).nodes.add(name);
    for (const pod of this.world.pods) {
      if (!pod.hostNetwork) continue;
      const known = pod.node === undefined ? undefined : addressesOf.get(pod.node);
      groupAt(known ?? pod.addresses).pods.push(pod);
    }
    // Nodes are always there, whether the evidence shows them or not.
    if (groups.size === 0) groupAt([]);
    return [...groups.values()].map(({ nodes, pods }) => ({ kind: 'hosts', nodes: [...nodes], pods }));
  }
}

interface Places {
  readonly byCell: Map<number, BitSet>;
  readonly withSeveral: Map<number, readonly number[]>;
  /** Whose addresses are not known. */
  readonly without: BitSet;
}

const noLabels: ReadonlyMap<string, string> = new Map();

function certain(set: BitSet): Match {
  return { must: set, may: set };
}

export function portKey({ protocol, name, port }: NamedPort): string {
  return `${protocol} ${name} ${port}`;
}

interface Mentioned {
  readonly keys: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  readonly sets: readonly AddressSet[];
  readonly byAddress: boolean;
}

/** What policies look at: nothing else can tell endpoints apart. */
function mentionedBy(policies: readonly Policy[]): Mentioned {
  const keys = new Set<string>();
  const names = new Set<string>();
  const sets = new Map<string, AddressSet>();
  const visit = (peer: Peer): void => {
    if (peer.kind === 'pods') for (const key of keysOf(peer.pods)) keys.add(key);
    else if (peer.kind === 'not') visit(peer.of);
    else if (peer.kind === 'both' || peer.kind === 'either') peer.of.forEach(visit);
    else if ('addresses' in peer) sets.set(peer.addresses.map(([from, to]) => `${from}-${to}`).join(), peer.addresses);
  };
  for (const policy of policies) {
    for (const key of keysOf(policy.subject.pods)) keys.add(key);
    for (const direction of directions) {
      for (const rule of policy[direction]?.rules ?? []) {
        rule.peers.forEach(visit);
        if (rule.ports !== 'all') for (const port of rule.ports) if ('name' in port) names.add(port.name);
      }
    }
  }
  return { keys, names, sets: [...sets.values()], byAddress: sets.size > 0 };
}
