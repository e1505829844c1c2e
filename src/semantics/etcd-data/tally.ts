import type { StoredClass, StoredCount, StoredResource } from '../../model/etcd-data.ts';
import { KeyIndex } from './key-index.ts';
import type { Revision } from './key-value.ts';
import { guessPrefix, resourceOf } from './resource-key.ts';
import { nameOf, type StoredClasses } from './stored-value.ts';

export interface TallyOptions {
  readonly classes: StoredClasses;
  /** `--etcd-prefix`, where it is known; guessed otherwise. */
  readonly prefix?: string | undefined;
  /** Of the hash; see KeyIndex. */
  readonly seed: number;
  /** Keys that are told apart; the memory that is used grows with them, about 120 bytes each. */
  readonly maxKeys: number;
}

export interface Totals {
  /** Without the slash at its end, so empty where keys begin at the root. */
  readonly prefix: string | undefined;
  readonly resources: readonly StoredResource[];
  readonly otherKeys: number;
  readonly revision: number;
  /** Values in no count: of keys beyond `maxKeys`, or longer than any of Kubernetes. */
  readonly uncounted: number;
}

/** One revision of one key: the key's bytes, and the class of its value. */
export interface Entry {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly revision: Revision;
  readonly stored: number;
}

interface Count {
  live: number;
  old: number;
  freed: number;
  readonly liveKeys: number[];
  readonly oldKeys: number[];
}

/** The prefix is guessed from so many revisions; every cluster shows it in the first few. */
const sample = 4096;
const maxResources = 5000;
const manyResources = '(further resources)';
const maxExamples = 3;
const outside = 0;
const deleted = 0;

/** Counts how values are stored. Revisions may come in any order: the newest of a key is live, the others are old. */
export class Tally {
  private readonly options: TallyOptions;
  private readonly keys: KeyIndex;
  private prefix: string | undefined;
  private pending: Entry[] | undefined;
  private revision = 0;
  private uncounted = 0;
  /** Numbers of resources; 0 is for keys outside the prefix. */
  private readonly resources = new Map<string, number>();
  private readonly counts = new Map<number, Count>();
  /** Of each key: its newest revision, how that is stored (0: deleted, else the class and one), and its resource. */
  private mains = new Float64Array(1024);
  private subs = new Uint32Array(1024);
  private stored = new Uint16Array(1024);
  private resourceNumbers = new Uint16Array(1024);

  constructor(options: TallyOptions) {
    this.options = options;
    this.keys = new KeyIndex({ seed: options.seed, limit: options.maxKeys });
    this.prefix = options.prefix;
    this.pending = options.prefix === undefined ? [] : undefined;
  }

  add(entry: Entry): void {
    if (entry.keyEnd - entry.keyStart > KeyIndex.maxLength) {
      this.uncounted += 1;
      return;
    }
    if (this.pending === undefined) return this.count(entry);
    const { bytes, keyStart, keyEnd, revision, stored } = entry;
    const key = new Uint8Array(bytes.subarray(keyStart, keyEnd));
    this.pending.push({ bytes: key, keyStart: 0, keyEnd: key.length, revision, stored });
    if (this.pending.length === sample) this.settle();
  }

  /** A value that is in a page which nothing leads to; to be called when all revisions were added. */
  addFreed(bytes: Uint8Array, range: { readonly keyStart: number; readonly keyEnd: number }, stored: number): void {
    this.settle();
    const key = textOf(bytes, range.keyStart, range.keyEnd);
    const resource = this.resourceNumber(key);
    if (resource !== outside) this.countOf(resource, stored).freed += 1;
  }

  totals(): Totals {
    this.settle();
    let otherKeys = 0;
    for (let key = 0; key < this.keys.size; key += 1) {
      const stored = this.stored[key] as number;
      if (stored === deleted) continue;
      const resource = this.resourceNumbers[key] as number;
      if (resource === outside) {
        otherKeys += 1;
        continue;
      }
      const count = this.countOf(resource, stored - 1);
      count.live += 1;
      if (count.liveKeys.length < maxExamples) count.liveKeys.push(key);
    }
    const { prefix, revision, uncounted } = this;
    return { prefix, resources: this.storedResources(), otherKeys, revision, uncounted };
  }

  /** Decides on the prefix, and counts what was kept until then. */
  private settle(): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.prefix = guessPrefix(pending.map(({ bytes }) => textOf(bytes, 0, bytes.length)));
    for (const entry of pending) this.count(entry);
  }

  private count({ bytes, keyStart, keyEnd, revision, stored }: Entry): void {
    if (revision.main > this.revision) this.revision = revision.main;
    const before = this.keys.size;
    const key = this.keys.intern(bytes, keyStart, keyEnd);
    if (key === -1) {
      this.uncounted += 1;
      return;
    }
    const now = revision.tombstone ? deleted : stored + 1;
    if (key === before) {
      if (key === this.mains.length) this.grow();
      this.resourceNumbers[key] = this.resourceNumber(textOf(bytes, keyStart, keyEnd));
    } else if (this.isNewer(key, revision)) {
      this.countOld(key, this.stored[key] as number);
    } else {
      this.countOld(key, now);
      return;
    }
    this.mains[key] = revision.main;
    this.subs[key] = revision.sub;
    this.stored[key] = now;
  }

  private isNewer(key: number, { main, sub }: Revision): boolean {
    const known = this.mains[key] as number;
    return main > known || (main === known && sub > (this.subs[key] as number));
  }

  private countOld(key: number, stored: number): void {
    const resource = this.resourceNumbers[key] as number;
    if (stored === deleted || resource === outside) return;
    const count = this.countOf(resource, stored - 1);
    count.old += 1;
    if (count.oldKeys.length < maxExamples && !count.oldKeys.includes(key)) count.oldKeys.push(key);
  }

  private countOf(resource: number, stored: number): Count {
    const id = resource * 65536 + stored;
    let count = this.counts.get(id);
    if (count === undefined) {
      count = { live: 0, old: 0, freed: 0, liveKeys: [], oldKeys: [] };
      this.counts.set(id, count);
    }
    return count;
  }

  private resourceNumber(key: string): number {
    if (this.prefix === undefined) return outside;
    const found = resourceOf(key, this.prefix);
    if (found === undefined) return outside;
    const known = this.resources.get(found.resource);
    if (known !== undefined) return known;
    const name = this.resources.size < maxResources ? found.resource : manyResources;
    const number = this.resources.get(name) ?? this.resources.size + 1;
    this.resources.set(name, number);
    return number;
  }

  private storedResources(): readonly StoredResource[] {
    const names = [...this.resources.keys()];
    const byName = new Map<string, StoredClass[]>();
    for (const [id, count] of this.counts) {
      const name = names[Math.floor(id / 65536) - 1];
      if (name === undefined) continue;
      const stored = {
        as: this.options.classes.at(id % 65536),
        live: { count: count.live, examples: this.examples(count.liveKeys) },
        old: { count: count.old, examples: this.examples(count.oldKeys) },
        freed: count.freed,
      };
      const list = byName.get(name);
      if (list === undefined) byName.set(name, [stored]);
      else list.push(stored);
    }
    return [...byName]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([resource, stored]) => ({
        resource,
        stored: stored.sort((a, b) => (nameOf(a.as) < nameOf(b.as) ? -1 : 1)),
      }));
  }

  private examples(keys: readonly number[]): StoredCount['examples'] {
    const { prefix = '' } = this;
    return keys.map((key) => resourceOf(this.keys.text(key), prefix)?.name ?? '').sort();
  }

  private grow(): void {
    const length = this.mains.length * 2;
    this.mains = copied(this.mains, new Float64Array(length));
    this.subs = copied(this.subs, new Uint32Array(length));
    this.stored = copied(this.stored, new Uint16Array(length));
    this.resourceNumbers = copied(this.resourceNumbers, new Uint16Array(length));
  }
}

function copied<T extends Float64Array | Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
