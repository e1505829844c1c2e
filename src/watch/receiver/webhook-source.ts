import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { Json } from '../../model/json.ts';
import { eventsIn } from '../../semantics/audit-event/index.ts';
import { replaceFile } from '../replace-file.ts';
import type { Batch, Damage, EventSource, ReadingOptions } from '../sources/source.ts';
import type { CallerCheck } from './caller.ts';
import { Fingerprints, fingerprintBytes, SeenFingerprints } from './fingerprints.ts';
import { type Received, type ReceiverOptions, startReceiver } from './receiver.ts';
import { markedIn, markOf, Reorder, Waits } from './reorder.ts';
import { Spool } from './spool.ts';
import type { ServerCertificate } from './tls-files.ts';

export interface WebhookSourceOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: ServerCertificate | undefined;
  readonly check: CallerCheck;
  /** For what is acknowledged and not yet covered by a checkpoint. */
  readonly folder: string;
  readonly limits?: Partial<WebhookLimits>;
  readonly onListening: (address: AddressInfo) => void;
  readonly onAnswered: ReceiverOptions['onAnswered'];
  /** Events that came again, and were left out. */
  readonly onRepeated: (count: number) => void;
  readonly onBacklog: (bytes: number) => void;
}

export interface WebhookLimits {
  readonly segmentBytes: number;
  readonly retainedBytes: number;
  readonly maxBacklog: number;
  /** Bodies that wait in memory; others are read from disk when it is their turn. */
  readonly memoryBytes: number;
  /** How long an answer is held back while that much waits, in milliseconds: less than API servers are ready to wait. */
  readonly slowdown: number;
  /** Events that are recognised when they come again. */
  readonly remembered: number;
  /** How long events wait for earlier ones, in milliseconds; 0: they are handed on as they arrive. */
  readonly reorder: number;
}

const defaults: WebhookLimits = {
  segmentBytes: 32 * 1024 * 1024,
  retainedBytes: 64 * 1024 * 1024,
  maxBacklog: 1024 * 1024 * 1024,
  memoryBytes: 2 * 1024 * 1024,
  slowdown: 2_000,
  remembered: 512 * 1024,
  reorder: 50,
};

/**
 * Events that API servers post, put in the order of their time as far as they arrive within `reorder`. Positions are
 * offsets in the spool, before the oldest event that still waits.
 */
export function webhookSource(options: WebhookSourceOptions): EventSource {
  return { name: 'webhook', batches: (batchOptions) => received(options, batchOptions) };
}

/** What waits, in order; the body is left out where memory is short. */
type Waiting = Omit<Received, 'body'> & { readonly length: number; readonly body: Buffer | undefined };

async function* received(options: WebhookSourceOptions, { from, signal }: ReadingOptions): AsyncIterable<Batch> {
  const limits = { ...defaults, ...options.limits };
  const start = from?.offset ?? 0;
  const spool = await Spool.open({ ...limits, folder: options.folder, from: start });
  const reader = new BodyReader(await keyIn(join(options.folder, 'key')), limits.remembered);
  const reorder = new Reorder(start, from?.reordering);
  const queue = new Waitings(limits);
  // What was handled before the restart may be sent again.
  for await (const frame of spool.frames(0, start)) if (markedIn(frame.body) === undefined) reader.read(frame);
  // Up to here; what comes from now on is in the queue.
  const replayed = spool.frames(start, spool.end);
  const mark = async (end: number): Promise<void> => {
    const body = markOf(end);
    const place = await spool.append(body);
    void queue.add({ ...place, body });
  };
  const waits = new Waits(limits.reorder, mark);
  const receiver = await startReceiver({
    ...options,
    spool,
    maxBacklog: limits.maxBacklog,
    onReceived: (item) => {
      options.onBacklog(spool.backlog);
      const added = queue.add(item);
      if (limits.reorder > 0) waits.add(item.end);
      return added;
    },
  });
  const stop = (): void => queue.stop();
  signal.addEventListener('abort', stop, { once: true });
  /** Kept until a checkpoint: it must not hold the body. */
  const releaser = (offset: number) => (): void => {
    options.onBacklog(spool.backlog);
    void spool.release(offset).catch(() => undefined);
  };
  const positioned = (): Pick<Batch, 'source' | 'position' | 'done'> => {
    const { offset, reordering } = reorder.place;
    const position = { source: 'webhook', offset, ...(reordering !== undefined && { reordering }) };
    return { source: 'webhook', position, done: releaser(offset) };
  };
  const batchOf = ({ offset, end, body }: Received): Batch => {
    const marked = markedIn(body);
    if (marked !== undefined) {
      reorder.pass(end);
      return { events: reorder.releaseUntil(marked), damages: [], bytes: 0, ...positioned() };
    }
    const { repeated, ...read } = reader.read({ offset, body });
    if (repeated > 0) options.onRepeated(repeated);
    const late = reorder.add(read.events, { offset, end });
    const events = limits.reorder > 0 ? late : [...late, ...reorder.releaseUntil(end)];
    // What is wrong with it was told before the restart.
    if (reorder.wasRead(end)) return { events, damages: [], bytes: 0, ...positioned() };
    return { ...read, events, bytes: body.length, ...positioned() };
  };
  try {
    options.onListening(receiver.address);
    let readTo = start;
    for await (const frame of replayed) {
      if (signal.aborted) return;
      readTo = frame.end;
      yield batchOf(frame);
    }
    if (!reorder.isEmpty) waits.add(readTo);
    for await (const { offset, end, body } of queue.items()) {
      if (signal.aborted) break;
      if (body !== undefined) yield batchOf({ offset, end, body });
      else for await (const frame of spool.frames(offset, end)) yield batchOf(frame);
      readTo = end;
    }
    waits.stop();
    await receiver.close();
    // Nothing else may stand before the mark, or another order would come of it after a kill.
    if (reorder.isEmpty || readTo !== spool.end) return;
    const body = markOf(readTo);
    const place = await spool.append(body).catch(() => undefined);
    if (place?.offset === readTo) yield batchOf({ ...place, body });
  } finally {
    signal.removeEventListener('abort', stop);
    waits.stop();
    await receiver.close();
    await spool.close();
  }
}

/** Bodies to events, in order, without those that came before. */
class BodyReader {
  private readonly fingerprints: Fingerprints;
  private readonly seen: SeenFingerprints;

  constructor(key: Buffer, remembered: number) {
    this.fingerprints = new Fingerprints(key);
    this.seen = new SeenFingerprints(remembered);
  }

  read({
    offset,
    body,
  }: Omit<Received, 'end'>): Pick<Batch, 'events' | 'damages' | 'others'> & { readonly repeated: number } {
    const origin = { source: 'webhook', offset };
    const events: AuditEvent[] = [];
    const damages: Damage[] = [];
    let repeated = 0;
    let others = 0;
    try {
      const value = JSON.parse(body.toString('utf8')) as Json;
      for (const event of eventsIn(value, origin)) {
        if (this.seen.add(this.fingerprints.of(event))) events.push(event);
        else repeated += 1;
      }
      if (events.length + repeated === 0) others = 1;
    } catch {
      damages.push({ ...origin, bytes: body.length, problem: 'is not valid JSON' });
    }
    return { events, damages, others, repeated };
  }
}

/** The key of this spool, made with it. */
async function keyIn(path: string): Promise<Buffer> {
  const key = await readFile(path).catch(() => undefined);
  if (key?.length === fingerprintBytes) return key;
  const made = randomBytes(fingerprintBytes);
  await replaceFile(path, [made]);
  return made;
}

class Waitings {
  private readonly memoryBytes: number;
  private readonly slowdown: number;
  private waiting: Waiting[] = [];
  private isStopped = false;
  private held = 0;
  private wake: () => void = () => undefined;
  private readonly slowed: (() => void)[] = [];

  constructor({ memoryBytes, slowdown }: Pick<WebhookLimits, 'memoryBytes' | 'slowdown'>) {
    this.memoryBytes = memoryBytes;
    this.slowdown = slowdown;
  }

  /** Resolves when there is room for more, or after a while. */
  async add(item: Received): Promise<void> {
    const { length } = item.body;
    const fits = this.held + length <= this.memoryBytes || this.waiting.length === 0;
    if (fits) this.held += length;
    this.waiting.push({ ...item, length, body: fits ? item.body : undefined });
    this.wake();
    if (this.held < this.memoryBytes / 2) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.slowdown);
      this.slowed.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  stop(): void {
    this.isStopped = true;
    this.wake();
    for (const goOn of this.slowed.splice(0)) goOn();
  }

  async *items(): AsyncIterable<Waiting> {
    while (!this.isStopped) {
      // All at once: to take the first of a long list costs as much as the list is long.
      const taken = this.waiting;
      this.waiting = [];
      if (taken.length === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      taken.reverse();
      for (let item = taken.pop(); item !== undefined && !this.isStopped; item = taken.pop()) {
        if (item.body !== undefined) this.held -= item.length;
        if (this.held < this.memoryBytes / 2) for (const goOn of this.slowed.splice(0)) goOn();
        yield item;
      }
    }
  }
}
