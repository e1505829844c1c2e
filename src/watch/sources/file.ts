import { stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { BulwarkError } from '../../model/errors.ts';
import { chunkBytes, LogFile } from './log-file.ts';
import { EventReader } from './read-events.ts';
import { findRotated, isOf } from './rotation.ts';
import type { Batch, Damage, EventSource, Position, ReadingOptions } from './source.ts';
import { batchesOf } from './stream.ts';

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

class FileReading {
  private readonly path: string;
  private readonly options: Options;

  constructor(path: string, options: Options) {
    this.path = path;
    this.options = options;
  }

  async *batches(): AsyncIterable<Batch> {
    const { from, follow, signal } = this.options;
    let file = await this.open();
    let at: Position | undefined = from;
    let drained: number | undefined;
    while (file !== undefined && !signal.aborted) {
      try {
        const offset: number = at === undefined ? 0 : await this.startIn(file, at);
        if (at !== undefined && offset === -1) yield* this.between(at, drained);
        if (!follow || file.isCompressed || !file.isRegular) {
          yield* this.whole(file, Math.max(0, offset));
          return;
        }
        at = yield* this.follow(file, Math.max(0, offset));
        drained = await file.modified();
      } finally {
        await file.handle.close();
      }
      file = await this.open();
    }
  }

  /** Waits for the file if it is followed. */
  private async open(): Promise<LogFile | undefined> {
    const { path } = this;
    const { follow, signal } = this.options;
    for (;;) {
      const file = await LogFile.open(path);
      if (file !== undefined || signal.aborted) return file;
      if (!follow) throw new BulwarkError('log-unreadable', `there is no file ${path}`, 'check the path');
      await this.pause();
    }
  }

  /** Where to go on in the file, -1 if the position is in another one. */
  private async startIn(file: LogFile, at: Position): Promise<number> {
    if (at.file === undefined || !(await isOf(file, at))) return at.offset === 0 ? 0 : -1;
    return file.isCompressed || !file.isRegular || (await file.size()) >= at.offset ? at.offset : -1;
  }

  /** What was written between a position and the file that is there now. */
  private async *between(at: Position, drained: number | undefined): AsyncIterable<Batch> {
    const { old, later } = await findRotated(this.path, at, drained);
    if (old === undefined && drained === undefined) yield this.gone(at);
    for (const [file, offset] of [[old, at.offset] as const, ...later.map((path) => [path, 0] as const)]) {
      const opened = typeof file === 'string' ? await LogFile.open(file) : file;
      if (opened === undefined) continue;
      try {
        yield* this.whole(opened, offset);
      } finally {
        await opened.handle.close();
      }
    }
  }

  private gone(at: Position): Batch {
    const source = this.path;
    const problem = 'the file that was read up to here is gone: what else was in it is lost';
    const damages = [{ source, offset: at.offset, bytes: 0, problem }];
    return { source, events: [], damages, position: at, bytes: 0 };
  }

  private async *whole(file: LogFile, offset: number): AsyncIterable<Batch> {
    const { signal, wanted } = this.options;
    const chunks = file.chunks(file.isCompressed ? 0 : offset);
    if (!file.isCompressed) {
      const reading = { source: this.path, signal, ...(wanted !== undefined && { wanted }) };
      yield* this.placed(batchesOf(chunks, { ...reading, skip: 0, locate: (at) => at + offset }), file, offset);
      return;
    }
  }
}
