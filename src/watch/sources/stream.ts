import { CompressionError, compressionOf, decompressed } from './decompress.ts';
import { EventReader, type ReadEvents } from './read-events.ts';
import type { Batch, EventSource, Position, ReadingOptions } from './source.ts';

export interface ChunkOptions extends Pick<ReadingOptions, 'signal' | 'wanted'> {
  readonly source: string;
  /** Offset of the first chunk. */
  readonly begin: number;
  /** Where to read from: what is before it was read already. */
  readonly from: number;
  /** The position at an offset of what is read, when it was read up to `end`. */
  readonly locate: (offset: number, end: number) => Position | Promise<Position>;
}

/** The events in chunks that come to an end. */
export async function* batchesOf(chunks: AsyncIterable<Buffer>, options: ChunkOptions): AsyncIterable<Batch> {
  const { source, signal, wanted, begin, from, locate } = options;
  const reader = new EventReader({ source, offset: from, ...(wanted !== undefined && { wanted }) });
  let toSkip = from - begin;
  let torn: string | undefined;
  try {
    for await (const chunk of chunks) {
      if (signal.aborted) return;
      const bytes = chunk.subarray(toSkip);
      toSkip = Math.max(0, toSkip - chunk.length);
      const before = reader.offset;
      const read = reader.push(bytes);
      // A long line fills many chunks, and says nothing until its end.
      if (reader.offset === before) continue;
      yield { source, ...found(read), position: await locate(reader.offset, reader.end), bytes: bytes.length };
    }
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error;
    torn = error.message;
  }
  if (signal.aborted) return;
  const whole = reader.offset;
  const read = reader.finish();
  // A last line that is cut is read again when there is more of it.
  const isWhole = read.events.length > 0 || read.others > 0;
  const ending = torn === undefined ? [] : [{ source, offset: reader.end, bytes: 0, problem: torn }];
  const damages = [...read.damages, ...ending];
  if (!isWhole && damages.length === 0) return;
  const position = await locate(isWhole ? reader.end : whole, reader.end);
  yield { source, ...found(read), damages, position, bytes: reader.end - whole };
}

/** What was read, as a batch has it. */
export function found({ events, damages, others }: ReadEvents): Pick<Batch, 'events' | 'damages' | 'others'> {
  return { events, damages, others };
}
/** Decompressed, if the first bytes say so. */
export async function* opened(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]();
  let begin = Buffer.alloc(0);
  let ended = false;
  while (begin.length < 4 && !ended) {
    const next = await iterator.next();
    if (next.done === true) ended = true;
    else begin = Buffer.concat([begin, next.value]);
  }
  const rest: AsyncIterable<Buffer> = {
    async *[Symbol.asyncIterator]() {
      try {
        yield begin;
        for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
      } finally {
        await iterator.return?.();
      }
    },
  };
  const compression = compressionOf(begin);
  yield* compression === undefined ? rest : decompressed(rest, compression);
}

/** Something that gives bytes until it ends, such as `process.stdin`. */
export interface ByteStream extends AsyncIterable<Buffer | string> {
  destroy?(): unknown;
}

/** Standard input, or any stream: it cannot be read twice, so a position is only told, and never gone on from. */
export function stdinSource(stream: ByteStream, name = 'stdin'): EventSource {
  return {
    name,
    batches: ({ signal, wanted }) =>
      batchesOf(opened(chunksOf(stream, signal)), {
        source: name,
        signal,
        ...(wanted !== undefined && { wanted }),
        begin: 0,
        from: 0,
        locate: (offset) => ({ source: name, offset }),
      }),
  };
}

/** Ends when the signal says so, even while the stream has nothing to give. */
async function* chunksOf(stream: ByteStream, signal: AbortSignal): AsyncIterable<Buffer> {
  const stop = (): void => void stream.destroy?.();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
