/** A set of page numbers below `limit`, a bit each. */
export class PageSet {
  private readonly bits: Uint8Array;
  size = 0;

  constructor(limit: number) {
    this.bits = new Uint8Array(Math.ceil(limit / 8));
  }

  has(page: number): boolean {
    return ((this.bits[Math.floor(page / 8)] ?? 0) & (1 << (page % 8))) !== 0;
  }

  /** False where it was in the set before. */
  add(page: number): boolean {
    if (this.has(page)) return false;
    const index = Math.floor(page / 8);
    this.bits[index] = (this.bits[index] ?? 0) | (1 << (page % 8));
    this.size += 1;
    return true;
  }
}
