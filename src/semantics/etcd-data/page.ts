/*
 * The layout of a bbolt file (go.etcd.io/bbolt page.go, meta.go, bucket.go; file format version 2). Numbers are in the
 * byte order of the machine that wrote it. Offsets and lengths are in bytes.
 */

/** A meta page: where the tree starts. */
export interface Meta {
  readonly littleEndian: boolean;
  readonly pageSize: number;
  /** Page of the bucket that holds all buckets. */
  readonly root: number;
  /** The first page number that was never used: pages below it belong to the file. */
  readonly highWater: number;
  readonly transaction: number;
}

export interface PageHeader {
  readonly id: number;
  readonly kind: 'branch' | 'leaf' | 'other';
  readonly count: number;
  /** How many pages after this one it continues over. */
  readonly overflow: number;
}

/** One key and value of a leaf. It is reused: copy what must outlive the call that it is given to. */
export interface Slot {
  bytes: Uint8Array;
  bucket: boolean;
  keyStart: number;
  keyEnd: number;
  valueEnd: number;
}

export const headerSize = 16;
const elementSize = 16;
/** Of a bucket's value: the page of its root and its sequence. A root of 0 is a page that follows inline. */
export const bucketHeaderSize = 16;
/** Header, meta and checksum. */
export const metaSize = headerSize + 64;

const magic = 0xed0cdaed;
const version = 2;
const bucketFlag = 1;

/** The meta at the start of `page`, or why there is none. */
export function readMeta(page: Uint8Array): Meta | string {
  if (page.length < metaSize) return 'the file is too short';
  const view = viewOf(page);
  const little = view.getUint32(headerSize, true) === magic;
  if (!little && view.getUint32(headerSize, false) !== magic) return 'it is not a bbolt database';
  const found = view.getUint32(headerSize + 4, little);
  if (found !== version) return `its bbolt format is version ${found}; etcd writes ${version}`;
  const sum = view.getBigUint64(headerSize + 56, little);
  if (sum !== checksum(page.subarray(headerSize, headerSize + 56))) return 'the checksum of its meta page is wrong';
  const pageSize = view.getUint32(headerSize + 8, little);
  if (!isPageSize(pageSize)) return `its page size of ${pageSize} is impossible`;
  return {
    littleEndian: little,
    pageSize,
    root: readNumber(view, headerSize + 16, little),
    highWater: readNumber(view, headerSize + 40, little),
    transaction: readNumber(view, headerSize + 48, little),
  };
}

/** bbolt takes the page size of the operating system: 4 KiB to 64 KiB in practice. */
function isPageSize(size: number): boolean {
  return size >= 1024 && size <= 16 * 1024 * 1024 && Number.isInteger(Math.log2(size));
}

/** FNV-1a, 64 bits. */
function checksum(bytes: Uint8Array): bigint {
  let sum = 0xcbf29ce484222325n;
  for (const byte of bytes) sum = ((sum ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return sum;
}

/** An unsigned 64-bit number; above 2^53 it is not exact, and larger than any page or revision that can be. */
export function readNumber(view: DataView, at: number, littleEndian: boolean): number {
  const first = view.getUint32(at, littleEndian);
  const second = view.getUint32(at + 4, littleEndian);
  return littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The header of a page of at least 16 bytes. */
export function readHeader(view: DataView, littleEndian: boolean): PageHeader {
  const flags = view.getUint16(8, littleEndian);
  return {
    id: readNumber(view, 0, littleEndian),
    kind: flags === 0x01 ? 'branch' : flags === 0x02 ? 'leaf' : 'other',
    count: view.getUint16(10, littleEndian),
    overflow: view.getUint32(12, littleEndian),
  };
}

/** The pages that a branch which fills `page` leads to: as many of its `count` elements as lie in it. */
export function* childrenOf(page: DataView, count: number, littleEndian: boolean): Iterable<number> {
  const fitting = Math.min(count, elementsThatFit(page.byteLength));
  for (let index = 0; index < fitting; index += 1) {
    yield readNumber(page, headerSize + index * elementSize + 8, littleEndian);
  }
}

/** How many elements a page of `size` bytes has room for. */
export function elementsThatFit(size: number): number {
  return Math.floor((size - headerSize) / elementSize);
}

export interface LeafOptions {
  readonly littleEndian: boolean;
  readonly count: number;
  readonly visit: (slot: Slot) => void;
}

/**
 * Visits the elements of a leaf that fills `page`. Returns how many of them do not lie in it one after another, as
 * bbolt writes them: those are left out, so that no byte is visited twice.
 */
export function visitLeaf(page: Uint8Array, options: LeafOptions): number {
  const { littleEndian, count, visit } = options;
  const view = viewOf(page);
  const slot: Slot = { bytes: page, bucket: false, keyStart: 0, keyEnd: 0, valueEnd: 0 };
  let floor = headerSize + count * elementSize;
  let broken = 0;
  for (let index = 0; index < count; index += 1) {
    const at = headerSize + index * elementSize;
    if (at + elementSize > page.length) return broken + count - index;
    slot.bucket = (view.getUint32(at, littleEndian) & bucketFlag) !== 0;
    slot.keyStart = at + view.getUint32(at + 4, littleEndian);
    slot.keyEnd = slot.keyStart + view.getUint32(at + 8, littleEndian);
    slot.valueEnd = slot.keyEnd + view.getUint32(at + 12, littleEndian);
    if (slot.keyStart < floor || slot.valueEnd > page.length) {
      broken += 1;
      continue;
    }
    floor = slot.valueEnd;
    visit(slot);
  }
  return broken;
}
