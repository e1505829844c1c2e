import type { Alert } from '../model/alert.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import { pause } from './backoff.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { Outbox } from './outbox.ts';
import type { Entry } from './sink-queue.ts';
import type { Batch, Position } from './sources/source.ts';
import type { Troubles } from './troubles.ts';
import type { WatchLimits, WatchOptions } from './watch-options.ts';

/** Incidents whose severity is remembered for the summary. */
const summarised = 100_000;

/**
 * Keeps how far the watch has come and what it has still to tell, so that after a kill at any moment nothing is missing
 * and nothing is told twice:
 *
 * - an alert is in the outbox, durably, before a sink hears of it, and what a sink has heard is noted there;
 * - a checkpoint holds the state of the detections and where each source was read to, of one moment. After a restart
 *   the events behind it make the same alerts again, and the outbox knows those by their ids;
 * - with several live sources the order of their events is lost with the process. Then a checkpoint that holds the
 *   alerts comes first, and the sinks after it.
 */
export class Ledger {
  readonly outbox: Outbox;
  readonly incidents = new Map<string, Severity>();
  /** Event time at which incidents that were over were told of last, in milliseconds since 1970. */
  flushed = 0;
  private readonly options: WatchOptions;
  private readonly limits: WatchLimits;
  private readonly troubles: Troubles;
  private readonly isReplayable: boolean;
  private readonly positions = new Map<string, Position>();
  private readonly acknowledge: (() => void)[] = [];
  private unsaved: Entry[] = [];
  private adding: Promise<void> = Promise.resolve();
  private saving: Promise<void> | undefined;
  private isDirty = false;
  /** Sources that are in the last checkpoint: what another one was read to is lost with the process. */
  private readonly saved = new Set<string>();
  /** Alerts could not be kept until the end: a checkpoint that knows them would lose them. */
  private isBroken = false;
  private savedAt = performance.now();
  private saveTook = 0;

  private constructor(outbox: Outbox, { options, limits, troubles }: LedgerContext) {
    this.outbox = outbox;
    this.options = options;
    this.limits = limits;
    this.troubles = troubles;
    this.isReplayable = options.mode === 'once' || options.sources.length < 2;
  }

  /** Restores what the state folder holds. Throws `usage` where it cannot be read. */
  static async open(context: LedgerContext): Promise<Ledger> {
    const { state, sinks, detector, health, events } = context.options;
    const { queuedAlerts, queuedBytes } = context.limits;
    const checkpoint = state === undefined ? undefined : await readCheckpoint(state.checkpoint);
    const outbox = await Outbox.open({
      path: state?.outbox,
      sinks,
      checkpointed: checkpoint?.number ?? 0,
      limits: { alerts: queuedAlerts, bytes: queuedBytes },
      onDropped: events.dropped,
    });
    const ledger = new Ledger(outbox, context);
    if (checkpoint === undefined) return ledger;
    detector.restore(checkpoint.detector);
    health.restore(checkpoint.health);
    ledger.flushed = checkpoint.flushed;
    for (const position of checkpoint.positions) {
      ledger.positions.set(position.source, position);
      ledger.saved.add(position.source);
    }
    // The kill came between the checkpoint and the outbox.
    await outbox.addMissing(checkpoint.alerts);
    return ledger;
  }

  positionOf(source: string): Position | undefined {
    return this.positions.get(source);
  }

  /** Where a source begins that no checkpoint knows: kept at once, since its file may be rotated while we are dead. */
  async opened(position: Position): Promise<void> {
    this.positions.set(position.source, position);
    this.isDirty = true;
    await this.checkpoint();
  }

  /** Undefined for an alert that is below the threshold, or was told before the restart. */
  admit(alert: Alert, cause: Entry['cause']): Entry | undefined {
    const { least, causes, events } = this.options;
    if (compareSeverity(alert.severity, least) < 0) return undefined;
    if (this.incidents.has(alert.id) || this.incidents.size < summarised) this.incidents.set(alert.id, alert.severity);
    const found = causes(alert);
    const told = found.length === 0 ? alert : { ...alert, causes: [...alert.causes, ...found] };
    const entry = this.outbox.admit(told, cause);
    if (entry !== undefined) events.alerted(entry.alert);
    return entry;
  }

  /** The state of the detections knows this batch. */
  took({ source, position, done }: Batch): void {
    this.positions.set(source, position);
    this.isDirty = true;
    // Only the function is kept until the next checkpoint: the batch with its events must go.
    if (done !== undefined) this.acknowledge.push(done);
  }

  /** Resolves when the alerts are durable, and on their way. */
  async tell(entries: readonly Entry[]): Promise<void> {
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

  /** Whether it is time for a checkpoint: at once for a new source; a state that takes long to write, less often. */
  get isDue(): boolean {
    if (this.isDirty && this.isNew()) return true;
    const pauseBetween = Math.max(this.limits.checkpointEvery, 10 * this.saveTook);
    return this.isDirty && performance.now() - this.savedAt > pauseBetween;
  }

  /** Writes one if there is anything new. Where that fails the last one stays, and the next will do. */
  async checkpoint(): Promise<void> {
    await this.adding;
    if (this.isBroken || (!this.isDirty && this.unsaved.length === 0)) return;
    try {
      await this.save();
      this.troubles.end('the checkpoint');
    } catch (error) {
      this.troubles.begin('the checkpoint', error);
    }
  }

  private isNew(): boolean {
    if (this.options.mode === 'once' || this.saved.size === this.positions.size) return false;
    return [...this.positions.keys()].some((source) => !this.saved.has(source));
  }

  async close(): Promise<void> {
    await this.saving?.catch(() => undefined);
    await this.outbox.close();
  }

  /** A full disk stops the reading, not the watch: what is not read yet is not lost. */
  private async keepTrying(what: string, task: () => Promise<void>): Promise<void> {
    const { signal } = this.options;
    for (;;) {
      try {
        await task();
        this.troubles.end(what);
        return;
      } catch (error) {
        this.troubles.begin(what, error);
        if (signal.aborted) {
          this.isBroken = true;
          return;
        }
        await pause(1_000, signal);
      }
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
      if (state !== undefined && !this.isBroken) await writeCheckpoint(state.checkpoint, checkpoint);
    } catch (error) {
      this.unsaved = [...alerts, ...this.unsaved];
      this.acknowledge.unshift(...acknowledged);
      this.isDirty = true;
      throw error;
    }
    for (const { source } of checkpoint.positions) this.saved.add(source);
    this.savedAt = performance.now();
    this.saveTook = this.savedAt - began;
    events.checkpointed(this.saveTook / 1000);
    for (const done of this.isBroken ? [] : acknowledged) done();
    await this.outbox.add(alerts);
    await this.outbox.checkpointed(checkpoint.number);
  }
}

export interface LedgerContext {
  readonly options: WatchOptions;
  readonly limits: WatchLimits;
  readonly troubles: Troubles;
}
