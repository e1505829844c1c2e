/** A set of small whole numbers below a fixed size. Sets that are combined have the same size. */
export class BitSet {
  readonly size: number;
  readonly words: Uint32Array;

  constructor(size: number, words: Uint32Array = new Uint32Array((size + 31) >>> 5)) {
    this.size = size;
    this.words = words;
  }

  static full(size: number): BitSet {
    const set = new BitSet(size);
    set.words.fill(0xffffffff);
    const rest = size & 31;
    if (rest !== 0) set.words[set.words.length - 1] = (1 << rest) - 1;
    return set;
  }

  static of(size: number, members: Iterable<number>): BitSet {
    const set = new BitSet(size);
    for (const member of members) set.add(member);
    return set;
  }

  add(member: number): void {
    this.words[member >>> 5] = (this.words[member >>> 5] ?? 0) | (1 << (member & 31));
  }

  has(member: number): boolean {
    return ((this.words[member >>> 5] ?? 0) & (1 << (member & 31))) !== 0;
  }

  clone(): BitSet {
    return new BitSet(this.size, this.words.slice());
  }

  /** Adds every member of `other`. Returns this set. */
  or(other: BitSet): this {
    const { words } = this;
    for (let at = 0; at < words.length; at += 1) words[at] = (words[at] ?? 0) | (other.words[at] ?? 0);
    return this;
  }

  /** Adds what is in both others. Returns this set. */
  orBoth(a: BitSet, b: BitSet): this {
    const { words } = this;
    for (let at = 0; at < words.length; at += 1)
      words[at] = (words[at] ?? 0) | ((a.words[at] ?? 0) & (b.words[at] ?? 0));
    return this;
  }

  /** Keeps what is in `other` too. Returns this set. */
  and(other: BitSet): this {
    const { words } = this;
    for (let at = 0; at < words.length; at += 1) words[at] = (words[at] ?? 0) & (other.words[at] ?? 0);
    return this;
  }

  /** Takes out every member of `other`. Returns this set. */
  minus(other: BitSet): this {
    const { words } = this;
    for (let at = 0; at < words.length; at += 1) words[at] = (words[at] ?? 0) & ~(other.words[at] ?? 0);
    return this;
  }

  complement(): BitSet {
    return BitSet.full(this.size).minus(this);
  }

  intersects(other: BitSet): boolean {
    const { words } = this;
    for (let at = 0; at < words.length; at += 1) {
      if (((words[at] ?? 0) & (other.words[at] ?? 0)) !== 0) return true;
    }
    return false;
  }

  /** Whether every member of `other` is in this set. */
  covers(other: BitSet): boolean {
    const { words } = this;
    for (let at = 0; at < words.length; at += 1) {
      if (((other.words[at] ?? 0) & ~(words[at] ?? 0)) !== 0) return false;
    }
    return true;
  }

  equals(other: BitSet): boolean {
    return this.covers(other) && other.covers(this);
  }

  isEmpty(): boolean {
    return this.words.every((word) => word === 0);
  }

  count(): number {
    let count = 0;
    for (let word of this.words) {
      for (; word !== 0; word &= word - 1) count += 1;
    }
    return count;
  }

  forEach(visit: (member: number) => void): void {
    for (let at = 0; at < this.words.length; at += 1) {
      let word = this.words[at] ?? 0;
      while (word !== 0) {
        visit(at * 32 + 31 - Math.clz32(word & -word));
        word &= word - 1;
      }
    }
  }

  members(): number[] {
    const members: number[] = [];
    this.forEach((member) => members.push(member));
    return members;
  }
}
