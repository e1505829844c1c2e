import type { IncomingMessage } from 'node:http';
import { maxBodyBytes } from './limits.ts';
import { watchPace } from './pace.ts';

/** Why a call has no answer of a policy, as an HTTP status and words for whoever reads the API server's log. */
export class CallError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'CallError';
    this.status = status;
  }
}

const manyChunks = 128 * 1024;

/** How many bytes a call announces, or the most that it may send. Throws `CallError`. */
export function announcedBytes({ headers }: IncomingMessage): number {
  const length = headers['content-length'];
  if (length === undefined) return maxBodyBytes;
  const bytes = Number(length);
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new CallError(400, 'the content length is no number');
  if (bytes > maxBodyBytes) throw tooLarge();
  return bytes;
}

/**
 * The body, within so many milliseconds, and no slower than `slowestRate` after a while: whoever sends a byte now and
 * then holds room that others need. Rejects with `CallError` for one that is too long, too slow or cut. What is longer than a few chunks is put together as it comes, so that it is never in memory twice.
 */
export function readBody(request: IncomingMessage, within: number): Promise<Buffer> {
  const announced = request.headers['content-length'];
  const expected = announced === undefined ? undefined : Number(announced);
  const whole = expected !== undefined && expected > manyChunks ? Buffer.allocUnsafeSlow(expected) : undefined;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (outcome: Buffer | CallError): void => {
      stopWatching();
      request.off('data', take).off('end', end).off('error', cut).off('close', cut);
      if (outcome instanceof CallError) {
        request.pause();
        reject(outcome);
      } else {
        resolve(outcome);
      }
    };
    const take = (chunk: Buffer): void => {
      const from = length;
      length += chunk.length;
      if (length > (expected ?? maxBodyBytes)) settle(tooLarge());
      else if (whole === undefined) chunks.push(chunk);
      else whole.set(chunk, from);
    };
    const end = (): void => {
      if (!request.complete || (expected !== undefined && expected !== length)) return cut();
      if (whole !== undefined) return settle(whole);
      const [only] = chunks;
      settle(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length));
    };
    const cut = (): void => settle(new CallError(400, 'the body ended early'));
    const stopWatching = watchPace({
      within,
      received: () => length,
      onLate: (reason) =>
        settle(new CallError(408, reason === 'too long' ? 'the body took too long' : 'the body came too slowly')),
    });
    request.on('data', take).on('end', end).on('error', cut).on('close', cut);
  });
}

function tooLarge(): CallError {
  return new CallError(413, `the body is larger than ${maxBodyBytes / 1024 / 1024} MiB`);
}
