import { directions } from './policy.ts';
import { allPorts, noPorts, type PortSetId } from './port-set.ts';
import { numbersText, type Reachability } from './reachability.ts';

/** Classes of endpoints that may do the same and to which the same may be done, by number. */
export type Unit = readonly number[];

/** Units that may connect to one, all at the same ports. */
export interface Flow {
  readonly least: PortSetId;
  readonly most: PortSetId;
  readonly sources: readonly number[];
}

/** Who can talk to whom, by units: as few as tell the whole. What reaches a unit is computed when it is asked for. */
export class FlowTable {
  readonly units: readonly Unit[];
  private readonly reachability: Reachability;
  private readonly first: readonly number[];
  private readonly isCertain: boolean;
  private readonly podUnits: number;

  constructor(reachability: Reachability) {
    this.reachability = reachability;
    this.units = unitsOf(reachability);
    this.first = this.units.map(([first]) => first ?? 0);
    this.isCertain = reachability.bounds().length === 1;
    this.podUnits = this.first.filter((at) => reachability.classes.pods.has(at)).length;
  }

  /** Everything that may connect to a unit, by ports. What outside addresses and nodes do among themselves is left out. */
  incoming(unit: number): readonly Flow[] {
    const to = this.first[unit] ?? 0;
    const { reachability } = this;
    const isPods = reachability.classes.pods.has(to);
    const least = this.column(to, 'least');
    const most = this.isCertain ? least : this.column(to, 'most');
    const isAlone = this.isAlone(unit);
    const flows = new Map<number, { least: PortSetId; most: PortSetId; sources: number[] }>();
    for (const [source, from] of this.first.entries()) {
      if (!isPods && !reachability.classes.pods.has(from)) continue;
      // A pod reaches itself whatever policies say.
      if (source === unit && isAlone) continue;
      const a = least(from);
      const b = most === least ? a : most(from);
      if (b === noPorts) continue;
      const key = a * 2 ** 26 + b;
      const flow = flows.get(key);
      if (flow === undefined) flows.set(key, { least: a, most: b, sources: [source] });
      else flow.sources.push(source);
    }
    const found = [...flows.values()];
    if (isAlone && this.podUnits > 3) {
      // Where everybody else does, so that it reads "every pod".
      const everybody = found.find(
        ({ sources }) => sources.filter((source) => this.isOfPods(source)).length === this.podUnits - 1,
      );
      everybody?.sources.push(unit);
    }
    return found;
  }

  /** Whether the unit is one pod that runs, which always reaches itself. */
  private isAlone(unit: number): boolean {
    const classes = (this.units[unit] ?? []).map((at) => this.reachability.classes.all[at]);
    const pods = classes.flatMap((each) => (each?.kind === 'pods' ? each.pods : []));
    return pods.length === 1 && pods[0]?.object.kind === 'Pod';
  }

  private isOfPods(unit: number): boolean {
    return this.reachability.classes.pods.has(this.first[unit] ?? 0);
  }

  /** The ports at which each class may connect to one. */
  private column(to: number, bound: 'least' | 'most'): (from: number) => PortSetId {
    const { reachability } = this;
    const into = reachability.row('ingress', to, bound);
    const out = reachability.columnOf('egress', to, bound);
    return (from) => {
      const group = reachability.groupNumber('egress', from);
      const sent = group === -1 ? allPorts : (out[group] ?? noPorts);
      return into === undefined ? sent : reachability.ports.intersect(sent, into[from] ?? noPorts);
    };
  }
}

/**
 * Classes that stand in the same rows and have the same columns in all of them. Outside addresses stay apart from
 * nodes and pods.
 */
function unitsOf(reachability: Reachability): readonly Unit[] {
  const units = new Map<string, number[]>();
  const bounds = reachability.bounds();
  for (const [at, { kind }] of reachability.classes.all.entries()) {
    const parts: string[] = [kind];
    for (const direction of directions) {
      parts.push(String(reachability.rowNumber(direction, at)));
      for (const bound of bounds) parts.push(numbersText(reachability.columnOf(direction, at, bound)));
    }
    const key = parts.join(' ');
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [at]);
    else unit.push(at);
  }
  return [...units.values()];
}
