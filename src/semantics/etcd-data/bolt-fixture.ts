/*
 * Makes bbolt files for tests, page by page, with layouts that a real etcd makes only when it is large, old, or on
 * another machine.
 */
import type { ByteSource } from './bolt-file.ts';

export interface FixtureEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface FixtureOptions {
  readonly buckets: ReadonlyMap<string, readonly FixtureEntry[]>;
  readonly pageSize?: number;
  readonly littleEndian?: boolean;
  /** Buckets that are kept within the page of their parent. */
  readonly inline?: ReadonlySet<string>;
  /** Left in pages that nothing leads to. */
  readonly freed?: readonly FixtureEntry[];
  /** The pages of a tree stand in the file from last to first. */
  readonly backwards?: boolean;
}

interface Node {
  readonly kind: 'branch' | 'leaf';
  readonly elements: readonly (FixtureEntry & { readonly bucket?: boolean; readonly child?: number })[];
}

const headerSize = 16;
const elementSize = 16;

/** The bytes of a file that bbolt would open. */
export function boltFile(options: FixtureOptions): Uint8Array {
  const { pageSize = 4096, littleEndian = true, inline = new Set(), freed = [] } = options;
  const pages = new Pages(pageSize, littleEndian, options.backwards ?? false);
  const top = [...options.buckets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entries]) => {
      const head = new Uint8Array(16);
      if (inline.has(name)) {
        const page = pages.encode({ kind: 'leaf', elements: entries }, { id: 0, size: 0 });
        return { key: ascii(name), value: concat([head, page]), bucket: true };
      }
      write64(head, 0, pages.tree(entries), littleEndian);
      return { key: ascii(name), value: head, bucket: true };
    });
  const root = pages.tree(top);
  if (freed.length > 0) pages.tree(freed);
  return pages.file(root);
}

/**
 * A source of bytes in memory that notes how much is read at a time. As from a file, what it gives is a Buffer (whose
 * `slice` is no copy), and is overwritten by the next call.
 */
export function sourceOf(bytes: Uint8Array): ByteSource & { readonly reads: number[] } {
  const reads: number[] = [];
  const buffer = Buffer.alloc(bytes.length);
  return {
    size: bytes.length,
    reads,
    async read(offset, length) {
      reads.push(length);
      buffer.fill(0xaa);
      const part = bytes.subarray(offset, offset + length);
      buffer.set(part);
      return buffer.subarray(0, part.length);
    },
  };
}

class Pages {
  private readonly pageSize: number;
  private readonly littleEndian: boolean;
  private readonly backwards: boolean;
  private readonly written: { readonly id: number; readonly bytes: Uint8Array }[] = [];
  private next = 2;

  constructor(pageSize: number, littleEndian: boolean, backwards: boolean) {
    this.pageSize = pageSize;
    this.littleEndian = littleEndian;
    this.backwards = backwards;
  }

  /** Writes the entries as a tree; returns the page of its root. */
  tree(entries: readonly (FixtureEntry & { readonly bucket?: boolean })[]): number {
    let nodes: Node[] = this.split(entries).map((elements) => ({ kind: 'leaf', elements }));
    for (;;) {
      const ids = this.write(nodes);
      if (ids.length === 1) return ids[0] as number;
      const children = nodes.map((node, index) => ({
        key: node.elements[0]?.key ?? new Uint8Array(),
        value: new Uint8Array(),
        child: ids[index] as number,
      }));
      nodes = this.split(children).map((elements) => ({ kind: 'branch', elements }));
    }
  }

  file(root: number): Uint8Array {
    const bytes = new Uint8Array(this.next * this.pageSize);
    for (const { id, bytes: page } of this.written) bytes.set(page, id * this.pageSize);
    // The older of the two states leads nowhere: a reader that takes it sees an empty file.
    writeMeta(bytes, 0, { root: 0, transaction: 6, ...this.meta() });
    writeMeta(bytes, this.pageSize, { root, transaction: 7, ...this.meta() });
    return bytes;
  }

  encode({ kind, elements }: Node, { id, size }: { readonly id: number; readonly size: number }): Uint8Array {
    const needed =
      headerSize + elements.reduce((sum, { key, value }) => sum + elementSize + key.length + value.length, 0);
    const bytes = new Uint8Array(Math.max(size, needed));
    const view = new DataView(bytes.buffer);
    write64(bytes, 0, id, this.littleEndian);
    view.setUint16(8, kind === 'branch' ? 1 : 2, this.littleEndian);
    view.setUint16(10, elements.length, this.littleEndian);
    view.setUint32(12, size === 0 ? 0 : Math.ceil(needed / this.pageSize) - 1, this.littleEndian);
    let data = headerSize + elements.length * elementSize;
    for (const [index, { key, value, bucket, child }] of elements.entries()) {
      const at = headerSize + index * elementSize;
      if (kind === 'branch') {
        view.setUint32(at, data - at, this.littleEndian);
        view.setUint32(at + 4, key.length, this.littleEndian);
        write64(bytes, at + 8, child ?? 0, this.littleEndian);
      } else {
        view.setUint32(at, bucket === true ? 1 : 0, this.littleEndian);
        view.setUint32(at + 4, data - at, this.littleEndian);
        view.setUint32(at + 8, key.length, this.littleEndian);
        view.setUint32(at + 12, value.length, this.littleEndian);
      }
      bytes.set(key, data);
      bytes.set(value, data + key.length);
      data += key.length + value.length;
    }
    return bytes;
  }

  private write(nodes: readonly Node[]): readonly number[] {
    const ids = new Map<Node, number>();
    for (const node of this.backwards ? [...nodes].reverse() : nodes) {
      const bytes = this.encode(node, { id: this.next, size: this.pageSize });
      ids.set(node, this.next);
      this.written.push({ id: this.next, bytes });
      this.next += Math.ceil(bytes.length / this.pageSize);
    }
    return nodes.map((node) => ids.get(node) as number);
  }

  private split<T extends FixtureEntry>(entries: readonly T[]): readonly (readonly T[])[] {
    const parts: T[][] = [[]];
    let size = headerSize;
    for (const entry of entries) {
      const more = elementSize + entry.key.length + entry.value.length;
      const part = parts[parts.length - 1] as T[];
      if (part.length > 1 && size + more > this.pageSize) {
        parts.push([entry]);
        size = headerSize + more;
      } else {
        part.push(entry);
        size += more;
      }
    }
    return parts;
  }

  private meta(): { readonly pageSize: number; readonly littleEndian: boolean; readonly highWater: number } {
    return { pageSize: this.pageSize, littleEndian: this.littleEndian, highWater: this.next };
  }
}

interface FixtureMeta {
  readonly root: number;
  readonly transaction: number;
  readonly pageSize: number;
  readonly littleEndian: boolean;
  readonly highWater: number;
}

function writeMeta(bytes: Uint8Array, at: number, meta: FixtureMeta): void {
  const { littleEndian } = meta;
  const view = new DataView(bytes.buffer);
  view.setUint16(at + 8, 4, littleEndian);
  view.setUint32(at + 16, 0xed0cdaed, littleEndian);
  view.setUint32(at + 20, 2, littleEndian);
  view.setUint32(at + 24, meta.pageSize, littleEndian);
  write64(bytes, at + 32, meta.root, littleEndian);
  // etcd does not save the list of free pages.
  view.setBigUint64(at + 48, 0xffffffffffffffffn, littleEndian);
  write64(bytes, at + 56, meta.highWater, littleEndian);
  write64(bytes, at + 64, meta.transaction, littleEndian);
  let sum = 0xcbf29ce484222325n;
  for (const byte of bytes.subarray(at + 16, at + 72)) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
  view.setBigUint64(at + 72, sum, littleEndian);
}

/** A revision as etcd keys it: `main`, `_`, `sub`, and `t` for a deletion. */
export function revisionKey(main: number, sub = 0, tombstone = ''): Uint8Array {
  const bytes = new Uint8Array(17 + tombstone.length);
  write64(bytes, 0, main, false);
  bytes[8] = 0x5f;
  write64(bytes, 9, sub, false);
  bytes.set(ascii(tombstone), 17);
  return bytes;
}

/** `mvccpb.KeyValue` with the numbers that etcd always has in it. */
export function keyValue(key: string, value: Uint8Array | string): Uint8Array {
  const content = typeof value === 'string' ? ascii(value) : value;
  return concat([field(1, ascii(key)), Uint8Array.of(0x10, 0x96, 0x01, 0x18, 0x02, 0x20, 0x01), field(5, content)]);
}

/** A length-delimited field of protobuf. */
export function field(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest % 128) | 0x80);
  }
  return concat([Uint8Array.of(number * 8 + 2, ...length), content]);
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function write64(bytes: Uint8Array, at: number, value: number, littleEndian: boolean): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, BigInt(value), littleEndian);
}
