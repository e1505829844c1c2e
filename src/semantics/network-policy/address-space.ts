import { type AddressSet, everyAddress } from './address-set.ts';

/** All addresses, in classes: addresses of one class are in the same of the given sets. */
export class AddressSpace {
  /** The first address of each interval; an interval ends where the next starts. */
  private readonly starts: readonly bigint[];
  /** Those of IPv4 as numbers, which are compared faster; and where they end. */
  private readonly numbers: Float64Array;
  private readonly numbersEnd = 1n << 32n;
  /** The class of each interval; -1 where there are no addresses. */
  private readonly cells: Int32Array;
  private readonly known = new Map<string, readonly number[]>();
  /** How many classes there are. */
  readonly size: number;

  constructor(sets: readonly AddressSet[]) {
    const edges = new Set<bigint>();
    for (const set of [everyAddress, ...sets]) {
      for (const [from, to] of set) edges.add(from).add(to + 1n);
    }
    this.starts = [...edges].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    this.numbers = Float64Array.from(this.starts.filter((start) => start < this.numbersEnd).map(Number));
    this.cells = new Int32Array(this.starts.length).fill(-1);
    let next = 0;
    for (const set of [everyAddress, ...sets]) {
      const renamed = new Map<number, number>();
      this.eachInterval(set, (at) => {
        const cell = this.cells[at] ?? -1;
        let to = renamed.get(cell);
        if (to === undefined) {
          to = next++;
          renamed.set(cell, to);
        }
        this.cells[at] = to;
      });
    }
    const dense = new Map<number, number>();
    for (let at = 0; at < this.cells.length; at += 1) {
      const cell = this.cells[at] ?? -1;
      if (cell === -1) continue;
      if (!dense.has(cell)) dense.set(cell, dense.size);
      this.cells[at] = dense.get(cell) ?? -1;
    }
    this.size = dense.size;
  }

  /** The class of an address. */
  classOf(place: bigint): number {
    return this.cells[this.indexOf(place)] ?? -1;
  }

  /** The classes of a set that was given, or is made of such. Of any other set: every class that it meets. */
  classesIn(set: AddressSet): readonly number[] {
    const key = set.map(([from, to]) => `${from}-${to}`).join(',');
    let classes = this.known.get(key);
    if (classes === undefined) {
      const found = new Set<number>();
      this.eachInterval(set, (at) => found.add(this.cells[at] ?? -1));
      found.delete(-1);
      classes = [...found];
      this.known.set(key, classes);
    }
    return classes;
  }

  /** The addresses of every class. */
  addresses(): readonly AddressSet[] {
    const sets: [bigint, bigint][][] = Array.from({ length: this.size }, () => []);
    for (let at = 0; at < this.cells.length; at += 1) {
      const set = sets[this.cells[at] ?? -1];
      const [from, next] = [this.starts[at], this.starts[at + 1]];
      if (set === undefined || from === undefined || next === undefined) continue;
      const last = set.at(-1);
      if (last !== undefined && last[1] + 1n === from) last[1] = next - 1n;
      else set.push([from, next - 1n]);
    }
    return sets;
  }

  private eachInterval(set: AddressSet, visit: (at: number) => void): void {
    for (const [from, to] of set) {
      for (let at = this.indexOf(from); at < this.starts.length && (this.starts[at] ?? 0n) <= to; at += 1) visit(at);
    }
  }

  private indexOf(place: bigint): number {
    if (place < this.numbersEnd) return this.indexOfNumber(Number(place));
    let [low, high] = [this.numbers.length, this.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0n) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The same for IPv4, in plain numbers. */
  private indexOfNumber(place: number): number {
    const { numbers } = this;
    let [low, high] = [0, numbers.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((numbers[middle] ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
