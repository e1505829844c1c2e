import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { BulwarkError } from '../model/errors.ts';
import type { Json } from '../model/json.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import { pause } from './backoff.ts';
import { Canary } from './canary.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { type DispatchEvents, type Dispatcher, dispatch } from './dispatch.ts';
import { glanceAt } from './glance.ts';
import type { SensorHealth } from './health.ts';
import { mergedByTime } from './merge.ts';
import { type Entry, Outbox } from './outbox.ts';
import type { Sink } from './sinks/sink.ts';
import type { Batch, Damage, EventSource, Position } from './sources/source.ts';
import type { StateFolder } from './state-folder.ts';

/** What the watch asks of the detections; see `createDetector`. */
export interface Evaluator {
  feed(event: AuditEvent): readonly Alert[];
  flush(until?: number): readonly Alert[];
  wants(line: Buffer): boolean;
  save(): Json;
  restore(state: Json): void;
}

export interface WatchEvents extends DispatchEvents {
  readonly read: (
    source: string,
    what: { readonly events: number; readonly bytes: number; readonly damages: number },
  ) => void;
  readonly damaged: (damage: Damage) => void;
  readonly alerted: (alert: Alert) => void;
  readonly evaluated: (seconds: number) => void;
  readonly checkpointed: (seconds: number) => void;
  /** A sink's queue was full. */
  readonly dropped: (sink: string, count: number) => void;
  /** Something does not work, and is tried again; undefined when it works. */
  readonly troubled: (what: string, problem: string | undefined) => void;
}

export interface WatchOptions {
  readonly sources: readonly EventSource[];
  /** Whether the sources are followed or read to their ends. */
  readonly mode: 'follow' | 'once';
  readonly detector: Evaluator;
  readonly health: SensorHealth;
  readonly sinks: readonly Sink[];
  /** Undefined: nothing is kept, and a restart begins anew. */
  readonly state: StateFolder | undefined;
  /** Where a source begins that no checkpoint knows. */
  readonly begin: (source: EventSource) => Promise<Position | undefined>;
  /** Alerts below are not told. */
  readonly least: Severity;
  readonly causes: (alert: Alert) => readonly string[];
  readonly canary?: Canary;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly events: WatchEvents;
  readonly limits?: Partial<WatchLimits>;
}

export interface WatchLimits {
  /** Least time between checkpoints, in milliseconds. */
  readonly checkpointEvery: number;
  /** Least time between two updates of one incident, in milliseconds. */
  readonly updateEvery: number;
  /** Alerts that wait for one sink. */
  readonly queuedAlerts: number;
  readonly queuedBytes: number;
  /** How long alerts that still wait are sent when the watch ends, in milliseconds. */
  readonly drain: number;
}

const defaults: WatchLimits = {
  checkpointEvery: 5_000,
  updateEvery: 60_000,
  queuedAlerts: 10_000,
  queuedBytes: 64 * 1024 * 1024,
  drain: 10_000,
};

export interface WatchSummary {
  readonly events: number;
  readonly bytes: number;
  readonly damages: number;
  readonly others: number;
  /** The latest of every incident, while there are not too many to keep. */
  readonly incidents: ReadonlyMap<string, Severity>;
  /** Sources that could not be read, and why. */
  readonly unread: readonly string[];
  /** Alerts that no sink took, by sink. */
  readonly undelivered: ReadonlyMap<string, number>;
}

/** Incidents whose severity is remembered for the summary. */
const summarised = 100_000;
/** Of event time, in milliseconds. */
const flushEvery = 60_000;

/**
 * Reads sources, feeds the detections, and brings their alerts to the sinks, so that after a kill at any moment
 * nothing is missing and nothing is told twice:
 *
 * - an alert is in the outbox, durably, before a sink hears of it, and what a sink has heard is noted there;
 * - a checkpoint holds the state of the detections and where each source was read to, of one moment. After a restart
 *   the events behind it make the same alerts again, and the outbox knows those by their ids;
 * - with several live sources the order of their events is lost with the process. Then a checkpoint that holds the
 *   alerts comes first, and the sinks after it.
 */
export class Watch {
  private readonly options: WatchOptions;
  private readonly limits: WatchLimits;
  private readonly outbox: Outbox;
  private readonly positions = new Map<string, Position>();
  private readonly acknowledge: (() => void)[] = [];
  private readonly isReplayable: boolean;
  private readonly stopDispatch = new AbortController();
  private readonly troubles = new Map<string, string>();
  private readonly incidents = new Map<string, Severity>();
  private readonly skipped = new Map<string, number>();
  private dispatchers: Dispatcher[] = [];
  private unsaved: Entry[] = [];
  private adding: Promise<void> = Promise.resolve();
  private saving: Promise<void> | undefined;
  private isDirty = false;
  private savedAt = performance.now();
  private saveTook = 0;
  private total = { events: 0, bytes: 0, damages: 0, others: 0 };
  private glanced: Alert[] = [];
  private flushed = 0;

  private constructor(options: WatchOptions, limits: WatchLimits, outbox: Outbox) {
    this.options = options;
    this.limits = limits;
    this.outbox = outbox;
    this.isReplayable = options.mode === 'once' || options.sources.length < 2;
  }

  /** Restores what the state folder holds. Throws `usage` where it cannot be read. */
  static async open(options: WatchOptions): Promise<Watch> {
    const limits = { ...defaults, ...options.limits };
    const { state, sinks, detector, health, events } = options;
    const checkpoint = state === undefined ? undefined : await readCheckpoint(state.checkpoint);
    const outbox = await Outbox.open({
      path: state?.outbox,
      sinks,
      checkpointed: checkpoint?.number ?? 0,
      limits: { alerts: limits.queuedAlerts, bytes: limits.queuedBytes },
      onDropped: events.dropped,
    });
    const watch = new Watch(options, limits, outbox);
    if (checkpoint === undefined) return watch;
    detector.restore(checkpoint.detector);
    health.restore(checkpoint.health);
    watch.flushed = checkpoint.flushed;
    for (const position of checkpoint.positions) watch.positions.set(position.source, position);
    // The kill came between the checkpoint and the outbox.
    await outbox.addMissing(checkpoint.alerts);
    return watch;
  }

  /** What does not work now, for a health check. */
  problems(): readonly string[] {
    return [...this.troubles].map(([what, problem]) => `${what}: ${problem}`);
  }

  *queues(): Iterable<readonly [sink: string, alerts: number]> {
    for (const { name } of this.options.sinks) yield [name, this.outbox.size(name)];
  }

  /** An alert that comes from no event. */
  raise(alert: Alert): void {
    const entry = this.admit(alert, 'watch');
    if (entry !== undefined) void this.tell([entry]);
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
      if (isOnce && !signal.aborted) await this.tell(this.admitAll(detector.flush()));
      await this.checkpoint();
      const late = sinks.filter((sink) => !early.includes(sink)).map((sink) => this.dispatcher(sink));
      this.dispatchers.push(...late);
      const undelivered = await this.drain();
      return { ...this.total, incidents: this.incidents, unread, undelivered };
    } finally {
      clearInterval(ticking);
      this.stopDispatch.abort();
      await Promise.all(this.dispatchers.map(({ ended }) => ended));
      await this.saving;
      await this.outbox.close();
      await Promise.all(sinks.map((sink) => sink.close().catch(() => undefined)));
      this.options.canary?.stop();
      await canary;
    }
  }

  private dispatcher(sink: Sink): Dispatcher {
    const { events } = this.options;
    const { outbox, limits } = this;
    const trouble: DispatchEvents = {
      ...events,
      failing: (name, problem, waiting) => {
        this.troubles.set(name, problem);
        events.failing(name, problem, waiting);
      },
      recovered: (name) => {
        this.troubles.delete(name);
        events.recovered(name);
      },
    };
    return dispatch({
      sink,
      outbox,
      updateEvery: limits.updateEvery,
      signal: this.stopDispatch.signal,
      events: trouble,
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
          this.trouble(source.name, undefined);
          await this.take(batch);
        }
        return;
      } catch (error) {
        if (error instanceof BulwarkError && error.code === 'usage') throw error;
        this.trouble(source.name, error instanceof Error ? error.message : String(error));
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
    const from = this.positions.get(source.name) ?? (await begin(source));
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
    const { source, damages, bytes, position, others = 0 } = batch;
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
    this.positions.set(source, position);
    this.isDirty = true;
    // Only the function is kept until the next checkpoint: the batch with its events must go.
    if (batch.done !== undefined) this.acknowledge.push(batch.done);
    if (entries.length > 0) await this.tell(entries);
    // A state that takes long to write is written less often.
    const { checkpointEvery } = this.limits;
    if (performance.now() - this.savedAt > Math.max(checkpointEvery, 10 * this.saveTook)) await this.checkpoint();
  }

  /** Incidents that are over are told with their last count. By the time of events: a replay does it at the same ones. */
  private flushAt(time: number, entries: Entry[]): void {
    if (time < this.flushed + flushEvery) return;
    const isFirst = this.flushed === 0;
    this.flushed = time;
    if (isFirst || this.options.mode === 'once') return;
    for (const alert of this.options.detector.flush(time)) this.admitTo(entries, alert);
  }

  private tick(): void {
    for (const alert of this.options.health.tick(this.options.now())) this.raise(alert);
    const { checkpointEvery } = this.limits;
    if (this.isDirty && performance.now() - this.savedAt > Math.max(checkpointEvery, 10 * this.saveTook))
      void this.checkpoint();
  }

  private admitAll(alerts: readonly Alert[]): Entry[] {
    const entries: Entry[] = [];
    for (const alert of alerts) this.admitTo(entries, alert);
    return entries;
  }

  private admitTo(entries: Entry[], alert: Alert): void {
    const entry = this.admit(alert, 'event');
    if (entry !== undefined) entries.push(entry);
  }

  /** Undefined for an alert that is below the threshold, or was told before the restart. */
  private admit(alert: Alert, cause: Entry['cause']): Entry | undefined {
    const { least, causes, events } = this.options;
    if (compareSeverity(alert.severity, least) < 0) return undefined;
    if (this.incidents.has(alert.id) || this.incidents.size < summarised) this.incidents.set(alert.id, alert.severity);
    const found = causes(alert);
    const told = found.length === 0 ? alert : { ...alert, causes: [...alert.causes, ...found] };
    const entry = this.outbox.admit(told, cause);
    if (entry !== undefined) events.alerted(entry.alert);
    return entry;
  }

  /** Resolves when the alerts are durable, and on their way. */
  private async tell(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    this.isDirty = true;
    if (this.isReplayable) {
      this.adding = this.adding.then(() => this.keepTrying('the outbox', () => this.outbox.add(entries)));
      await this.adding;
      return;
    }
    this.unsaved.push(...entries);
    await this.keepTrying('the checkpoint', () => this.save());
  }

  /** A full disk stops the reading, not the watch: what is not read yet is not lost. */
  private async keepTrying(what: string, task: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await task();
        this.trouble(what, undefined);
        return;
      } catch (error) {
        this.trouble(what, error instanceof Error ? error.message : String(error));
        if (this.options.signal.aborted) return;
        await pause(1_000, this.options.signal);
      }
    }
  }

  private trouble(what: string, problem: string | undefined): void {
    if (this.troubles.get(what) === problem) return;
    if (problem === undefined) this.troubles.delete(what);
    else this.troubles.set(what, problem);
    this.options.events.troubled(what, problem);
  }

  /** Writes one if there is anything new. Where that fails the last one stays, and the next will do. */
  private async checkpoint(): Promise<void> {
    await this.adding;
    if (!this.isDirty && this.unsaved.length === 0) return;
    try {
      await this.save();
      this.trouble('the checkpoint', undefined);
    } catch (error) {
      this.trouble('the checkpoint', error instanceof Error ? error.message : String(error));
    }
  }

  /** One at a time; who comes while one is written waits for the next, which covers what they know. */
  private async save(): Promise<void> {
    while (this.saving !== undefined) await this.saving.catch(() => undefined);
    if (!this.isDirty && this.unsaved.length === 0) return;
    this.saving = this.saveNow();
    try {
      await this.saving;
    } finally {
      this.saving = undefined;
    }
  }

  private async saveNow(): Promise<void> {
    const { state, detector, health, events } = this.options;
    const began = performance.now();
    // Everything from here to the first wait is of one moment.
    const alerts = this.unsaved;
    const acknowledged = this.acknowledge.splice(0);
    const { adding } = this;
    this.unsaved = [];
    this.isDirty = false;
    const checkpoint: Checkpoint = {
      positions: [...this.positions.values()],
      detector: state === undefined ? null : detector.save(),
      health: state === undefined ? null : health.save(),
      flushed: this.flushed,
      number: this.outbox.covered,
      alerts: alerts.map(({ number, alert }) => ({ number, alert })),
    };
    try {
      await adding;
      if (state !== undefined) await writeCheckpoint(state.checkpoint, checkpoint);
    } catch (error) {
      this.unsaved = [...alerts, ...this.unsaved];
      this.acknowledge.unshift(...acknowledged);
      this.isDirty = true;
      throw error;
    }
    this.savedAt = performance.now();
    this.saveTook = this.savedAt - began;
    events.checkpointed(this.saveTook / 1000);
    for (const done of acknowledged) done();
    await this.outbox.add(alerts);
    await this.outbox.checkpointed(checkpoint.number);
  }
}
