import { BitSet } from './bit-set.ts';
import { ClassSets } from './class-sets.ts';
import {
  type CompiledPolicy,
  type CompiledRule,
  compilePolicies,
  type NamedRulePort,
  rulesOf,
} from './compiled-policy.ts';
import { type Bound, decideRow, type RuleEntry, type SelectedPolicy } from './decide-row.ts';
import { EndpointClasses, portKey } from './endpoint-classes.ts';
import { type Direction, type Policy } from './policy.ts';
import { allPorts, noPorts, type PortSetId, PortSets } from './port-set.ts';
import type { NetworkPod, NetworkWorld } from './world.ts';

type Row = Uint16Array | Uint32Array;

/** Classes that the same policies select. */
interface Group {
  readonly selected: readonly SelectedPolicy[];
  readonly isCertain: boolean;
  least?: Row;
  most?: Row;
}

/** Ports of a connection: those that are certainly let through, and those that may be. */
export interface Ports {
  readonly least: PortSetId;
  readonly most: PortSetId;
}

/**
 * Who can talk to whom: every class of endpoints with every other. What two classes may do is found by two look-ups,
 * the egress of one and the ingress of the other; what a class may do is computed when it is first asked for.
 */
export class Reachability {
  readonly world: NetworkWorld;
  readonly classes: EndpointClasses;
  /** Sets of its classes. */
  readonly sets: ClassSets;
  readonly ports = new PortSets();
  readonly policies: readonly CompiledPolicy[];
  private readonly scratch: Uint32Array;
  private readonly groups: Record<Direction, Int32Array>;
  private readonly kinds: Record<Direction, Group[]> = { ingress: [], egress: [] };
  private readonly selections: Record<Direction, Map<CompiledPolicy, Map<string, SelectedPolicy>>> = {
    ingress: new Map(),
    egress: new Map(),
  };
  private readonly numbers: Partial<Record<Direction, readonly number[]>> = {};
  private readonly namedPeers = new Map<string, readonly (readonly [PortSetId, BitSet])[]>();

  constructor(world: NetworkWorld, policies: readonly Policy[]) {
    this.world = world;
    this.classes = new EndpointClasses(world, policies);
    this.sets = new ClassSets(this.classes.all);
    this.policies = compilePolicies(policies, this.classes, this.ports);
    this.scratch = new Uint32Array(this.classes.size);
    this.groups = { ingress: this.groupBy('ingress'), egress: this.groupBy('egress') };
  }

  /** The ports at which the first class may connect to the second. */
  between(from: number, to: number): Ports {
    const least = this.portsBetween(from, to, 'least');
    return { least, most: this.isCertain(from, to) ? least : this.portsBetween(from, to, 'most') };
  }

  portsBetween(from: number, to: number, bound: Bound): PortSetId {
    const out = this.row('egress', from, bound);
    const into = this.row('ingress', to, bound);
    return this.ports.intersect(
      out === undefined ? allPorts : (out[to] ?? noPorts),
      into === undefined ? allPorts : (into[from] ?? noPorts),
    );
  }

  /** For each class on the other side the ports that are let through; undefined where no policy selects the class. */
  row(direction: Direction, at: number, bound: Bound): Row | undefined {
    const group = this.groupOf(direction, at);
    return group === undefined ? undefined : this.groupRow(group, direction, bound);
  }

  private groupRow(group: Group, direction: Direction, bound: Bound): Row {
    const wanted = group.isCertain ? 'least' : bound;
    const known = group[wanted];
    if (known !== undefined) return known;
    const row = decideRow({
      selected: group.selected,
      direction,
      bound: wanted,
      size: this.classes.size,
      ports: this.ports,
      scratch: this.scratch,
    });
    group[wanted] = row;
    return row;
  }

  /** For each group of a direction, by number: the ports that its row has for a class. Rows that are certain count once. */
  columnOf(direction: Direction, at: number, bound: Bound): readonly number[] {
    const kinds = this.kinds[direction];
    const column: number[] = [];
    for (let number = 0; number < kinds.length; number += 1) {
      const group = kinds[number];
      column[number] = group === undefined ? noPorts : (this.groupRow(group, direction, bound)[at] ?? noPorts);
    }
    return column;
  }

  /** The rows of all groups of a direction, in the order of their numbers. */
  rows(direction: Direction, bound: Bound): readonly Row[] {
    return this.kinds[direction].map((group) => this.groupRow(group, direction, bound));
  }

  /** The policies that select a class in a direction, in the order in which they decide. */
  selecting(direction: Direction, at: number): readonly SelectedPolicy[] {
    return this.groupOf(direction, at)?.selected ?? [];
  }

  /** The group of a class, whose place it has in a column; -1 where no policy selects it. */
  groupNumber(direction: Direction, at: number): number {
    return this.groups[direction][at] ?? -1;
  }

  /** Equal numbers for classes with equal rows; -1 where no policy selects the class. */
  rowNumber(direction: Direction, at: number): number {
    this.numbers[direction] ??= this.numberRows(direction);
    return this.numbers[direction]?.[this.groupNumber(direction, at)] ?? -1;
  }

  /** The bounds that there are: one where everything is certain. */
  bounds(): readonly Bound[] {
    const isKnown = [...this.kinds.ingress, ...this.kinds.egress].every((group) => group.isCertain);
    return isKnown ? ['least'] : ['least', 'most'];
  }

  classOf(pod: NetworkPod): number {
    const at = this.classes.classOf(pod);
    if (at === undefined) throw new Error(`pod ${pod.name} is not of this world`);
    return at;
  }

  private isCertain(from: number, to: number): boolean {
    const [out, into] = [this.groupOf('egress', from), this.groupOf('ingress', to)];
    return (out === undefined || out.isCertain) && (into === undefined || into.isCertain);
  }

  private groupOf(direction: Direction, at: number): Group | undefined {
    return this.kinds[direction][this.groups[direction][at] ?? -1];
  }

  private numberRows(direction: Direction): readonly number[] {
    const known = new Map<number, { readonly rows: readonly Row[]; readonly number: number }[]>();
    const bounds = this.bounds();
    let next = 0;
    return this.kinds[direction].map((group) => {
      const rows = bounds.map((bound) => this.groupRow(group, direction, bound));
      const hash = rows.reduce((seed, row) => hashOf(row, seed), 0x811c9dc5 | 0);
      const alike = known.get(hash) ?? [];
      known.set(hash, alike);
      const same = alike.find((each) => each.rows.every((row, at) => isSameRow(row, rows[at] ?? row)));
      if (same !== undefined) return same.number;
      alike.push({ rows, number: next });
      return next++;
    });
  }

  private groupBy(direction: Direction): Int32Array {
    const selecting: number[][] = [];
    for (const [number, { policy, subject }] of this.policies.entries()) {
      if (policy[direction] === undefined) continue;
      subject.forEach((at) => {
        const list = selecting[at];
        if (list === undefined) selecting[at] = [number];
        else list.push(number);
      });
    }
    const groups = new Int32Array(this.classes.size).fill(-1);
    const known = new Map<string, number>();
    const kinds = this.kinds[direction];
    for (const [at, numbers] of selecting.entries()) {
      if (numbers === undefined) continue;
      const named = direction === 'ingress' && numbers.some((number) => this.usesNames(number)) ? this.namesOf(at) : '';
      const key = `${numbers.join()} ${named}`;
      let group = known.get(key);
      if (group === undefined) {
        group = kinds.length;
        known.set(key, group);
        kinds.push(this.makeGroup(direction, numbers, at));
      }
      groups[at] = group;
    }
    return groups;
  }

  private makeGroup(direction: Direction, numbers: readonly number[], at: number): Group {
    const selected: SelectedPolicy[] = [];
    for (const number of numbers) {
      const compiled = this.policies[number];
      if (compiled === undefined) continue;
      const named = direction === 'ingress' && this.usesNames(number) ? this.namesOf(at) : '';
      selected.push(this.selected(compiled, { direction, at, named }));
    }
    return { selected, isCertain: selected.every((each, place) => isCertain(each, selected[place + 1])) };
  }

  /** A policy with its rules resolved: the same for all classes that give names to the same ports. */
  private selected(
    compiled: CompiledPolicy,
    { direction, at, named }: { readonly direction: Direction; readonly at: number; readonly named: string },
  ): SelectedPolicy {
    let known = this.selections[direction].get(compiled);
    if (known === undefined) {
      known = new Map();
      this.selections[direction].set(compiled, known);
    }
    let made = known.get(named);
    if (made === undefined) {
      const entries: RuleEntry[] = [];
      for (const rule of rulesOf(compiled, direction)) {
        if (direction === 'ingress') entries.push(this.ingressEntry(rule, at));
        else entries.push(...this.egressEntries(rule));
      }
      made = { compiled, entries, isCertain: hasCertainRules(compiled, entries) };
      known.set(named, made);
    }
    return made;
  }

  private ingressEntry({ rule, must, may, ports, named }: CompiledRule, at: number): RuleEntry {
    let all = ports;
    for (const port of named) all = this.ports.union(all, this.resolve(port, at));
    return { rule, action: rule.action, ports: all, must, may };
  }

  /** A name means other numbers at other destinations. */
  private egressEntries({ rule, must, may, ports, named }: CompiledRule): readonly RuleEntry[] {
    const { action } = rule;
    if (named.length === 0) return [{ rule, action, ports, must, may }];
    const entries: RuleEntry[] = ports === noPorts ? [] : [{ rule, action, ports, must, may }];
    for (const port of named) {
      for (const [numbers, peers] of this.peersNaming(port)) {
        const narrow = must.clone().and(peers);
        entries.push({
          rule,
          action,
          ports: numbers,
          must: narrow,
          may: must === may ? narrow : may.clone().and(peers),
        });
      }
    }
    return entries;
  }

  private peersNaming(port: NamedRulePort): readonly (readonly [PortSetId, BitSet])[] {
    const key = `${port.protocol} ${port.name}`;
    let known = this.namedPeers.get(key);
    if (known === undefined) {
      const byPorts = new Map<PortSetId, BitSet>();
      this.classes.pods.forEach((at) => {
        const numbers = this.resolve(port, at);
        if (numbers === noPorts) return;
        const peers = byPorts.get(numbers);
        if (peers === undefined) byPorts.set(numbers, BitSet.of(this.classes.size, [at]));
        else peers.add(at);
      });
      known = [...byPorts];
      this.namedPeers.set(key, known);
    }
    return known;
  }

  private resolve({ protocol, name }: NamedRulePort, at: number): PortSetId {
    const each = this.classes.all[at];
    let all: PortSetId = noPorts;
    for (const port of each?.kind === 'pods' ? (each.pods[0]?.ports ?? []) : []) {
      if (port.name !== name || (protocol !== 'any' && port.protocol !== protocol)) continue;
      all = this.ports.union(all, this.ports.one(port.protocol, port.port));
    }
    return all;
  }

  private usesNames(number: number): boolean {
    return this.policies[number]?.ingress?.some(({ named }) => named.length > 0) === true;
  }

  private namesOf(at: number): string {
    const each = this.classes.all[at];
    return each?.kind === 'pods' ? (each.pods[0]?.ports ?? []).map(portKey).join() : '';
  }
}

/** A number for what a row has: the same for the same. */
function hashOf(row: Row, seed: number): number {
  let hash = seed;
  for (let at = 0; at < row.length; at += 1) hash = Math.imul(hash ^ (row[at] ?? 0), 0x01000193);
  return hash;
}

function isSameRow(a: Row, b: Row): boolean {
  if (a === b) return true;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

/** Policies of one place in the order, where the API leaves open which decides first, are certain only by themselves. */
function isCertain(
  { compiled, isCertain: hasCertainEntries }: SelectedPolicy,
  next: SelectedPolicy | undefined,
): boolean {
  const { policy } = compiled;
  const other = next?.compiled.policy;
  if (policy.ties === 'undefined' && other?.tier.rank === policy.tier.rank && other.order === policy.order)
    return false;
  return hasCertainEntries;
}

function hasCertainRules({ policy }: CompiledPolicy, entries: readonly RuleEntry[]): boolean {
  return policy.unsure === undefined && entries.every(({ must, may }) => must === may || must.equals(may));
}
