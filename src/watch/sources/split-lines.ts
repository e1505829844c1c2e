/** A line without its end, as a view of what was pushed: it holds until the next push. */
export interface Line {
  /** Undefined for a line that was too long to keep. */
  readonly bytes: Buffer | undefined;
  readonly offset: number;
  /** Behind its newline: where the next one begins. */
  readonly end: number;
}

const newline = 0x0a;

/** Cuts a stream into lines at newlines, in whatever pieces it comes. Holds one unfinished line of at most `limit` bytes. */
export class LineSplitter {
  private readonly limit: number;
  /** Copies of the beginning of an unfinished line. */
  private parts: Buffer[] = [];
  private kept = 0;
  private tooLong = false;
  /** Where the unfinished line begins. */
  private begin: number;
  /** Where the next chunk begins. */
  private next: number;

  constructor({ limit, offset = 0 }: { readonly limit: number; readonly offset?: number }) {
    this.limit = limit;
    this.begin = offset;
    this.next = offset;
  }

  /** Behind the last whole line. */
  get offset(): number {
    return this.begin;
  }

  /** Behind the last byte that was pushed. */
  get end(): number {
    return this.next;
  }

  /** The lines that end in this chunk. The chunk may be used again once they are read. */
  *push(chunk: Buffer): Iterable<Line> {
    const base = this.next;
    this.next += chunk.length;
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      const offset = this.begin;
      const bytes = this.joined(chunk.subarray(from, at));
      from = at + 1;
      this.begin = base + from;
      yield { bytes, offset, end: this.begin };
    }
    this.keep(chunk, from);
  }

  /** The line that the stream ended in, if it did not end with a newline. */
  rest(): Line | undefined {
    const offset = this.begin;
    if (offset === this.next) return undefined;
    const bytes = this.joined(Buffer.alloc(0));
    this.begin = this.next;
    return { bytes, offset, end: this.next };
  }

  private joined(last: Buffer): Buffer | undefined {
    const { parts, kept } = this;
    const tooLong = this.tooLong || kept + last.length > this.limit;
    this.tooLong = false;
    if (parts.length === 0) return tooLong ? undefined : last;
    this.parts = [];
    this.kept = 0;
    return tooLong ? undefined : Buffer.concat([...parts, last], kept + last.length);
  }

  private keep(chunk: Buffer, from: number): void {
    if (this.tooLong || from === chunk.length) return;
    const rest = chunk.length - from;
    if (this.kept + rest > this.limit) {
      this.tooLong = true;
      this.parts = [];
      this.kept = 0;
      return;
    }
    this.parts.push(Buffer.from(chunk.subarray(from)));
    this.kept += rest;
  }
}
