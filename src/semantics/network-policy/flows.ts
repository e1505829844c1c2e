import type { ClassSetId } from './class-sets.ts';
import { directions } from './policy.ts';
import { allPorts, noPorts, type PortSetId } from './port-set.ts';
import type { Reachability } from './reachability.ts';

/** Classes of endpoints that may do the same and to which the same may be done, by number. */
export type Unit = readonly number[];

/** Classes that may connect to a unit, all at the same ports. */
export interface Flow {
  readonly least: PortSetId;
  readonly most: PortSetId;
  /** Of `Reachability.sets`. */
  readonly sources: ClassSetId;
}

/** Who can talk to whom, by units: as few as tell the whole. What reaches a unit is computed when it is asked for. */
export class FlowTable {
  readonly units: readonly Unit[];
  private readonly reachability: Reachability;
  private readonly isCertain: boolean;
  private readonly podClasses: number;
  /** The group of each class as a source; -1 where no policy selects it. */
  private readonly senders: Int32Array;

  constructor(reachability: Reachability) {
    this.reachability = reachability;
    this.units = unitsOf(reachability);
    this.isCertain = reachability.bounds().length === 1;
    this.podClasses = reachability.classes.pods.count();
    this.senders = Int32Array.from(reachability.classes.all, (_, at) => reachability.groupNumber('egress', at));
  }

  /** Everything that may connect to a unit, by ports. What outside addresses and nodes do among themselves is left out. */
  incoming(unit: number): readonly Flow[] {
    const to = this.units[unit]?.[0] ?? 0;
    const { reachability } = this;
    const { classes, sets } = reachability;
    const least = this.column(to, 'least');
    const most = this.isCertain ? least : this.column(to, 'most');
    const alone = this.aloneIn(unit);
    const flows = new Map<number, { least: PortSetId; most: PortSetId; sources: number[] }>();
    // Neighbours are mostly treated alike, so the last flow is looked at first.
    let last: { least: PortSetId; most: PortSetId; sources: number[] } | undefined;
    // What is no pod connects to pods alone; pods are the first classes.
    const end = classes.pods.has(to) ? classes.size : this.podClasses;
    for (let from = 0; from < end; from += 1) {
      const a = least(from);
      const b = most === least ? a : most(from);
      // A pod reaches itself whatever policies say.
      if (b === noPorts || from === alone) continue;
      if (last === undefined || last.least !== a || last.most !== b) {
        const key = a * 2 ** 26 + b;
        last = flows.get(key);
        if (last === undefined) {
          last = { least: a, most: b, sources: [] };
          flows.set(key, last);
        }
      }
      last.sources.push(from);
    }
    const found = [...flows.values()];
    if (alone !== undefined && this.podClasses > 3) {
      // Where everybody else does, so that it reads "every pod".
      const everybody = found.find(({ sources }) => this.countPods(sources) === this.podClasses - 1);
      everybody?.sources.push(alone);
      everybody?.sources.sort((a, b) => a - b);
    }
    return found.map(({ sources, ...bounds }) => ({ ...bounds, sources: sets.intern(sources) }));
  }

  private countPods(ascending: readonly number[]): number {
    let count = ascending.length;
    while (count > 0 && (ascending[count - 1] ?? 0) >= this.podClasses) count -= 1;
    return count;
  }

  /** The only class of a unit that is one pod that runs, which always reaches itself. */
  private aloneIn(unit: number): number | undefined {
    const [at, ...others] = this.units[unit] ?? [];
    const each = this.reachability.classes.all[at ?? -1];
    if (each?.kind !== 'pods' || others.length > 0 || each.pods.length !== 1) return undefined;
    return each.pods[0]?.object.kind === 'Pod' ? at : undefined;
  }

  /** The ports at which each class may connect to one. */
  private column(to: number, bound: 'least' | 'most'): (from: number) => PortSetId {
    const { reachability, senders } = this;
    const { ports } = reachability;
    const into = reachability.row('ingress', to, bound);
    const out = reachability.columnOf('egress', to, bound);
    return (from) => {
      const taken = into === undefined ? allPorts : (into[from] ?? noPorts);
      if (taken === noPorts) return noPorts;
      const group = senders[from] ?? -1;
      return group === -1 ? taken : ports.intersect(out[group] ?? noPorts, taken);
    };
  }
}

/**
 * Classes that stand in the same rows and have the same columns in all of them. Outside addresses stay apart from
 * nodes and pods.
 */
function unitsOf(reachability: Reachability): readonly Unit[] {
  const { all } = reachability.classes;
  const parts = new Partition(all.length);
  const kinds = ['outside', 'pods', 'hosts'] as const;
  parts.split(all.map(({ kind }) => kinds.indexOf(kind)));
  for (const direction of directions) {
    parts.split(all.map((_, at) => reachability.rowNumber(direction, at) + 1));
    for (const bound of reachability.bounds()) {
      for (const row of reachability.rows(direction, bound)) parts.split(row);
    }
  }
  return parts.groups();
}

/** Numbers in groups that are split until everything that tells their members apart has been told. */
class Partition {
  private readonly groupOf: Float64Array;
  private next = 1;

  constructor(size: number) {
    this.groupOf = new Float64Array(size);
  }

  /** Parts what has different values. What has 0 stays in its group, which is enough to tell it apart. */
  split(values: ArrayLike<number>): void {
    const renamed = new Map<number, number>();
    const { groupOf } = this;
    // Neighbours are often alike, and need no look-up then.
    let [lastKey, last] = [-1, 0];
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at] ?? 0;
      if (value === 0) continue;
      const key = (groupOf[at] ?? 0) * 2 ** 26 + value;
      if (key !== lastKey) {
        lastKey = key;
        const known = renamed.get(key);
        last = known ?? this.next++;
        if (known === undefined) renamed.set(key, last);
      }
      groupOf[at] = last;
    }
    // Names are used up by and by: they are given anew before they are too large for the key.
    if (this.next > 2 ** 26) this.rename();
  }

  groups(): readonly Unit[] {
    const groups = new Map<number, number[]>();
    for (const [at, group] of this.groupOf.entries()) {
      const list = groups.get(group);
      if (list === undefined) groups.set(group, [at]);
      else list.push(at);
    }
    return [...groups.values()];
  }

  private rename(): void {
    const groups = this.groups();
    this.next = groups.length;
    for (const [name, members] of groups.entries()) for (const at of members) this.groupOf[at] = name;
  }
}
