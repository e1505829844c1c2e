import { BitSet } from './bit-set.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { Direction, PolicyRule } from './policy.ts';
import { allPorts, noPorts, type PortSetId, type PortSets } from './port-set.ts';

/**
 * Where the objects leave something open: `least` takes what is allowed however it turns out, `most` what is allowed
 * if all of it turns out that way. Between the two lies what is not known.
 */
export type Bound = 'least' | 'most';

/** A rule's connections: the ports, and the classes on the other side. */
export interface RuleEntry {
  readonly rule: PolicyRule;
  readonly ports: PortSetId;
  readonly action: 'allow' | 'deny' | 'pass';
  readonly must: BitSet;
  readonly may: BitSet;
}

/** The policies that select a class in a direction, in the order in which they decide, with their rules resolved. */
export interface SelectedPolicy {
  readonly compiled: CompiledPolicy;
  readonly entries: readonly RuleEntry[];
  /** Whether everything that its rules take is certain. */
  readonly isCertain: boolean;
}

export interface RowRequest {
  readonly selected: readonly SelectedPolicy[];
  readonly direction: Direction;
  readonly bound: Bound;
  readonly size: number;
  readonly ports: PortSets;
  /** Of the size of a row: what is in it does not matter before or after. */
  readonly scratch: Uint32Array;
}

/** For each class on the other side, the ports at which these policies let connections pass. */
export function decideRow(request: RowRequest): Uint16Array | Uint32Array {
  const { selected, direction, bound, size, ports, scratch: row } = request;
  row.fill(noPorts);
  const first = selected.slice(0, endOfTier(selected, 0));
  const cells = isolates(first, direction, bound) && first.every(onlyAllows) ? sums(first, request) : decided(request);
  let highest: number = allPorts;
  const all = [...cells];
  for (let from = 0; from < all.length; from += cellsAtOnce) {
    const some = all.slice(from, from + cellsAtOnce);
    if (from === 0) highest = Math.max(highest, addCells(row, some, ports));
    else {
      const part = new Uint32Array(size);
      addCells(part, some, ports);
      highest = Math.max(highest, addRow(row, part, ports));
    }
  }
  return highest < 65536 ? new Uint16Array(row) : row.slice();
}

/**
 * Thousands of rules with a port each would make a set of one more port with every rule: they are added up in batches
 * first, so that few large sets are made.
 */
const cellsAtOnce = 128;

/** Adds what cells let through. Returns the highest number of a set of ports that it made. */
function addCells(row: Uint32Array, cells: readonly Allowance[], ports: PortSets): PortSetId {
  let highest: PortSetId = noPorts;
  for (const { ports: here, allowed } of cells) {
    // What a class has so far, and what it has with this cell: mostly nothing, or what the one before it had.
    let [lastBefore, lastAfter]: [number, number] = [noPorts, here];
    if (here > highest) highest = here;
    allowed.forEach((at) => {
      const before = row[at] ?? noPorts;
      if (before !== lastBefore) {
        lastBefore = before;
        lastAfter = ports.union(before, here);
        if (lastAfter > highest) highest = lastAfter;
      }
      row[at] = lastAfter;
    });
  }
  return highest;
}

/** Adds what another row lets through. Returns the highest number of a set of ports that it made. */
function addRow(row: Uint32Array, part: Uint32Array, ports: PortSets): PortSetId {
  let highest: PortSetId = noPorts;
  for (let at = 0; at < row.length; at += 1) {
    const added = part[at] ?? noPorts;
    if (added === noPorts) continue;
    const joined = ports.union(row[at] ?? noPorts, added);
    if (joined > highest) highest = joined;
    row[at] = joined;
  }
  return highest;
}

/** Ports, and who is let through at them. What several of them say of a class adds up. */
interface Allowance {
  readonly ports: PortSetId;
  readonly allowed: BitSet;
}

/** As NetworkPolicies are: what they allow adds up, and nothing else is let through. */
function sums(tier: readonly SelectedPolicy[], { bound, size }: RowRequest): Iterable<Allowance> {
  const byPorts = new Map<PortSetId, BitSet>();
  // Of one rule alone its own set will do; a copy is made when a second comes.
  const own = new Set<BitSet>();
  for (const { entries } of tier) {
    for (const { ports, must, may } of entries) {
      if (ports === noPorts) continue;
      const peers = bound === 'least' ? must : may;
      const known = byPorts.get(ports);
      if (known === undefined) byPorts.set(ports, peers);
      else if (own.has(known)) known.or(peers);
      else {
        const joined = new BitSet(size, known.words.slice()).or(peers);
        own.add(joined);
        byPorts.set(ports, joined);
      }
    }
  }
  return [...byPorts].map(([ports, allowed]) => ({ ports, allowed }));
}

function* decided(request: RowRequest): Generator<Allowance> {
  for (const cell of portCells(request.selected, request.ports))
    yield { ports: cell.ports, allowed: decideCell(cell, request) };
}

function isolates(tier: readonly SelectedPolicy[], direction: Direction, bound: Bound): boolean {
  return tier.some(({ compiled: { policy } }) => {
    return policy[direction]?.isolates === true && (bound === 'least' || policy.unsure === undefined);
  });
}

/** Ports that every rule treats alike, and the rules that take them. */
interface PortCell {
  readonly ports: PortSetId;
  /** By number of the policy, then of its entry. */
  readonly rules: ReadonlySet<RuleEntry>;
}

function portCells(selected: readonly SelectedPolicy[], ports: PortSets): readonly PortCell[] {
  const entries = selected.flatMap(({ entries }) => entries);
  const distinct = new Set(entries.map((entry) => entry.ports));
  distinct.delete(noPorts);
  const cells = refine([...distinct], ports);
  const bySet = new Map<PortSetId, RuleEntry[]>();
  for (const entry of entries) {
    const same = bySet.get(entry.ports);
    if (same === undefined) bySet.set(entry.ports, [entry]);
    else same.push(entry);
  }
  return cells.map(({ ports: cell, sets }) => ({
    ports: cell,
    rules: new Set(sets.flatMap((set) => bySet.get(set) ?? [])),
  }));
}

/** Parts of all ports such that each set is made of whole parts. */
function refine(
  sets: readonly PortSetId[],
  ports: PortSets,
): readonly { readonly ports: PortSetId; readonly sets: readonly PortSetId[] }[] {
  const [only] = sets;
  if (sets.length === 0) return [{ ports: allPorts, sets: [] }];
  if (sets.length === 1 && only === allPorts) return [{ ports: allPorts, sets }];
  const edges = [...new Set([allPorts, ...sets].flatMap((set) => ports.edges(set)))].sort((a, b) => a - b);
  const place = new Map(edges.map((edge, at) => [edge, at]));
  const taken: PortSetId[][] = edges.map(() => []);
  const real = edges.map(() => false);
  const within = (set: PortSetId, visit: (at: number) => void): void => {
    const own = ports.edges(set);
    for (let index = 0; index < own.length; index += 2) {
      const [from, to] = [place.get(own[index] ?? 0) ?? 0, place.get(own[index + 1] ?? 0) ?? 0];
      for (let at = from; at < to; at += 1) visit(at);
    }
  };
  within(allPorts, (at) => {
    real[at] = true;
  });
  for (const set of sets) within(set, (at) => taken[at]?.push(set));
  const cells = new Map<string, { sets: readonly PortSetId[]; edges: number[] }>();
  for (const [at, list] of taken.entries()) {
    const [from, to] = [edges[at], edges[at + 1]];
    if (real[at] !== true || from === undefined || to === undefined) continue;
    const key = list.join();
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, { sets: list, edges: [from, to] });
    else if (cell.edges.at(-1) === from) cell.edges[cell.edges.length - 1] = to;
    else cell.edges.push(from, to);
  }
  return [...cells.values()].map(({ sets: list, edges: own }) => ({ ports: ports.intern(own), sets: list }));
}

/** Who is let through at the ports of a cell. */
function decideCell({ rules }: PortCell, { selected, direction, bound, size }: RowRequest): BitSet {
  const allowed = new BitSet(size);
  // Undefined as long as it is everybody, which it mostly stays.
  let open: BitSet | undefined;
  for (let at = 0; at < selected.length; ) {
    const end = endOfTier(selected, at);
    const tier = selected.slice(at, end);
    const isolated = isolates(tier, direction, bound);
    at = end;
    if (isolated && tier.every(onlyAllows)) {
      // As NetworkPolicies are: what they allow adds up, and the rest ends here.
      for (const { entries } of tier) {
        for (const entry of entries) {
          if (!rules.has(entry)) continue;
          const peers = bound === 'least' ? entry.must : entry.may;
          if (open === undefined) allowed.or(peers);
          else allowed.orBoth(peers, open);
        }
      }
      return allowed;
    }
    open ??= BitSet.full(size);
    const passed = decideTier(tier, { rules, open, allowed, bound, size });
    open = isolated ? passed : passed.or(open);
  }
  return open === undefined ? BitSet.full(size) : allowed.or(open);
}

function onlyAllows({ entries }: SelectedPolicy): boolean {
  return entries.every(({ action }) => action === 'allow');
}

/** The policies from `at` on that are of one tier. */
function endOfTier(selected: readonly SelectedPolicy[], at: number): number {
  const rank = selected[at]?.compiled.policy.tier.rank;
  let end = at + 1;
  while (end < selected.length && selected[end]?.compiled.policy.tier.rank === rank) end += 1;
  return end;
}

interface TierTurn extends Turn {
  readonly allowed: BitSet;
}

/** Moves what the policies of a tier decide out of `open`, and returns what they leave to the next. */
function decideTier(tier: readonly SelectedPolicy[], { rules, open, allowed, bound, size }: TierTurn): BitSet {
  const passed = new BitSet(size);
  for (let at = 0; at < tier.length; ) {
    const end = endOfTie(tier, at);
    const outcomes = tier.slice(at, end).map((each) => decidePolicy(each, { rules, open, bound, size }));
    const [only] = outcomes;
    const { allow, deny, pass } = only !== undefined && outcomes.length === 1 ? only : settle(outcomes, bound, size);
    allowed.or(allow);
    passed.or(pass);
    open.minus(allow).minus(deny).minus(pass);
    at = end;
  }
  return passed;
}

/** The policies of a tier, from `at` on, that have one place in its order: those that decide together. */
function endOfTie(tier: readonly SelectedPolicy[], at: number): number {
  const first = tier[at]?.compiled.policy;
  let end = at + 1;
  if (first?.ties !== 'undefined') return end;
  while (tier[end]?.compiled.policy.order === first.order) end += 1;
  return end;
}

interface Outcome {
  readonly allow: BitSet;
  readonly deny: BitSet;
  readonly pass: BitSet;
}

interface Turn {
  readonly rules: ReadonlySet<RuleEntry>;
  readonly open: BitSet;
  readonly bound: Bound;
  readonly size: number;
}

function decidePolicy({ entries }: SelectedPolicy, { rules, open, bound, size }: Turn): Outcome {
  const outcome = { allow: new BitSet(size), deny: new BitSet(size), pass: new BitSet(size) };
  const left = open.clone();
  for (const entry of entries) {
    if (!rules.has(entry)) continue;
    const { action, must, may } = entry;
    // What a rule only may take counts where that makes the bound: against the connection for the least, for it for the most.
    const isWide = action === 'allow' ? bound === 'most' : action === 'deny' && bound === 'least';
    outcome[action].or((isWide ? may : must).clone().and(left));
    left.minus(isWide ? may : must);
    if (action !== 'pass' || must === may) continue;
    const doubtful = may.clone().minus(must).and(left);
    outcome[bound === 'least' ? 'deny' : 'allow'].or(doubtful);
    left.minus(doubtful);
  }
  return outcome;
}

/** Policies that may be applied in any order: where they disagree, the bound decides. */
function settle(outcomes: readonly Outcome[], bound: Bound, size: number): Outcome {
  const result = { allow: new BitSet(size), deny: new BitSet(size), pass: new BitSet(size) };
  for (const { allow, deny, pass } of outcomes) {
    result.allow.or(allow);
    result.deny.or(deny);
    result.pass.or(pass);
  }
  if (bound === 'least') {
    result.pass.minus(result.deny);
    result.allow.minus(result.deny).minus(result.pass);
  } else {
    result.pass.minus(result.allow);
    result.deny.minus(result.allow).minus(result.pass);
  }
  return result;
}
