export const protocols = ['TCP', 'UDP', 'SCTP'] as const;
export type Protocol = (typeof protocols)[number];

/** Ports of one protocol, both ends included. */
export interface PortRange {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
}

/** What stands for a set of ports: the same number for the same set, within one `PortSets`. */
export type PortSetId = number;

export const noPorts: PortSetId = 0;
export const allPorts: PortSetId = 1;

const span = 65536;
/** Ids below it have their intersections in a table. */
const dense = 512;

/**
 * Sets of ports as sorted, disjoint intervals on one axis (TCP, then UDP, then SCTP), each kept once: equal sets have
 * equal ids, and what two of them have in common is computed once.
 */
export class PortSets {
  /** Of each set: starts (included) and ends (excluded) in turn. */
  private readonly sets: (readonly number[])[] = [];
  private readonly ids = new Map<string, PortSetId>();
  private readonly single = new Map<number, PortSetId>();
  private readonly common = new Map<number, PortSetId>();
  private readonly joined = new Map<number, PortSetId>();
  /** Of intersections, as id + 1; made when it is first needed. */
  private table: Uint32Array | undefined;

  constructor() {
    this.intern([]);
    this.of(protocols.map((protocol) => ({ protocol, from: 1, to: span - 1 })));
  }

  /** How many sets there are. */
  get size(): number {
    return this.sets.length;
  }

  /** Ranges that are empty or reversed add nothing. */
  of(ranges: readonly PortRange[]): PortSetId {
    const edges: number[] = [];
    const sorted = ranges
      .map(({ protocol, from, to }) => {
        const base = protocols.indexOf(protocol) * span;
        return [base + Math.max(1, from), base + Math.min(span - 1, to) + 1] as const;
      })
      .filter(([from, to]) => from < to)
      .sort((a, b) => a[0] - b[0]);
    for (const [from, to] of sorted) {
      const last = edges.length - 1;
      if (last > 0 && from <= (edges[last] ?? 0)) edges[last] = Math.max(edges[last] ?? 0, to);
      else edges.push(from, to);
    }
    return this.intern(edges);
  }

  /** A single port. */
  one(protocol: Protocol, port: number): PortSetId {
    if (!(port >= 1 && port < span)) return noPorts;
    const at = protocols.indexOf(protocol) * span + port;
    let id = this.single.get(at);
    if (id === undefined) {
      id = this.of([{ protocol, from: port, to: port }]);
      this.single.set(at, id);
    }
    return id;
  }

  intersect(a: PortSetId, b: PortSetId): PortSetId {
    if (a === b || b === allPorts) return a;
    if (a === allPorts) return b;
    if (a === noPorts || b === noPorts) return noPorts;
    if (a < dense && b < dense) {
      this.table ??= new Uint32Array(dense * dense);
      const known = this.table[a * dense + b] ?? 0;
      if (known !== 0) return known - 1;
      const id = this.combine(a, b, 2);
      this.table[a * dense + b] = id + 1;
      this.table[b * dense + a] = id + 1;
      return id;
    }
    const key = pairKey(a, b);
    let id = this.common.get(key);
    if (id === undefined) {
      id = this.combine(a, b, 2);
      this.common.set(key, id);
    }
    return id;
  }

  union(a: PortSetId, b: PortSetId): PortSetId {
    if (a === b || b === noPorts || a === allPorts) return a;
    if (a === noPorts || b === allPorts) return b;
    const key = pairKey(a, b);
    let id = this.joined.get(key);
    if (id === undefined) {
      id = this.combine(a, b, 1);
      this.joined.set(key, id);
    }
    return id;
  }

  /** What is in `a` and not in `b`. */
  minus(a: PortSetId, b: PortSetId): PortSetId {
    if (b === noPorts) return a;
    if (a === b || a === noPorts || b === allPorts) return noPorts;
    return this.intersect(a, this.inverse(b));
  }

  has(id: PortSetId, protocol: Protocol, port: number): boolean {
    const at = protocols.indexOf(protocol) * span + port;
    const edges = this.edges(id);
    for (let index = 0; index < edges.length; index += 2) {
      if (at < (edges[index] ?? 0)) return false;
      if (at < (edges[index + 1] ?? 0)) return true;
    }
    return false;
  }

  ranges(id: PortSetId): readonly PortRange[] {
    const ranges: PortRange[] = [];
    const edges = this.edges(id);
    for (let index = 0; index < edges.length; index += 2) {
      const from = edges[index] ?? 0;
      const protocol = protocols[Math.floor(from / span)];
      if (protocol === undefined) continue;
      ranges.push({ protocol, from: from % span, to: ((edges[index + 1] ?? 0) - 1) % span });
    }
    return ranges;
  }

  /** Starts and ends in turn, on the axis of all protocols. */
  edges(id: PortSetId): readonly number[] {
    return this.sets[id] ?? [];
  }

  intern(edges: readonly number[]): PortSetId {
    const key = edges.join(',');
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.sets.length;
    this.sets.push(edges);
    this.ids.set(key, id);
    return id;
  }

  private inverse(id: PortSetId): PortSetId {
    // Starts and ends change places; intervals that became empty go.
    const edges = [1, ...this.edges(id), span * protocols.length];
    const kept: number[] = [];
    for (let index = 0; index < edges.length; index += 2) {
      const [from, to] = [edges[index] ?? 0, edges[index + 1] ?? 0];
      if (from < to) kept.push(from, to);
    }
    // Port 0 of each protocol is none: it lies in the gaps, and goes again.
    return this.combine(this.intern(kept), allPorts, 2);
  }

  /** Points covered by at least `wanted` of the two sets. */
  private combine(a: PortSetId, b: PortSetId, wanted: 1 | 2): PortSetId {
    const [left, right] = [this.edges(a), this.edges(b)];
    const edges: number[] = [];
    let [i, j, depth] = [0, 0, 0];
    while (i < left.length || j < right.length) {
      const at = Math.min(left[i] ?? Number.POSITIVE_INFINITY, right[j] ?? Number.POSITIVE_INFINITY);
      const before = depth;
      while (left[i] === at) depth += i++ % 2 === 0 ? 1 : -1;
      while (right[j] === at) depth += j++ % 2 === 0 ? 1 : -1;
      if (before < wanted === depth < wanted) continue;
      edges.push(at);
    }
    return this.intern(edges);
  }
}

function pairKey(a: number, b: number): number {
  return a < b ? a * 2 ** 26 + b : b * 2 ** 26 + a;
}
