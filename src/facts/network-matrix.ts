import { type ClassSetId, noPorts, type Ports } from '../semantics/network-policy/index.ts';
import type { Facts } from './facts.ts';
import { networkReachability } from './network.ts';
import { type Focus, networkFlowTable } from './network-flows.ts';
import { networkNames } from './network-names.ts';

/** Everybody against everybody. */
export interface NetworkMatrix {
  /** What each row and column stands for. */
  readonly names: readonly (readonly string[])[];
  /** By row, then column; undefined where nothing is let through. */
  readonly cells: readonly (readonly (Ports | undefined)[])[];
}

/** Undefined where there are more than `most` rows: that is no table any more. */
export function networkMatrix(
  facts: Facts,
  { focus, most }: { readonly focus: Focus; readonly most: number },
): NetworkMatrix | number {
  const table = facts.get(networkFlowTable);
  const reachability = facts.get(networkReachability);
  const { describe } = facts.get(networkNames);
  let units = [...table.units.keys()];
  const unitOf = new Map(table.units.flatMap((members, unit) => members.map((at) => [at, unit] as const)));
  const known = new Map<ClassSetId, readonly number[]>();
  const unitsIn = (set: ClassSetId): readonly number[] => {
    let found = known.get(set);
    if (found === undefined) {
      found = [...new Set(reachability.sets.members(set).map((at) => unitOf.get(at) ?? -1))];
      known.set(set, found);
    }
    return found;
  };
  const incoming = new Map<number, ReturnType<typeof table.incoming>>();
  const flowsTo = (unit: number) => {
    const flows = incoming.get(unit) ?? table.incoming(unit);
    incoming.set(unit, flows);
    return flows;
  };
  if (focus !== undefined) {
    const inFocus = new Set(units.filter((unit) => (table.units[unit] ?? []).some((at) => focus.has(at))));
    const near = new Set(inFocus);
    for (const unit of units) {
      for (const { sources } of flowsTo(unit)) {
        const from = unitsIn(sources);
        if (inFocus.has(unit)) for (const source of from) near.add(source);
        else if (from.some((source) => inFocus.has(source))) near.add(unit);
      }
    }
    units = units.filter((unit) => near.has(unit));
  }
  if (units.length > most) return units.length;
  const named = units
    .map((unit) => ({ unit, name: describe(table.units[unit] ?? []) }))
    .sort(
      (a, b) =>
        rankOf(facts, table.units[a.unit]) - rankOf(facts, table.units[b.unit]) ||
        ((a.name[0] ?? '') < (b.name[0] ?? '') ? -1 : 1),
    );
  const place = new Map(named.map(({ unit }, at) => [unit, at]));
  const cells: (Ports | undefined)[][] = named.map(() => Array.from({ length: named.length }, () => undefined));
  for (const { unit } of named) {
    const column = place.get(unit) ?? 0;
    for (const { least, most: upper, sources } of flowsTo(unit)) {
      if (upper === noPorts) continue;
      for (const source of unitsIn(sources)) {
        const row = cells[place.get(source) ?? -1];
        if (row !== undefined) row[column] = { least, most: upper };
      }
    }
  }
  return { names: named.map(({ name }) => name), cells };
}

/** Pods come first, then nodes, then what is outside. */
function rankOf(facts: Facts, unit: readonly number[] | undefined): number {
  const kind = facts.get(networkReachability).classes.all[unit?.[0] ?? 0]?.kind;
  return kind === 'pods' ? 0 : kind === 'hosts' ? 1 : 2;
}
