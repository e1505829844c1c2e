import { DeliverPolicy } from '@nats-io/jetstream';
import type { Alert } from '../../model/alert.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import { isObject, type Json } from '../../model/json.ts';
import { readAuditEvent } from '../../semantics/audit-event/index.ts';
import type { Batch, EventSource, ReadingOptions } from '../sources/source.ts';
import type { Evaluator } from '../watch-options.ts';
import type { Nats } from './connection.ts';
import { alertStream, alertSubjects } from './names.ts';

const ahead = 200;
const silence = 15_000;

/**
 * Alerts from their stream, for a watch that only brings them to sinks: its checkpoint keeps the stream's sequence, and
 * its outbox what each sink was told.
 */
export class AlertFeed implements EventSource, Evaluator {
  readonly name = `nats:${alertStream}`;
  private readonly nats: Nats;
  /** Read and not yet taken up, by sequence. */
  private readonly read = new Map<number, Alert>();

  constructor(nats: Nats) {
    this.nats = nats;
  }

  async *batches({ from, signal }: ReadingOptions): AsyncIterable<Batch> {
    let sequence = from?.offset ?? 0;
    while (!signal.aborted) {
      const consumer = await this.nats.js.consumers.get(alertStream, {
        filter_subjects: alertSubjects,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: sequence + 1,
        inactive_threshold: 60_000,
      });
      const messages = await consumer.consume({ max_messages: ahead, expires: 5_000 });
      const stop = (): void => void messages.close().catch(() => undefined);
      signal.addEventListener('abort', stop, { once: true });
      let heard = performance.now();
      const watching = setInterval(() => {
        if (performance.now() - heard > silence) stop();
      }, 1_000);
      try {
        for await (const message of messages) {
          heard = performance.now();
          if (signal.aborted) return;
          if (message.seq <= sequence) continue;
          sequence = message.seq;
          yield this.batchOf(sequence, message.data);
        }
      } finally {
        clearInterval(watching);
        signal.removeEventListener('abort', stop);
        await consumer.delete().catch(() => undefined);
      }
    }
  }

  feed({ origin }: AuditEvent): readonly Alert[] {
    const alert = this.read.get(origin.offset);
    this.read.delete(origin.offset);
    return alert === undefined ? [] : [alert];
  }

  flush(): readonly Alert[] {
    return [];
  }

  wants(): boolean {
    return true;
  }

  save(): Json {
    return null;
  }

  restore(): void {
    // All of it is the sequence.
  }

  private batchOf(offset: number, data: Uint8Array): Batch {
    const origin = { source: this.name, offset };
    const batch = { source: this.name, position: origin, bytes: data.length };
    const value = parsed(data);
    const event = isObject(value) && typeof value.id === 'string' ? carrier(value, origin) : undefined;
    if (event === undefined) {
      const damages = [{ ...origin, bytes: data.length, problem: 'holds no alert' }];
      return { ...batch, events: [], damages };
    }
    this.read.set(offset, value as unknown as Alert);
    return { ...batch, events: [event], damages: [] };
  }
}

function parsed(data: Uint8Array): Json {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return null;
  }
}

/** A watch reads events: one that stands for the alert. */
function carrier(alert: Readonly<Record<string, Json>>, origin: AuditEvent['origin']): AuditEvent | undefined {
  const time = alert.last ?? '';
  const raw = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: '',
    stage: 'ResponseComplete',
    requestURI: '',
    verb: '',
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  };
  return readAuditEvent(raw, origin);
}
