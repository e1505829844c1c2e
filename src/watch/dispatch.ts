import type { Alert } from '../model/alert.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import { backoff, pause } from './backoff.ts';
import type { Outbox } from './outbox.ts';
import type { Entry } from './sink-queue.ts';
import type { Sink } from './sinks/sink.ts';

export interface DispatchOptions {
  readonly sink: Sink;
  readonly outbox: Outbox;
  /** Least time between two updates of an incident for sinks that take the latest, in milliseconds. */
  readonly updateEvery: number;
  readonly signal: AbortSignal;
  readonly events: DispatchEvents;
}

export interface DispatchEvents {
  /** A sink does not take what it is sent; `waiting` alerts wait. Called once an outage. */
  readonly failing: (sink: string, problem: string, waiting: number) => void;
  readonly recovered: (sink: string) => void;
  readonly delivered: (sink: string, count: number) => void;
  /** For good. */
  readonly refused: (sink: string, reason: string) => void;
}

/** Brings what is in the outbox to one sink, in order, until it is stopped. */
export interface Dispatcher {
  readonly sink: Sink;
  /** Resolves when nothing waits any more, or after `milliseconds`: then with how many alerts still wait. */
  drain(milliseconds: number): Promise<number>;
  /** Ends after the delivery that is under way. */
  readonly ended: Promise<void>;
}

/** Incidents whose last message is remembered, so that updates are spaced: those over it are told at once. */
const remembered = 10_000;

export function dispatch({ sink, outbox, updateEvery, signal, events }: DispatchOptions): Dispatcher {
  const told = new Map<string, { readonly at: number; readonly severity: Severity }>();
  const waits = backoff({ first: 500, most: 60_000 });
  let draining = false;
  let failing = false;
  let idle: () => void = () => undefined;

  const ready = (entry: Entry, now: number): boolean => {
    if (draining || sink.updates === 'every') return true;
    const before = told.get(entry.alert.id);
    if (before === undefined || compareSeverity(entry.alert.severity, before.severity) > 0) return true;
    return now - before.at >= updateEvery;
  };

  const take = (): readonly Entry[] => {
    const now = performance.now();
    const batch: Entry[] = [];
    for (const entry of outbox.pending(sink.name)) {
      if (ready(entry, now)) batch.push(entry);
      if (batch.length === sink.batch) break;
    }
    return batch;
  };

  const remember = ({ id, severity }: Alert): void => {
    told.delete(id);
    told.set(id, { at: performance.now(), severity });
    if (told.size > remembered) for (const oldest of told.keys()) return void told.delete(oldest);
  };

  const deliver = async (batch: readonly Entry[]): Promise<void> => {
    const refusals = await sink.deliver(
      batch.map(({ alert }) => alert),
      signal,
    );
    for (const { alert } of batch) remember(alert);
    await outbox.settle(sink.name, batch);
    for (const { reason } of refusals) events.refused(sink.name, reason);
    events.delivered(sink.name, batch.length - refusals.length);
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const batch = take();
      if (batch.length === 0) {
        idle();
        const changed = outbox.changed();
        // Updates that were held back become due without anything new.
        const due = outbox.size(sink.name) > 0 ? pause(Math.min(updateEvery, 1000), signal) : changed;
        await Promise.race([changed, due]);
        continue;
      }
      try {
        await deliver(batch);
        waits.reset();
        if (failing) events.recovered(sink.name);
        failing = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!failing)
          events.failing(sink.name, error instanceof Error ? error.message : String(error), outbox.size(sink.name));
        failing = true;
        const asked = error instanceof Error && 'retryAfter' in error ? Number(error.retryAfter) : 0;
        await pause(Math.max(waits.next(), Math.min(asked || 0, 300_000)), signal);
      }
    }
  };

  signal.addEventListener('abort', () => outbox.stir(), { once: true });
  return {
    sink,
    ended: run(),
    drain: async (milliseconds) => {
      draining = true;
      const timeUp = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
      while (outbox.size(sink.name) > 0 && !timeUp.aborted) {
        await Promise.race([new Promise<void>((resolve) => (idle = resolve)), pause(25, timeUp)]);
      }
      return outbox.size(sink.name);
    },
  };
}
