import { stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { BulwarkError } from '../../model/errors.ts';
import { chunkBytes, LogFile } from './log-file.ts';
import { EventReader } from './read-events.ts';
import { findRotated, isOf } from './rotation.ts';
import type { Batch, EventSource, Position, ReadingOptions } from './source.ts';
import { batchesOf, found } from './stream.ts';

export interface FileSourceOptions {
  /** How often to look for more, in milliseconds. */
  readonly pollMs?: number;
  /** How long a rotated file is still watched: its writer may not have let go of it. */
  readonly graceMs?: number;
}

/**
 * A log file. Followed, it is read across rotation by renaming (the old file to its end first, then what came between,
 * then the new one), truncation after copying, and before it exists. A position whose file was rotated meanwhile goes
 * on in the rotated file, also if that is compressed by now. A compressed file, and a pipe, is read to its end.
 */
export function fileSource(path: string, { pollMs = 100, graceMs = 500 }: FileSourceOptions = {}): EventSource {
  return {
    name: path,
    batches: (options) => new FileReading(path, { ...options, pollMs, graceMs }).batches(),
  };
}

type Options = ReadingOptions & Required<FileSourceOptions>;

/** Where a followed file was left, for the one that took its place. */
interface Left {
  readonly at: Position;
  /** When the file was last written to, where it was read to its end. */
  readonly drained: number | undefined;
}

class FileReading {
  private readonly path: string;
  private readonly options: Options;

  constructor(path: string, options: Options) {
    this.path = path;
    this.options = options;
  }

  async *batches(): AsyncIterable<Batch> {
    const { from, follow, signal } = this.options;
    let left: Left | undefined = from?.file === undefined ? undefined : { at: from, drained: undefined };
    for (let file = await this.open(); file !== undefined; file = await this.open()) {
      try {
        const offset: number = left === undefined ? 0 : await startIn(file, left.at);
        if (left !== undefined && offset === -1) yield* this.between(left, file);
        const begin = Math.max(0, offset);
        if (!follow || file.compression !== undefined || !file.isRegular) {
          yield* this.whole(file, begin);
          return;
        }
        if (left === undefined) yield await this.opening(file, begin);
        left = yield* this.follow(file, begin);
      } finally {
        await file.handle.close();
      }
      if (signal.aborted) return;
    }
  }

  /** Waits for the file if it is followed; undefined once the signal is aborted. */
  private async open(): Promise<LogFile | undefined> {
    const { path } = this;
    const { follow, signal } = this.options;
    while (!signal.aborted) {
      const file = await LogFile.open(path);
      if (file !== undefined) return file;
      if (!follow) throw new BulwarkError('log-unreadable', `there is no file ${path}`, 'check the path');
      await this.pause();
    }
    return undefined;
  }

  /** What was written between a position and the file that is there now. */
  private async *between({ at, drained }: Left, current: LogFile): AsyncIterable<Batch> {
    const { old, later } = await findRotated(this.path, { at, drained, current });
    try {
      if (old !== undefined) yield* this.whole(old, at.offset);
      else if (drained === undefined) yield this.gone(at);
      for (const file of later) yield* this.whole(file, 0);
    } finally {
      for (const file of [old, ...later]) await file?.handle.close();
    }
  }

  /** No event yet: who is killed after the first one has to find this file again, under whatever name. */
  private async opening(file: LogFile, offset: number): Promise<Batch> {
    const position = { ...(await this.position(file, { offset, end: await file.size() })), offset };
    return { source: this.path, events: [], damages: [], position, bytes: 0 };
  }

  private gone(at: Position): Batch {
    const source = this.path;
    const problem = 'the file that was read up to here is gone: what else was in it is lost';
    return { source, events: [], damages: [{ source, offset: at.offset, bytes: 0, problem }], position: at, bytes: 0 };
  }

  /** A file from `from` to its end. */
  private whole(file: LogFile, from: number): AsyncIterable<Batch> {
    const { signal, wanted } = this.options;
    const begin = file.compression === undefined ? from : 0;
    return batchesOf(file.chunks(from), {
      source: this.path,
      signal,
      ...(wanted !== undefined && { wanted }),
      begin,
      from,
      locate: (offset, end) => this.position(file, { offset, end }),
    });
  }

  /** A file as it grows, until it was rotated and read to its end, or truncated. */
  private async *follow(file: LogFile, from: number): AsyncGenerator<Batch, Left> {
    const { signal, wanted, graceMs } = this.options;
    const source = this.path;
    const reader = new EventReader({ source, offset: from, ...(wanted !== undefined && { wanted }) });
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let at = await this.position(file, { offset: from, end: from });
    let isIdle = false;
    let replaced: number | undefined;
    while (!signal.aborted) {
      const { bytesRead } = await file.handle.read(buffer, 0, buffer.length, reader.end);
      if (bytesRead > 0) {
        // It may have been truncated, and grown past where we were.
        if (isIdle && at.fingerprint !== undefined && !(await file.begins(at.fingerprint))) return lost(at);
        isIdle = false;
        const before = reader.offset;
        const read = reader.push(buffer.subarray(0, bytesRead));
        if (reader.offset === before) continue;
        at = await this.position(file, reader);
        yield { source, ...found(read), position: at, bytes: bytesRead };
        continue;
      }
      if ((await file.size()) < reader.end) return lost(at);
      replaced = (await this.isReplaced(file)) ? (replaced ?? performance.now()) : undefined;
      if (replaced !== undefined && performance.now() - replaced >= graceMs) {
        const read = reader.finish();
        at = await this.position(file, { offset: reader.end, end: reader.end });
        if (read.events.length + read.damages.length > 0) {
          yield { source, ...found(read), position: at, bytes: 0 };
        }
        return { at, drained: await file.modified() };
      }
      isIdle = true;
      await this.pause();
    }
    return lost(at);
  }

  private async position(file: LogFile, { offset, end }: Reached): Promise<Position> {
    const { device, inode } = file;
    const position = { source: this.path, file: { device, inode }, offset };
    if (!file.isRegular) return { source: this.path, offset };
    const fingerprint = await file.fingerprint(end);
    return fingerprint === undefined ? position : { ...position, fingerprint };
  }

  /** Whether the path names another file by now. Between two files it names none: then the next will come. */
  private async isReplaced({ device, inode }: LogFile): Promise<boolean> {
    const stats = await stat(this.path, { bigint: true }).catch(() => undefined);
    return stats !== undefined && (`${stats.ino}` !== inode || `${stats.dev}` !== device);
  }

  private async pause(): Promise<void> {
    await wait(this.options.pollMs, undefined, { signal: this.options.signal }).catch(() => undefined);
  }
}

/** How far a file was read: whole records, and bytes. */
interface Reached {
  readonly offset: number;
  readonly end: number;
}

/** Left before its end: what was behind the position is looked for in a copy. */
function lost(at: Position): Left {
  return { at, drained: undefined };
}

/** Where to go on in a file, -1 if the position is in another one. */
async function startIn(file: LogFile, at: Position): Promise<number> {
  if (!(await isOf(file, at))) return -1;
  // Cut short, it still holds nothing that is new.
  return file.compression === undefined && file.isRegular ? Math.min(at.offset, await file.size()) : at.offset;
}
