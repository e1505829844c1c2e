import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { BulwarkError } from '../../model/errors.ts';
import { compressionOf, decompressed } from './decompress.ts';

/** How many of a file's first bytes tell it from any other. */
const fingerprinted = 1024;

/** An open log: which file it is, whatever its name is by now. */
export class LogFile {
  readonly handle: FileHandle;
  readonly device: string;
  readonly inode: string;
  /** Pipes and devices are read once, from wherever they are. */
  readonly isRegular: boolean;
  readonly isCompressed: boolean;
  private known: { readonly length: number; readonly text: string } | undefined;

  private constructor(handle: FileHandle, of: Pick<LogFile, 'device' | 'inode' | 'isRegular' | 'isCompressed'>) {
    this.handle = handle;
    this.device = of.device;
    this.inode = of.inode;
    this.isRegular = of.isRegular;
    this.isCompressed = of.isCompressed;
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
      const isCompressed = compressionOf(begin.subarray(0, bytesRead)) !== undefined;
      return new LogFile(handle, { device: `${stats.dev}`, inode: `${stats.ino}`, isRegular, isCompressed });
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
   * `LENGTH:HASH` of the first bytes, up to `offset` of what is decompressed: those were whole when they were read.
   * Undefined for an empty beginning.
   */
  async fingerprint(offset: number): Promise<string | undefined> {
    const length = Math.min(offset, fingerprinted);
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

  /** The bytes of a file as they are stored, from `offset` to its end. */
  async *chunks(offset = 0): AsyncIterable<Buffer> {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (let at = offset; ; ) {
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, this.isRegular ? at : null);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  private async begin(length: number): Promise<Buffer> {
    if (!this.isCompressed) {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await this.handle.read(buffer, 0, length, 0);
      return buffer.subarray(0, bytesRead);
    }
    const parts: Buffer[] = [];
    let size = 0;
    const stored = Buffer.alloc(4);
    await this.handle.read(stored, 0, 4, 0);
    const compression = compressionOf(stored) ?? 'gzip';
    try {
      for await (const chunk of decompressed(this.chunks(), compression)) {
        parts.push(Buffer.from(chunk));
        size += chunk.length;
        if (size >= length) break;
      }
    } catch {
      // It is still being written, or damaged: it begins as far as it goes.
    }
    return Buffer.concat(parts).subarray(0, length);
  }
}

/** What is read at once: larger is no faster. */
export const chunkBytes = 256 * 1024;

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
