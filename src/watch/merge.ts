import type { AuditEvent } from '../model/audit-event.ts';
import type { Batch } from './sources/source.ts';

/**
 * Batches of several logs that end, in the order of event time: the logs of several API servers, or a log and its
 * rotated predecessors, tell one story. A batch is cut where another log goes on before it.
 */
export async function* mergedByTime(logs: readonly AsyncIterable<Batch>[]): AsyncIterable<Batch> {
  const heads: Head[] = [];
  try {
    for (const log of logs) {
      const head = new Head(log[Symbol.asyncIterator]());
      heads.push(head);
      yield* head.advance();
    }
    for (;;) {
      const [first, second] = heads.filter(({ next }) => next !== undefined).toSorted(byTime);
      if (first === undefined) return;
      yield first.cut(second?.next?.time ?? Number.POSITIVE_INFINITY);
      if (first.next === undefined) yield* first.advance();
    }
  } finally {
    for (const { batches } of heads) await batches.return?.();
  }
}

function byTime(a: Head, b: Head): number {
  return (a.next?.time ?? 0) - (b.next?.time ?? 0);
}

class Head {
  readonly batches: AsyncIterator<Batch>;
  private batch: Batch | undefined;
  private at = 0;

  constructor(batches: AsyncIterator<Batch>) {
    this.batches = batches;
  }

  /** The event that is next; undefined once the log has ended. */
  get next(): AuditEvent | undefined {
    return this.batch?.events[this.at];
  }

  /** Reads on, past batches that hold no event: those come out as they are. */
  async *advance(): AsyncIterable<Batch> {
    for (;;) {
      const result = await this.batches.next();
      this.at = 0;
      this.batch = result.done === true ? undefined : result.value;
      if (this.batch === undefined || this.batch.events.length > 0) return;
      yield this.batch;
    }
  }

  /** The events up to a time, at least one. */
  cut(until: number): Batch {
    const { batch, at } = this;
    if (batch === undefined) throw new Error('nothing is left to cut');
    let end = at + 1;
    while (end < batch.events.length && (batch.events[end]?.time ?? 0) <= until) end += 1;
    this.at = end;
    const rest = batch.events[end];
    const whole = rest === undefined;
    return {
      ...batch,
      events: batch.events.slice(at, end),
      damages: whole ? batch.damages : [],
      others: whole ? (batch.others ?? 0) : 0,
      bytes: whole ? batch.bytes : 0,
      position: whole ? batch.position : { ...batch.position, offset: rest.origin.offset },
    };
  }
}
