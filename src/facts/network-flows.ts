import { type ClassSetId, type Flow, FlowTable, noPorts, type Ports } from '../semantics/network-policy/index.ts';
import { defineFact, type Facts } from './facts.ts';
import { networkReachability } from './network.ts';
import { type NameParts, networkNames } from './network-names.ts';

/** Endpoints to which the same may connect, and what may. */
export interface IncomingFlows {
  readonly to: NamedSet;
  /** Ordered: what is certain and widest first. */
  readonly flows: readonly { readonly ports: Ports; readonly from: NamedSet }[];
  /** Flows that are left out. */
  readonly left: number;
}

/** Endpoints, and what they are called; sets with one number are the same. */
export interface NamedSet {
  readonly id: ClassSetId;
  /** Made when it is asked for, and kept by nobody: the names of all sets would fill the memory. */
  names(): NameParts;
}

export const networkFlowTable = defineFact(
  'network-flow-table',
  (facts) => new FlowTable(facts.get(networkReachability)),
);

/** Classes that stay in view; all of them where it is not given. */
export type Focus = ReadonlySet<number> | undefined;

interface Group {
  readonly units: number[];
  readonly flows: readonly Flow[];
}

/**
 * Who can talk to whom: destinations that the same sources reach at the same ports stand together. Of flows to one of
 * them no more than `most` are told.
 */
export function incomingFlows(
  facts: Facts,
  { focus, most = Number.POSITIVE_INFINITY }: { readonly focus?: Focus; readonly most?: number | undefined } = {},
): readonly IncomingFlows[] {
  const table = facts.get(networkFlowTable);
  const { sets, classes } = facts.get(networkReachability);
  const { partsOf } = facts.get(networkNames);
  const named = (id: ClassSetId): NamedSet => ({ id, names: () => partsOf(id) });
  const sizes = new Map<ClassSetId, number>();
  const sizeOf = (set: ClassSetId): number => {
    let size = sizes.get(set);
    if (size === undefined) {
      size = 0;
      for (const block of sets.blocksOf(set)) size += sets.blockAt(block).members.length;
      sizes.set(set, size);
    }
    return size;
  };
  const found = [...groupsOf(facts, focus)].map(({ units, flows }) => {
    const to = units.flatMap((unit) => table.units[unit] ?? []).sort((a, b) => a - b);
    const ordered = [...flows].sort(
      (a, b) => Number(a.least === noPorts) - Number(b.least === noPorts) || sizeOf(b.sources) - sizeOf(a.sources),
    );
    const set = sets.intern(to);
    return {
      rank: classes.pods.has(to[0] ?? 0) ? 0 : 1,
      first: partsOf(set)[0]?.[0] ?? '',
      to: named(set),
      flows: ordered
        .slice(0, most)
        .map(({ least, most: upper, sources }) => ({ ports: { least, most: upper }, from: named(sources) })),
      left: Math.max(0, ordered.length - most),
    };
  });
  return found.sort((a, b) => a.rank - b.rank || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
}

/** Units to which the same flows lead. */
function groupsOf(facts: Facts, focus: Focus): Iterable<Group> {
  const table = facts.get(networkFlowTable);
  const reachability = facts.get(networkReachability);
  const within = focus === undefined ? undefined : narrowing(facts, focus);
  const groups = new Map<string, Group>();
  for (const [unit, members] of table.units.entries()) {
    const kind = reachability.classes.all[members[0] ?? 0]?.kind ?? '';
    const isInView = focus === undefined || members.some((at) => focus.has(at));
    const all = table.incoming(unit);
    const flows = within === undefined || isInView ? all : all.flatMap(within);
    if (flows.length === 0 && !isInView) continue;
    const key = `${kind} ${flows.map(({ least, most, sources }) => `${least}-${most}:${sources}`).join(' ')}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { units: [unit], flows });
    else group.units.push(unit);
  }
  return groups.values();
}

/** Flows as far as they come from classes that are in view, or from such as are treated alike. */
function narrowing(facts: Facts, focus: ReadonlySet<number>): (flow: Flow) => readonly Flow[] {
  const { sets } = facts.get(networkReachability);
  const near = new Set<number>();
  for (const unit of facts.get(networkFlowTable).units) {
    if (unit.some((at) => focus.has(at))) for (const at of unit) near.add(at);
  }
  const known = new Map<ClassSetId, ClassSetId | undefined>();
  return (flow) => {
    if (!known.has(flow.sources)) {
      const kept = sets.members(flow.sources).filter((at) => near.has(at));
      known.set(flow.sources, kept.length === 0 ? undefined : sets.intern(kept));
    }
    const sources = known.get(flow.sources);
    return sources === undefined ? [] : [{ ...flow, sources }];
  };
}
