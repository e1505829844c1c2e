import { FlowTable, noPorts, type Ports } from '../semantics/network-policy/index.ts';
import { defineFact, type Facts } from './facts.ts';
import { networkReachability } from './network.ts';
import { networkNames } from './network-names.ts';

/** Endpoints to which the same may connect, and what may. */
export interface IncomingFlows {
  readonly to: readonly string[];
  readonly toClasses: readonly number[];
  /** Ordered: what is certain and widest first. */
  readonly flows: readonly {
    readonly ports: Ports;
    readonly from: readonly string[];
    readonly fromClasses: readonly number[];
  }[];
  /** Flows that are left out. */
  readonly left: number;
}

export const networkFlowTable = defineFact(
  'network-flow-table',
  (facts) => new FlowTable(facts.get(networkReachability)),
);

/** Classes that stay in view; all of them where it is not given. */
export type Focus = ReadonlySet<number> | undefined;

/**
 * Who can talk to whom: destinations that the same sources reach at the same ports stand together. Of flows to one of
 * them no more than `most` are told.
 */
export function incomingFlows(
  facts: Facts,
  { focus, most = Number.POSITIVE_INFINITY }: { readonly focus?: Focus; readonly most?: number | undefined } = {},
): readonly IncomingFlows[] {
  const table = facts.get(networkFlowTable);
  const reachability = facts.get(networkReachability);
  const { describe } = networkNames(reachability);
  const groups = new Map<string, { units: number[]; flows: ReturnType<FlowTable['incoming']> }>();
  const isFocused = (unit: number): boolean =>
    focus === undefined || (table.units[unit] ?? []).some((at) => focus.has(at));
  for (const unit of table.units.keys()) {
    const kind = reachability.classes.all[table.units[unit]?.[0] ?? 0]?.kind ?? '';
    const all = table.incoming(unit);
    const flows = isFocused(unit)
      ? all
      : all
          .map((flow) => ({ ...flow, sources: flow.sources.filter(isFocused) }))
          .filter(({ sources }) => sources.length > 0);
    if (flows.length === 0 && !isFocused(unit)) continue;
    const key = `${kind} ${flows.map(({ least, most, sources }) => `${least}-${most}:${sources.join()}`).join(' ')}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { units: [unit], flows });
    else group.units.push(unit);
  }
  const classesOf = (units: readonly number[]): readonly number[] => units.flatMap((unit) => table.units[unit] ?? []);
  const found = [...groups.values()].map(({ units, flows }): IncomingFlows => {
    const toClasses = classesOf(units);
    const ordered = flows
      .map(({ least, most: upper, sources }) => ({ ports: { least, most: upper }, fromClasses: classesOf(sources) }))
      .sort(
        (a, b) =>
          Number(a.ports.least === noPorts) - Number(b.ports.least === noPorts) ||
          b.fromClasses.length - a.fromClasses.length,
      );
    return {
      to: describe(toClasses),
      toClasses,
      flows: ordered.slice(0, most).map((flow) => ({ ...flow, from: describe(flow.fromClasses) })),
      left: Math.max(0, ordered.length - most),
    };
  });
  const isPods = ({ toClasses }: IncomingFlows): boolean => reachability.classes.pods.has(toClasses[0] ?? 0);
  return found.sort((a, b) => Number(isPods(b)) - Number(isPods(a)) || ((a.to[0] ?? '') < (b.to[0] ?? '') ? -1 : 1));
}
