import type { AddressInfo } from 'node:net';
import type { AuditEvent } from '../../model/audit-event.ts';
import { eventsIn } from '../../semantics/audit-event/index.ts';
import type { Batch, EventSource, ReadingOptions } from '../sources/source.ts';
import type { CallerCheck } from './caller.ts';
import { fingerprintBytes, SeenFingerprints } from './fingerprints.ts';
import { parseJson, type Received, type ReceiverOptions, startReceiver } from './receiver.ts';
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
  readonly onBacklog: (bytes: number) => void;
}

export interface WebhookLimits {
  readonly segmentBytes: number;
  readonly retainedBytes: number;
  readonly maxBacklog: number;
  /** Parsed events that wait in memory, by the length of their JSON; others are read from disk when it is their turn. */
  readonly memoryBytes: number;
  /** Events that are recognised when they come again. */
  readonly remembered: number;
}

const defaults: WebhookLimits = {
  segmentBytes: 32 * 1024 * 1024,
  retainedBytes: 128 * 1024 * 1024,
  maxBacklog: 1024 * 1024 * 1024,
  memoryBytes: 16 * 1024 * 1024,
  remembered: 512 * 1024,
};

/** Events that API servers post. Positions are offsets in the spool. */
export function webhookSource(options: WebhookSourceOptions): EventSource {
  return { name: 'webhook', batches: (batchOptions) => received(options, batchOptions) };
}

/** What waits, in order; the events are left out where memory is short. */
type Waiting = Omit<Received, 'events'> & { readonly events: readonly AuditEvent[] | undefined };

async function* received(options: WebhookSourceOptions, { from, signal }: ReadingOptions): AsyncIterable<Batch> {
  const limits = { ...defaults, ...options.limits };
  const spool = await Spool.open({ ...limits, folder: options.folder, from: from?.offset ?? 0 });
  const seen = new SeenFingerprints(limits.remembered);
  const queue = new Waitings(limits.memoryBytes);
  const start = from?.offset ?? 0;
  for await (const { marks } of spool.frames(0, spool.end)) {
    for (let at = 0; at < marks.length; at += fingerprintBytes) seen.add(marks.subarray(at, at + fingerprintBytes));
  }
  // Up to here; what comes from now on is in the queue.
  const replayed = spool.frames(start, spool.end);
  const receiver = await startReceiver({
    ...options,
    spool,
    seen,
    maxBacklog: limits.maxBacklog,
    onReceived: (item) => {
      queue.add(item);
      options.onBacklog(spool.backlog);
    },
  });
  const stop = (): void => queue.stop();
  signal.addEventListener('abort', stop, { once: true });
  const batch = (
    events: readonly AuditEvent[],
    { end, bytes }: { readonly end: number; readonly bytes: number },
  ): Batch => ({
    source: 'webhook',
    events,
    damages: [],
    position: { source: 'webhook', offset: end },
    bytes,
    done: () => {
      options.onBacklog(spool.backlog);
      void spool.release(end).catch(() => undefined);
    },
  });
  try {
    options.onListening(receiver.address);
    for await (const { offset, end, body } of replayed) {
      if (signal.aborted) return;
      yield batch(eventsOf(body, offset), { end, bytes: body.length });
    }
    for await (const item of queue.items()) {
      if (signal.aborted) return;
      yield batch(item.events ?? (await readBack(spool, item)), item);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await receiver.close();
    await spool.close();
  }
}

function eventsOf(body: Buffer, offset: number): readonly AuditEvent[] {
  const value = parseJson(body);
  return value === undefined ? [] : [...eventsIn(value, { source: 'webhook', offset })];
}

async function readBack(spool: Spool, { offset, end }: Waiting): Promise<readonly AuditEvent[]> {
  for await (const { body } of spool.frames(offset, end)) return eventsOf(body, offset);
  return [];
}

class Waitings {
  private readonly memoryBytes: number;
  private readonly waiting: Waiting[] = [];
  private first = 0;
  private held = 0;
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(memoryBytes: number) {
    this.memoryBytes = memoryBytes;
  }

  add(item: Received): void {
    const fits = this.held + item.bytes <= this.memoryBytes || this.first === this.waiting.length;
    if (fits) this.held += item.bytes;
    this.waiting.push(fits ? item : { ...item, events: undefined });
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  async *items(): AsyncIterable<Waiting> {
    while (!this.stopped) {
      const item = this.waiting[this.first];
      if (item === undefined) {
        this.waiting.length = 0;
        this.first = 0;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      this.first += 1;
      if (this.first > 4096) {
        this.waiting.splice(0, this.first);
        this.first = 0;
      }
      if (item.events !== undefined) this.held -= item.bytes;
      yield item;
    }
  }
}
