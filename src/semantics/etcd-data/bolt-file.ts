import {
  bucketHeaderSize,
  childrenOf,
  elementsThatFit,
  headerSize,
  type Meta,
  metaSize,
  type PageHeader,
  readHeader,
  readMeta,
  readNumber,
  type Slot,
  viewOf,
  visitLeaf,
} from './page.ts';
import { PageSet } from './page-set.ts';
import type { Problems } from './problems.ts';

/** Bytes that can be read anywhere: a file, or a part of one. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /**
   * The bytes at `offset`: fewer than `length` at the end, and where they cannot be read. They are good until the next
   * call, and may be a Buffer, whose `slice` does not copy. Rejects to stop the reading altogether.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface Bucket {
  readonly name: string;
  /** 0: the page is `inline`. */
  readonly root: number;
  readonly inline: Uint8Array;
}

/** Pages that lie near one another are read in one go of up to this size, gaps of up to `gapLimit` included. */
const runLimit = 1024 * 1024;
const gapLimit = 64 * 1024;
/** A page is as large as the largest value in it; etcd takes 1.5 MiB unless it is told otherwise. */
const pageLimit = 64 * 1024 * 1024;
/** etcd has about a dozen. */
const bucketLimit = 1000;
const firstPage = 2;

/**
 * Reads a bbolt file with bounded memory: a tree is read level by level, each in the order of the file, so that the
 * disk is read forwards. What is broken is a problem, and the rest is still read. Each page is read once, whatever the
 * pages say of one another.
 */
export class BoltFile {
  private readonly source: ByteSource;
  private readonly meta: Meta;
  private readonly problems: Problems;
  private readonly pages: number;
  /** Pages that some page leads to; and those that were read, with those that they continue over. */
  private readonly led: PageSet;
  private readonly used: PageSet;

  private constructor(source: ByteSource, meta: Meta, problems: Problems) {
    this.source = source;
    this.meta = meta;
    this.problems = problems;
    this.pages = Math.min(meta.highWater, Math.floor(source.size / meta.pageSize));
    this.led = new PageSet(this.pages);
    this.used = new PageSet(this.pages);
    const needed = meta.highWater * meta.pageSize;
    if (needed > source.size) problems.add(`the file is cut short: ${source.size} of ${needed} bytes are there`);
  }

  /** Opens the newer of the two states that the file holds. Returns why it is not a database where neither is whole. */
  static async open(source: ByteSource, problems: Problems): Promise<BoltFile | string> {
    const metas: Meta[] = [];
    const first = readMeta(await source.read(0, metaSize));
    if (typeof first !== 'string') metas.push(first);
    // The second page tells its own size, so that a file whose first page is lost is still found.
    const sizes =
      typeof first === 'string' ? Array.from({ length: 15 }, (_, power) => 1024 << power) : [first.pageSize];
    for (const size of sizes) {
      const second = readMeta(await source.read(size, metaSize));
      if (typeof second !== 'string' && second.pageSize === size) metas.push(second);
    }
    const [newest] = metas.sort((a, b) => b.transaction - a.transaction);
    if (newest === undefined) return typeof first === 'string' ? first : 'it has no meta page';
    return new BoltFile(source, newest, problems);
  }

  /** Number of the newest transaction that is complete. */
  get transaction(): number {
    return this.meta.transaction;
  }

  /** Bytes of the pages that were read so far, and of the two meta pages. */
  get usedBytes(): number {
    return (this.used.size + firstPage) * this.meta.pageSize;
  }

  /** Bytes of all pages that the file has. */
  get totalBytes(): number {
    return this.meta.highWater * this.meta.pageSize;
  }

  /** The buckets at the top, in the order of the file. */
  async buckets(): Promise<readonly Bucket[]> {
    const buckets: Bucket[] = [];
    await this.walk(this.meta.root, (slot) => {
      if (!slot.bucket) return;
      if (slot.valueEnd - slot.keyEnd < bucketHeaderSize) return this.problems.add('a bucket has no root');
      if (buckets.length === bucketLimit) return this.problems.add(`there are more than ${bucketLimit} buckets`);
      const root = readNumber(viewOf(slot.bytes), slot.keyEnd, this.meta.littleEndian);
      buckets.push({
        name: Buffer.from(slot.bytes.subarray(slot.keyStart, slot.keyEnd)).toString('latin1'),
        root,
        inline:
          root === 0
            ? new Uint8Array(slot.bytes.subarray(slot.keyEnd + bucketHeaderSize, slot.valueEnd))
            : new Uint8Array(),
      });
    });
    return buckets;
  }

  /** Visits every key of a bucket, in the order of the pages of the file: not of the keys. */
  async visit(bucket: Bucket, visit: (slot: Slot) => void): Promise<void> {
    if (bucket.root !== 0) return this.walk(bucket.root, visit);
    if (bucket.inline.length < headerSize) return this.problems.add(`bucket ${bucket.name} has no page`);
    const header = readHeader(viewOf(bucket.inline), this.meta.littleEndian);
    this.visitElements(bucket.inline, header, visit);
  }

  /** Visits what is left in pages that no page leads to; the buckets must have been visited before. */
  async visitFreed(visit: (slot: Slot) => void): Promise<void> {
    const { pageSize } = this.meta;
    let from = firstPage;
    while (from < this.pages) {
      if (this.used.has(from)) {
        from += 1;
        continue;
      }
      let to = from + 1;
      const most = from + Math.max(1, Math.floor(runLimit / pageSize));
      while (to < Math.min(most, this.pages) && !this.used.has(to)) to += 1;
      const run = await this.source.read(from * pageSize, (to - from) * pageSize);
      for (let page = from; (page - from + 1) * pageSize <= run.length; )
        page += this.visitFreedPage(run, page, from, visit);
      from = to;
    }
  }

  private async walk(root: number, visit: (slot: Slot) => void): Promise<void> {
    let level: number[] = [];
    this.lead(root, level);
    while (level.length > 0) {
      level.sort((a, b) => a - b);
      const next: number[] = [];
      for (let index = 0; index < level.length; ) index = await this.readRun(level, index, { next, visit });
      level = next;
    }
  }

  private lead(page: number, level: number[]): void {
    if (page < firstPage || page >= this.pages) this.problems.add(`page ${page} is not in the file`);
    else if (!this.led.add(page)) this.problems.add(`two pages lead to page ${page}`);
    else level.push(page);
  }

  /** Reads the pages of `level` from `index` on that lie together; returns the index of the first one after them. */
  private async readRun(
    level: readonly number[],
    index: number,
    to: { readonly next: number[]; readonly visit: (slot: Slot) => void },
  ): Promise<number> {
    const { pageSize } = this.meta;
    const first = level[index] as number;
    let end = index + 1;
    let last = first;
    for (; end < level.length; end += 1) {
      const page = level[end] as number;
      if ((page - last) * pageSize > gapLimit || (page - first + 1) * pageSize > runLimit) break;
      last = page;
    }
    const run = await this.source.read(first * pageSize, (last - first + 1) * pageSize);
    for (let at = index; at < end; at += 1) {
      const page = level[at] as number;
      let bytes = run.subarray((page - first) * pageSize);
      if (bytes.length < pageSize) {
        this.problems.add(`page ${page} cannot be read`);
        continue;
      }
      const header = readHeader(viewOf(bytes), this.meta.littleEndian);
      const length = (header.overflow + 1) * pageSize;
      if (!this.take(page, header, length)) continue;
      if (length > bytes.length) {
        // The next pages are read anew, since the bytes of the run are gone.
        bytes = await this.source.read(page * pageSize, length);
        if (bytes.length < length) {
          this.problems.add(`page ${page} cannot be read`);
          return at + 1;
        }
        this.visitPage(bytes.subarray(0, length), header, to);
        return at + 1;
      }
      this.visitPage(bytes.subarray(0, length), header, to);
    }
    return end;
  }

  /** Whether a page is what was looked for; its pages are taken then. */
  private take(page: number, header: PageHeader, length: number): boolean {
    if (header.id !== page) this.problems.add(`page ${page} says that it is page ${header.id}`);
    else if (header.kind === 'other') this.problems.add(`page ${page} is neither branch nor leaf`);
    else if (page + header.overflow >= this.pages) this.problems.add(`page ${page} goes beyond the end of the file`);
    else if (length > pageLimit) this.problems.add(`page ${page} claims ${length} bytes`);
    else {
      for (let at = page; at <= page + header.overflow; at += 1) {
        if (this.used.add(at)) continue;
        this.problems.add(`page ${page} overlaps another`);
        return false;
      }
      return true;
    }
    return false;
  }

  private visitPage(
    bytes: Uint8Array,
    header: PageHeader,
    { next, visit }: { readonly next: number[]; readonly visit: (slot: Slot) => void },
  ): void {
    if (header.kind === 'leaf') return this.visitElements(bytes, header, visit);
    if (header.count > elementsThatFit(bytes.length)) {
      this.problems.add(`page ${header.id} has more keys than it has room for`);
    }
    for (const child of childrenOf(viewOf(bytes), header.count, this.meta.littleEndian)) this.lead(child, next);
  }

  private visitElements(bytes: Uint8Array, header: PageHeader, visit: (slot: Slot) => void): void {
    const { littleEndian } = this.meta;
    const broken = visitLeaf(bytes, { littleEndian, count: header.count, visit });
    if (broken > 0) this.problems.add(`page ${header.id} has ${broken} keys that do not lie in it`);
  }

  /**
   * Visits what can be made out of one freed page in a run of them; returns how many pages it fills. What it continued
   * over may have been freed, and used, apart from it: it ends where another page starts.
   */
  private visitFreedPage(run: Uint8Array, page: number, from: number, visit: (slot: Slot) => void): number {
    const { littleEndian, pageSize } = this.meta;
    const rest = run.subarray((page - from) * pageSize);
    const header = readHeader(viewOf(rest), littleEndian);
    if (header.id !== page || header.kind !== 'leaf') return 1;
    const most = Math.min(header.overflow + 1, Math.floor(rest.length / pageSize));
    let pages = 1;
    while (pages < most && readHeader(viewOf(rest.subarray(pages * pageSize)), littleEndian).id !== page + pages)
      pages += 1;
    visitLeaf(rest.subarray(0, pages * pageSize), { littleEndian, count: header.count, visit });
    return pages;
  }
}
