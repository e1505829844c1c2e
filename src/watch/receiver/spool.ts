import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal } from '../journal.ts';
import { syncFolder } from '../replace-file.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** A new file begins after this many bytes. */
  readonly segmentBytes: number;
  /** Bytes that are kept after they were handled, to recognise what is sent again. */
  readonly retainedBytes: number;
  /** The first offset that may be used: the end of what was handled before. */
  readonly from: number;
}

/** What was spooled in one piece. Offsets count over all files since the first. */
export interface Frame {
  readonly offset: number;
  readonly end: number;
  readonly body: Buffer;
}

interface Segment {
  readonly start: number;
  readonly path: string;
  end: number;
}

/** Length and digest of the body: a torn or spoilt frame is none. */
const headerBytes = 12;
const digestBytes = 8;
/** Larger than any body that is admitted: a longer frame is a spoilt one. */
const maxBody = 64 * 1024 * 1024;

/**
 * Bodies on disk, in order of arrival, from when they are acknowledged to when a checkpoint covers them. A file per
 * segment, named by its first offset.
 */
export class Spool {
  private readonly options: SpoolOptions;
  private readonly segments: Segment[];
  private journal: Journal;
  private handled: number;
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(options: SpoolOptions, segments: Segment[], journal: Journal) {
    this.options = options;
    this.segments = segments;
    this.journal = journal;
    this.handled = options.from;
  }

  static async open(options: SpoolOptions): Promise<Spool> {
    const { folder, from } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const segments: Segment[] = [];
    for (const name of (await readdir(folder)).toSorted()) {
      const start = /^\d{16}\.spool$/.test(name) ? Number(name.slice(0, 16)) : undefined;
      if (start === undefined) continue;
      const segment = { start, path: join(folder, name), end: start };
      for await (const { end } of framesOf(segment, start)) segment.end = end;
      segments.push(segment);
    }
    const last = segments.at(-1);
    const begin = Math.max(last?.end ?? 0, from);
    const path = segmentPath(folder, begin);
    // An empty one of the same name is used again.
    if (last?.path === path) segments.pop();
    const journal = await Journal.open(path, 0);
    await syncFolder(folder);
    segments.push({ start: begin, path, end: begin });
    return new Spool(options, segments, journal);
  }

  /** Offset behind the last frame that is durable. */
  get end(): number {
    return this.current.end;
  }

  /** Bytes that no checkpoint covers yet. */
  get backlog(): number {
    return this.end - this.handled;
  }

  /** Resolves with the place of the frame when it is durable. Rejects where the disk does not take it. */
  async append(body: Uint8Array): Promise<{ readonly offset: number; readonly end: number }> {
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32BE(body.byteLength, 0);
    digestOf(body).copy(header, 4);
    const frame = Buffer.concat([header, body]);
    await this.next(() => this.makeRoom(frame.length));
    const segment = this.current;
    const { journal } = this;
    await journal.append(frame);
    const offset = segment.end;
    segment.end += frame.length;
    return { offset, end: segment.end };
  }

  /** The frames from one offset to another. */
  async *frames(from: number, until: number): AsyncIterable<Frame> {
    for (const segment of [...this.segments]) {
      if (segment.end <= from) continue;
      for await (const frame of framesOf(segment, Math.max(from, segment.start))) {
        if (frame.offset >= until) return;
        yield frame;
      }
    }
  }

  /** A checkpoint covers what is before the offset: files that nobody needs any more go. */
  async release(offset: number): Promise<void> {
    this.handled = Math.max(this.handled, offset);
    while (this.segments.length > 1) {
      const [oldest] = this.segments;
      if (oldest === undefined || oldest.end > this.handled - this.options.retainedBytes) return;
      this.segments.shift();
      await rm(oldest.path, { force: true });
    }
  }

  async close(): Promise<void> {
    await this.turn.catch(() => undefined);
    await this.journal.close();
  }

  private get current(): Segment {
    return this.segments[this.segments.length - 1] as Segment;
  }

  private async makeRoom(bytes: number): Promise<void> {
    const { segmentBytes, folder } = this.options;
    const { start, end } = this.current;
    if (end === start || end + bytes - start <= segmentBytes) return;
    // Frames on their way belong to the old file.
    await this.journal.settled();
    await new Promise(setImmediate);
    const begin = this.current.end;
    const path = segmentPath(folder, begin);
    const journal = await Journal.open(path, 0);
    await syncFolder(folder);
    await this.journal.close();
    this.journal = journal;
    this.segments.push({ start: begin, path, end: begin });
  }

  private next(task: () => Promise<void>): Promise<void> {
    const done = this.turn.then(task, task);
    this.turn = done.catch(() => undefined);
    return done;
  }
}

function segmentPath(folder: string, start: number): string {
  return join(folder, `${String(start).padStart(16, '0')}.spool`);
}

function digestOf(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest().subarray(0, digestBytes);
}

/** The whole frames of a segment from an offset, up to the first that is torn. */
async function* framesOf({ start, path }: Segment, from: number): AsyncIterable<Frame> {
  const file = await open(path, 'r');
  try {
    let offset = from;
    for (;;) {
      const header = await readAt(file, offset - start, headerBytes);
      if (header === undefined) return;
      const length = header.readUInt32BE(0);
      if (length > maxBody) return;
      const body = await readAt(file, offset - start + headerBytes, length);
      if (body === undefined || !digestOf(body).equals(header.subarray(4))) return;
      const end = offset + headerBytes + length;
      yield { offset, end, body };
      offset = end;
    }
  } finally {
    await file.close();
  }
}

async function readAt(
  file: Awaited<ReturnType<typeof open>>,
  position: number,
  length: number,
): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return bytesRead === length ? buffer : undefined;
}
