import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Decompress } from 'fzstd';

/** Compressed data that ends early or is damaged: what came before it is good. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError';
}

export type Compression = 'gzip' | 'zstd';

/** By the first four bytes, whatever the name of the file is. */
export function compressionOf(begin: Buffer): Compression | undefined {
  if (begin[0] === 0x1f && begin[1] === 0x8b) return 'gzip';
  return begin.length >= 4 && begin.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : undefined;
}

/** What the chunks hold, decompressed piece by piece. Throws CompressionError. */
export function decompressed(chunks: AsyncIterable<Buffer>, compression: Compression): AsyncIterable<Buffer> {
  return compression === 'gzip' ? gunzipped(chunks) : unzstd(chunks);
}

async function* gunzipped(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const input = Readable.from(chunks);
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  input.on('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    throw isZlibError(error) ? new CompressionError(`gzip: ${error.message}`) : error;
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}

/** A block of four bytes can stand for 128 KiB: this much input is at most 64 MiB of output in memory. */
const morsel = 2048;

async function* unzstd(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  // Most logs are not compressed with it, and then it need not be loaded.
  const { Decompress } = await import('fzstd');
  const output: Buffer[] = [];
  const stream = new Decompress((bytes) => {
    output.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += morsel) {
      // It keeps what it is given, and the chunk may be used again.
      push(stream, { bytes: Uint8Array.from(chunk.subarray(at, at + morsel)), last: false });
      yield* output.splice(0);
    }
  }
  push(stream, { bytes: new Uint8Array(0), last: true });
  yield* output.splice(0);
}

function push(stream: Decompress, { bytes, last }: { readonly bytes: Uint8Array; readonly last: boolean }): void {
  try {
    stream.push(bytes, last);
  } catch (error) {
    throw new CompressionError(`zstd: ${error instanceof Error ? error.message : 'damaged'}`);
  }
}
