import type { Alert } from '../model/alert.ts';
import { BulwarkError } from '../model/errors.ts';
import { counted } from '../report/names.ts';
import { pause } from './backoff.ts';
import { Canary } from './canary.ts';
import { type Dispatcher, dispatch } from './dispatch.ts';
import { glanceAt } from './glance.ts';
import { Ledger } from './ledger.ts';
import { mergedByTime } from './merge.ts';
import type { Entry } from './sink-queue.ts';
import type { Sink } from './sinks/sink.ts';
import type { Batch, EventSource } from './sources/source.ts';
import { stateError } from './state-error.ts';
import { Troubles } from './troubles.ts';
import {
  defaultLimits,
  type WatchEvents,
  type WatchLimits,
  type WatchOptions,
  type WatchSummary,
} from './watch-options.ts';

/** Of event time, in milliseconds. */
const flushEvery = 60_000;

/** Reads sources, feeds the detections, and brings their alerts to the sinks. How it survives a kill: see `Ledger`. */
export class Watch {
  private readonly options: WatchOptions;
  private readonly limits: WatchLimits;
  private readonly ledger: Ledger;
  private readonly troubles: Troubles;
  private readonly stopDispatch = new AbortController();
  private readonly skipped = new Map<string, number>();
  private readonly dropped: ReadonlyMap<string, number>;
  private dispatchers: Dispatcher[] = [];
  private total = { events: 0, bytes: 0, damages: 0, others: 0 };
  /** Of lines that were only looked at; their batch is still to come. */
  private readonly glanced: Alert[] = [];

  private constructor(
    options: WatchOptions,
    limits: WatchLimits,
    kept: { readonly ledger: Ledger; readonly troubles: Troubles; readonly dropped: ReadonlyMap<string, number> },
  ) {
    this.options = options;
    this.limits = limits;
    this.ledger = kept.ledger;
    this.troubles = kept.troubles;
    this.dropped = kept.dropped;
  }

  /** Restores what the state folder holds. Throws `usage` where it cannot be read, `state-unwritable`. */
  static async open(given: WatchOptions): Promise<Watch> {
    const dropped = new Map<string, number>();
    const options = { ...given, events: countingDrops(given.events, dropped) };
    const limits = { ...defaultLimits, ...options.limits };
    const troubles = new Troubles(options.events.troubled);
    const ledger = await Ledger.open({ options, limits, troubles }).catch((error: unknown) => {
      throw options.state === undefined ? error : stateError(options.state.path, error);
    });
    return new Watch(options, limits, { ledger, troubles, dropped });
  }

  /** What does not work now, for a health check. */
  problems(): readonly string[] {
    return this.troubles.list();
  }

  *queues(): Iterable<readonly [sink: string, alerts: number]> {
    for (const { name } of this.options.sinks) yield [name, this.ledger.outbox.size(name)];
  }

  /** An alert that comes from no event. */
  raise(alert: Alert): void {
    const entry = this.ledger.admit(alert, 'watch');
    if (entry !== undefined) void this.ledger.tell([entry]);
  }

  /** Until the sources end, or the signal says so. */
  async run(): Promise<WatchSummary> {
    const { sources, mode, signal, detector, health, sinks, now } = this.options;
    const isOnce = mode === 'once';
    // Who reads a log to its end is told of each incident once, with everything that was folded into it.
    const early = sinks.filter(({ updates }) => !isOnce || updates === 'every');
    this.dispatchers = early.map((sink) => this.dispatcher(sink));
    const ticking = isOnce ? undefined : setInterval(() => this.tick(), 1_000);
    for (const { name } of isOnce ? [] : sources) health.touch(name, now());
    const canary = isOnce ? undefined : this.options.canary?.run();
    const unread: string[] = [];
    try {
      if (isOnce && sources.length > 1) {
        const logs = sources.map((source) => this.guarded(source, unread));
        for await (const batch of mergedByTime(logs)) await this.take(batch);
      } else {
        await Promise.all(sources.map((source) => this.readAll(source, unread)));
      }
      if (isOnce && !signal.aborted) await this.ledger.tell(this.admitAll(detector.flush()));
      await this.ledger.checkpoint();
      const late = sinks.filter((sink) => !early.includes(sink)).map((sink) => this.dispatcher(sink));
      this.dispatchers.push(...late);
      const undelivered = await this.drain();
      return {
        ...this.total,
        incidents: this.ledger.incidents,
        unread,
        undelivered,
        dropped: this.dropped,
        evicted: detector.counts?.evicted ?? 0,
      };
    } finally {
      clearInterval(ticking);
      this.stopDispatch.abort();
      await Promise.all(this.dispatchers.map(({ ended }) => ended));
      await this.ledger.close();
      await Promise.all(sinks.map((sink) => sink.close().catch(() => undefined)));
      this.options.canary?.stop();
      await canary;
    }
  }

  private dispatcher(sink: Sink): Dispatcher {
    const { events } = this.options;
    return dispatch({
      sink,
      outbox: this.ledger.outbox,
      updateEvery: this.limits.updateEvery,
      signal: this.stopDispatch.signal,
      events: {
        ...events,
        failing: (name, problem, waiting) =>
          this.troubles.begin(name, `${problem} (${counted(waiting, 'alert')} waiting)`),
        recovered: (name) => this.troubles.end(name),
      },
    });
  }

  private async drain(): Promise<ReadonlyMap<string, number>> {
    const left = await Promise.all(
      this.dispatchers.map(async (each) => [each.sink.name, await each.drain(this.limits.drain)] as const),
    );
    return new Map(left.filter(([, waiting]) => waiting > 0));
  }

  /** Reads one source; where that fails, again from where it was. */
  private async readAll(source: EventSource, unread: string[]): Promise<void> {
    const { signal, mode } = this.options;
    if (mode === 'once') {
      for await (const batch of this.guarded(source, unread)) await this.take(batch);
      return;
    }
    while (!signal.aborted) {
      try {
        for await (const batch of await this.batches(source)) {
          this.troubles.end(source.name);
          await this.take(batch);
        }
        return;
      } catch (error) {
        if (error instanceof BulwarkError && error.code === 'usage') throw error;
        this.troubles.begin(source.name, error);
        await pause(5_000, signal);
      }
    }
  }

  /** Ends at an error, which is noted. */
  private async *guarded(source: EventSource, unread: string[]): AsyncIterable<Batch> {
    try {
      yield* await this.batches(source);
    } catch (error) {
      if (!(error instanceof BulwarkError) || error.code === 'usage') throw error;
      unread.push(error.message);
    }
  }

  private async batches(source: EventSource): Promise<AsyncIterable<Batch>> {
    const { mode, signal, begin } = this.options;
    const known = this.ledger.positionOf(source.name);
    const from = known ?? (await begin(source));
    if (known === undefined && from !== undefined && mode === 'follow') await this.ledger.opened(from);
    return source.batches({
      follow: mode === 'follow',
      signal,
      ...(from !== undefined && { from }),
      wanted: (line) => this.wants(source.name, line),
    });
  }

  /** Lines that no rule can use are not parsed, only looked at: silence and unfinished requests show there too. */
  private wants(source: string, line: Buffer): boolean {
    const { detector, health } = this.options;
    if (detector.wants(line) || Canary.marks(line)) return true;
    this.skipped.set(source, (this.skipped.get(source) ?? 0) + 1);
    for (const alert of health.glance(source, glanceAt(line))) this.glanced.push(alert);
    return false;
  }

  private async take(batch: Batch): Promise<void> {
    const { detector, health, canary, events, now } = this.options;
    const { source, damages, bytes, others = 0 } = batch;
    const began = performance.now();
    const entries: Entry[] = this.admitAll(this.glanced.splice(0));
    for (const event of batch.events) {
      canary?.see(event);
      for (const alert of health.feed(event)) this.admitTo(entries, alert);
      for (const alert of detector.feed(event)) this.admitTo(entries, alert);
      this.flushAt(event.time, entries);
    }
    events.evaluated((performance.now() - began) / 1000);
    const count = batch.events.length + (this.skipped.get(source) ?? 0);
    this.skipped.set(source, 0);
    this.total.events += count;
    this.total.bytes += bytes;
    this.total.damages += damages.length;
    this.total.others += others;
    events.read(source, { events: count, bytes, damages: damages.length });
    for (const damage of damages) events.damaged(damage);
    health.touch(source, now());
    this.ledger.took(batch);
    if (entries.length > 0) await this.ledger.tell(entries);
    await this.checkpointIfDue();
  }

  /** Incidents that are over are told with their last count. By the time of events: a replay does it at the same ones. */
  private flushAt(time: number, entries: Entry[]): void {
    if (time < this.ledger.flushed + flushEvery) return;
    const isFirst = this.ledger.flushed === 0;
    this.ledger.flushed = time;
    if (isFirst || this.options.mode === 'once') return;
    for (const alert of this.options.detector.flush(time)) this.admitTo(entries, alert);
  }

  private tick(): void {
    for (const alert of this.options.health.tick(this.options.now())) this.raise(alert);
    void this.checkpointIfDue();
  }

  /** Not while lines were looked at whose batch is still to come: the state is ahead of the positions then. */
  private async checkpointIfDue(): Promise<void> {
    if (this.ledger.isDue && this.glanced.length === 0) await this.ledger.checkpoint();
  }

  private admitAll(alerts: readonly Alert[]): Entry[] {
    const entries: Entry[] = [];
    for (const alert of alerts) this.admitTo(entries, alert);
    return entries;
  }

  private admitTo(entries: Entry[], alert: Alert): void {
    const entry = this.ledger.admit(alert, 'event');
    if (entry !== undefined) entries.push(entry);
  }
}

/** The same, and keeps by sink how many alerts it will never get. */
function countingDrops(events: WatchEvents, counts: Map<string, number>): WatchEvents {
  const add = (sink: string, count: number): void => void counts.set(sink, (counts.get(sink) ?? 0) + count);
  return {
    ...events,
    dropped: (sink, count) => {
      add(sink, count);
      events.dropped(sink, count);
    },
    refused: (sink, reason) => {
      add(sink, 1);
      events.refused(sink, reason);
    },
  };
}
