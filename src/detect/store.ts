import { isList, type Json } from '../model/json.ts';

/**
 * State by key, bounded: when it is full an entry that was not used for long goes, and is counted. Of the entries used
 * within the last quarter of a store's worth of uses the order is that of their coming: moving each on every use costs
 * more than all else.
 */
export class BoundedStore<T> {
  private readonly entries = new Map<string, { readonly value: T; used: number }>();
  private uses = 0;
  /** Goes on where it stopped: from the start it would pass all that was deleted, each time. */
  private oldest: Iterator<string> = this.entries.keys();
  private readonly most: number;
  evicted = 0;

  constructor(most: number) {
    this.most = most;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Without a claim to have used it. */
  peek(key: string): T | undefined {
    return this.entries.get(key)?.value;
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.uses += 1;
    if (this.uses - entry.used > this.most / 4) {
      entry.used = this.uses;
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
    return entry.value;
  }

  set(key: string, value: T): void {
    this.uses += 1;
    this.entries.delete(key);
    this.entries.set(key, { value, used: this.uses });
    if (this.entries.size <= this.most) return;
    let oldest = this.oldest.next();
    if (oldest.done === true) {
      this.oldest = this.entries.keys();
      oldest = this.oldest.next();
    }
    if (oldest.done === true) return;
    this.entries.delete(oldest.value);
    this.evicted += 1;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  *[Symbol.iterator](): Iterator<[string, T]> {
    for (const [key, { value }] of this.entries) yield [key, value];
  }

  /** In order of use, so that what is restored is evicted in the same order. */
  save(write: (entry: T) => Json): Json {
    return [...this.entries].map(([key, { value }]) => [key, write(value)]);
  }

  restore(saved: Json | undefined, read: (entry: Json) => T | undefined): void {
    this.entries.clear();
    this.oldest = this.entries.keys();
    if (!isList(saved)) return;
    for (const row of saved) {
      if (!isList(row)) continue;
      const [key, value] = row;
      const entry = value === undefined ? undefined : read(value);
      if (typeof key === 'string' && entry !== undefined) this.set(key, entry);
    }
  }
}
