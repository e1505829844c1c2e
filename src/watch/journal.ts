import { type FileHandle, open } from 'node:fs/promises';

interface Waiting {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A file that only grows, and whose writers wait until what they wrote would survive a power cut. Writes that arrive
 * while one is under way share the next: a slow disk makes them wait for one `fdatasync`, not for one each.
 */
export class Journal {
  readonly path: string;
  private readonly file: FileHandle;
  private written: number;
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | undefined;

  private constructor(path: string, file: FileHandle, length: number) {
    this.path = path;
    this.file = file;
    this.written = length;
  }

  /** Opens or creates the file, cut to `length` where a write was torn. */
  static async open(path: string, length?: number): Promise<Journal> {
    const file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    if (length !== undefined && length < size) await file.truncate(length);
    return new Journal(path, file, Math.min(size, length ?? size));
  }

  /** Bytes in the file that were written whole. */
  get length(): number {
    return this.written;
  }

  /** Resolves when the bytes are durable. Rejects where they are not; then none of them is in the file. */
  append(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ bytes, resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  /** Resolves when everything appended so far is durable or refused. */
  async settled(): Promise<void> {
    await this.flushing;
  }

  /** The bytes at `offset`, fewer at the end of the file. */
  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.file.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  async close(): Promise<void> {
    await this.settled();
    await this.file.close();
  }

  private async flush(): Promise<void> {
    // A turn of the event loop, for the writers that are ready now to share this write.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      const group = this.waiting;
      this.waiting = [];
      try {
        await this.write(group.map(({ bytes }) => bytes));
        await this.file.datasync();
        for (const { bytes } of group) this.written += bytes.byteLength;
        for (const { resolve } of group) resolve();
      } catch (error) {
        // What a failed write left behind would stand in front of the next one.
        await this.file.truncate(this.written).catch(() => undefined);
        for (const { reject } of group) reject(error);
      }
    }
    this.flushing = undefined;
  }

  private async write(parts: readonly Uint8Array[]): Promise<void> {
    const total = parts.reduce((sum, part) => sum + part.byteLength, 0);
    // One write for many small ones; large ones are not copied.
    const chunks = total <= 256 * 1024 && parts.length > 1 ? [Buffer.concat(parts)] : parts;
    for (const chunk of chunks) {
      let done = 0;
      while (done < chunk.byteLength) {
        const { bytesWritten } = await this.file.write(chunk, done, chunk.byteLength - done);
        done += bytesWritten;
      }
    }
  }
}
