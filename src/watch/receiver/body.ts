import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Longest EventList, unpacked. The API server sends 10 MiB at most where it truncates. */
export const maxBodyBytes = 16 * 1024 * 1024;

/** Why a body is not taken, as an HTTP status. */
export class BodyError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'BodyError';
    this.status = status;
  }
}

/** The body of a request, unpacked. Throws `BodyError`. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') throw new BodyError(415, `content encoding ${encoding}`);
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const [only] = chunks;
  const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length);
  if (encoding === 'identity') return body;
  try {
    return await promisify(gunzip)(body, { maxOutputLength: maxBodyBytes });
  } catch (error) {
    const bomb = error instanceof RangeError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw bomb ? tooLarge() : new BodyError(400, 'the body is not gzip');
  }
}

function tooLarge(): BodyError {
  return new BodyError(413, `the body is larger than ${maxBodyBytes / 1024 / 1024} MiB`);
}
