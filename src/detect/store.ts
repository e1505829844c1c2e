import { isList, type Json } from '../model/json.ts';

/** State by key, bounded: when it is full the entry that was used longest ago goes, and is counted. */
export class BoundedStore<T> {
  private readonly entries = new Map<string, T>();
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
    return this.entries.get(key);
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry;
  }

  set(key: string, entry: T): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (this.entries.size <= this.most) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      this.evicted += 1;
      break;
    }
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  *[Symbol.iterator](): Iterator<[string, T]> {
    yield* this.entries;
  }

  /** In order of use, so that what is restored is evicted in the same order. */
  save(write: (entry: T) => Json): Json {
    return [...this.entries].map(([key, entry]) => [key, write(entry)]);
  }

  restore(saved: Json | undefined, read: (entry: Json) => T | undefined): void {
    this.entries.clear();
    if (!isList(saved)) return;
    for (const row of saved) {
      if (!isList(row)) continue;
      const [key, value] = row;
      const entry = value === undefined ? undefined : read(value);
      if (typeof key === 'string' && entry !== undefined) this.set(key, entry);
    }
  }
}
