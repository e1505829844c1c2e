import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { BulwarkError } from '../../model/errors.ts';
import { type Compression, CompressionError, compressionOf, decompressed } from './decompress.ts';
import { opened } from './stream.ts';

/** How many of a file's first bytes tell it from any other. */
const fingerprinted = 1024;

/** An open log: which file it is, whatever its name is by now. */
export class LogFile {
  readonly handle: FileHandle;
  readonly device: string;
  readonly inode: string;
  /** Pipes and devices are read once, from wherever they are. */
  readonly isRegular: boolean;
  readonly compression: Compression | undefined;
  private known: { readonly length: number; readonly text: string } | undefined;

  private constructor(handle: FileHandle, of: Pick<LogFile, 'device' | 'inode' | 'isRegular' | 'compression'>) {
    this.handle = handle;
    this.device = of.device;
    this.inode = of.inode;
    this.isRegular = of.isRegular;
    this.compression = of.compression;
  }

  /** Undefined where there is no such file. Throws `log-unreadable`. */
  static async open(path: string): Promise<LogFile | undefined> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const stats = await handle.stat({ bigint: true });
      if (stats.isDirectory()) {
        throw new BulwarkError('log-unreadable', `${path} is a directory`, `name the files in it: ${path}/*.log`);
      }
      const isRegular = stats.isFile();
      const begin = Buffer.alloc(4);
      const { bytesRead } = isRegular ? await handle.read(begin, 0, 4, 0) : { bytesRead: 0 };
      const compression = compressionOf(begin.subarray(0, bytesRead));
      return new LogFile(handle, { device: `${stats.dev}`, inode: `${stats.ino}`, isRegular, compression });
    } catch (error) {
      await handle?.close();
      if (error instanceof BulwarkError) throw error;
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT') return undefined;
      const reason = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : messageOf(error);
      const hint = code === 'EACCES' ? 'the API server writes its log for its own user only: try as root' : '';
      throw new BulwarkError('log-unreadable', `cannot read ${path}: ${reason}`, hint, { cause: error });
    }
  }

  get identity(): { readonly device: string; readonly inode: string } {
    return { device: this.device, inode: this.inode };
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  async modified(): Promise<number> {
    return (await this.handle.stat()).mtimeMs;
  }

  /**
   * `LENGTH:HASH` of the first bytes, decompressed, as far as the file was read: a log only ever grows. Undefined for
   * an empty beginning.
   */
  async fingerprint(end: number): Promise<string | undefined> {
    const length = Math.min(end, fingerprinted);
    if (length === 0) return undefined;
    if (this.known?.length !== length) {
      const begin = await this.begin(length);
      if (begin.length < length) return undefined;
      this.known = { length, text: `${length}:${hash(begin)}` };
    }
    return this.known.text;
  }

  /** Whether this file begins as the one did that the fingerprint is of. */
  async begins(fingerprint: string): Promise<boolean> {
    const length = Number(fingerprint.slice(0, fingerprint.indexOf(':')));
    if (!Number.isInteger(length) || length < 1 || length > fingerprinted) return false;
    const begin = await this.begin(length);
    return begin.length === length && `${length}:${hash(begin)}` === fingerprint;
  }

  /** The bytes of the log from its beginning or, where it is not compressed, from `offset`. */
  async *chunks(offset = 0): AsyncIterable<Buffer> {
    if (!this.isRegular) yield* opened(this.stored(0));
    else if (this.compression === undefined) yield* this.stored(offset);
    else yield* decompressed(this.stored(0), this.compression);
  }

  private async *stored(offset: number): AsyncIterable<Buffer> {
    for (let at = offset; ; ) {
      // Decompressing reads ahead, so that each chunk needs memory of its own.
      const buffer = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, this.isRegular ? at : null);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  private async begin(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of this.chunks()) {
        parts.push(chunk);
        size += chunk.length;
        if (size >= length) break;
      }
    } catch (error) {
      // It is still being written, or damaged: it begins as far as it goes.
      if (!(error instanceof CompressionError)) throw error;
    }
    return Buffer.concat(parts).subarray(0, length);
  }
}

/** Whether a fingerprint is of enough to tell logs apart: all begin alike, up to the first audit id. */
export function isTelling(fingerprint: string): boolean {
  return Number(fingerprint.slice(0, fingerprint.indexOf(':'))) >= 128;
}

/** What is read at once: larger is no faster. */
export const chunkBytes = 256 * 1024;

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
