const chunkSize = 1024 * 1024;
const firstCapacity = 1024;

/** Numbers keys in the order that they first come, from 0. It keeps each once, as bytes, and nothing per key besides. */
export class KeyIndex {
  size = 0;
  private readonly chunks: Uint8Array[] = [];
  private used = 0;
  /** Of each key: where it starts, counted over all chunks, its length and its hash. */
  private starts = new Float64Array(firstCapacity);
  private lengths = new Uint16Array(firstCapacity);
  private hashes = new Uint32Array(firstCapacity);
  /** Open addressing: number of the key and one, or 0. Twice to four times as long as there are keys. */
  private table = new Uint32Array(firstCapacity * 2);
  private readonly seed: number;

  private readonly limit: number;

  /** A `seed` that nobody can foresee keeps a hostile file from choosing keys that all hash alike. */
  constructor({ seed, limit }: { readonly seed: number; readonly limit: number }) {
    this.seed = seed >>> 0;
    this.limit = limit;
  }

  /** Longest key that it takes, in bytes: object names end at 253. */
  static readonly maxLength = 4096;

  /** The number of the key between `start` and `end`; -1 for a new one where there are as many as there may be. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = this.hash(bytes, start, end);
    const mask = this.table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.table[slot] as number) - 1;
      if (number === -1) {
        if (this.size === this.limit) return -1;
        if (this.size === this.starts.length) {
          this.grow();
          return this.intern(bytes, start, end);
        }
        this.table[slot] = this.size + 1;
        return this.add(bytes, start, end, hash);
      }
      if (this.hashes[number] === hash && this.equals(number, bytes, start, end)) return number;
    }
  }

  /** The key of a number that `intern` gave. Bytes that are not UTF-8 are replaced. */
  text(number: number): string {
    const start = this.starts[number] ?? 0;
    const chunk = this.chunks[Math.floor(start / chunkSize)] ?? new Uint8Array();
    const at = start % chunkSize;
    return Buffer.from(chunk.buffer, at, this.lengths[number] ?? 0).toString('utf8');
  }

  private add(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const number = this.size;
    const length = end - start;
    if (this.chunks.length === 0 || this.used + length > chunkSize) {
      this.chunks.push(new Uint8Array(chunkSize));
      this.used = 0;
    }
    const chunk = this.chunks[this.chunks.length - 1] as Uint8Array;
    chunk.set(bytes.subarray(start, end), this.used);
    this.starts[number] = (this.chunks.length - 1) * chunkSize + this.used;
    this.lengths[number] = length;
    this.hashes[number] = hash;
    this.used += length;
    this.size += 1;
    return number;
  }

  private grow(): void {
    const capacity = this.starts.length * 2;
    this.starts = withLength(this.starts, new Float64Array(capacity));
    this.lengths = withLength(this.lengths, new Uint16Array(capacity));
    this.hashes = withLength(this.hashes, new Uint32Array(capacity));
    const table = new Uint32Array(capacity * 2);
    const mask = table.length - 1;
    for (let number = 0; number < this.size; number += 1) place(table, mask, this.hashes[number] as number, number);
    this.table = table;
  }

  private equals(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.lengths[number] !== end - start) return false;
    const from = this.starts[number] as number;
    const chunk = this.chunks[Math.floor(from / chunkSize)] as Uint8Array;
    const at = from % chunkSize;
    // Keys share their beginnings.
    for (let index = end - start - 1; index >= 0; index -= 1) {
      if (chunk[at + index] !== bytes[start + index]) return false;
    }
    return true;
  }

  private hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.seed;
    for (let at = start; at < end; at += 1) {
      hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }
}

function withLength<T extends Float64Array | Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function place(table: Uint32Array, mask: number, hash: number, number: number): void {
  let slot = hash & mask;
  while (table[slot] !== 0) slot = (slot + 1) & mask;
  table[slot] = number + 1;
}
