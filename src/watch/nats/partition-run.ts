import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { DetectorOptions } from '../../detect/index.ts';
import type { Alert } from '../../model/alert.ts';
import { BulwarkError } from '../../model/errors.ts';
import type { Json } from '../../model/json.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import { readAuditEvent } from '../../semantics/audit-event/index.ts';
import { pause } from '../backoff.ts';
import type { Troubles } from '../troubles.ts';
import type { AlertPublisher } from './alert-publisher.ts';
import { type Claim, LostClaimError } from './claim.ts';
import { mappingMissing, type Nats } from './connection.ts';
import { Inbox } from './inbox.ts';
import { headerName, readHeader } from './message.ts';
import { eventStream, partitionFilter } from './names.ts';
import { PartitionDetector } from './partition-detector.ts';

/** Messages that are fetched ahead. */
const ahead = 200;
/** A consumer that says nothing for so long is made again, in milliseconds. */
const silence = 15_000;

export interface PartitionRunOptions {
  readonly nats: Nats;
  readonly claim: Claim;
  readonly detector: DetectorOptions;
  readonly partitions: number;
  readonly least: Severity;
  readonly causes: (alert: Alert) => readonly string[];
  readonly alerts: AlertPublisher;
  readonly troubles: Troubles;
  /** How long others wait before they take over, in milliseconds: renewed three times as often. */
  readonly lease: number;
  readonly checkpointEvery: number;
  readonly signal: AbortSignal;
  /** Events that the stream lost, or that cannot be read. */
  readonly lost: (partition: string, count: number, why: string) => void;
}

/** One partition while this worker has it. */
export class PartitionRun {
  private readonly options: PartitionRunOptions;
  private readonly detector: PartitionDetector;
  private readonly stopping = new AbortController();
  private inbox = new Inbox(new Map());
  private sequence = 0;
  private isDirty = false;
  /** Whether all alerts so far are in their stream. */
  private telling: Promise<boolean> = Promise.resolve(true);
  private saving: Promise<void> | undefined;
  private savedAt = performance.now();
  private renewedAt = performance.now();
  private saveTook = 0;

  private constructor(options: PartitionRunOptions) {
    this.options = options;
    const { detector, claim, partitions } = options;
    this.detector = new PartitionDetector(detector, { partition: claim.partition, count: partitions });
  }

  /** Until the signal is aborted or somebody else has the partition. Gives it up where it still has it. */
  static async run(options: PartitionRunOptions): Promise<void> {
    const run = new PartitionRun(options);
    const signal = AbortSignal.any([options.signal, run.stopping.signal]);
    const keeping = run.keep(signal);
    try {
      await run.begin();
      while (!signal.aborted) await run.consume(signal);
      await run.saving?.catch(() => undefined);
      await run.checkpoint();
      if (!run.stopping.signal.aborted) await options.claim.release();
    } catch (error) {
      if (!(error instanceof LostClaimError)) throw error;
    } finally {
      run.stopping.abort();
      await keeping;
    }
  }

  private async begin(): Promise<void> {
    const { claim } = this.options;
    const { sequence, numbers, detector } = await claim.load();
    this.sequence = sequence;
    this.inbox = new Inbox(numbers);
    if (detector !== null) this.detector.restore(detector);
  }

  /** Shows that it lives. Who could not for as long as others wait stops by itself. */
  private async keep(signal: AbortSignal): Promise<void> {
    const { claim, lease, troubles } = this.options;
    const what = `partition ${claim.partition}`;
    while (!signal.aborted) {
      await pause(lease / 3, signal);
      if (signal.aborted) return;
      try {
        await claim.renew();
        this.renewedAt = performance.now();
        troubles.end(what);
      } catch (error) {
        if (error instanceof LostClaimError || performance.now() - this.renewedAt > lease) this.stopping.abort();
        else troubles.begin(what, error);
      }
    }
  }

  /** Reads on behind what is in the state, until the consumer ends. */
  private async consume(signal: AbortSignal): Promise<void> {
    const { nats, claim, troubles } = this.options;
    const what = `the events of partition ${claim.partition}`;
    try {
      const consumer = await nats.js.consumers.get(eventStream, {
        filter_subjects: partitionFilter(claim.partition),
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: this.sequence + 1,
        inactive_threshold: 60_000,
      });
      const messages = await consumer.consume({ max_messages: ahead, expires: 5_000 });
      const stop = (): void => void messages.close().catch(() => undefined);
      signal.addEventListener('abort', stop, { once: true });
      let heard = performance.now();
      const watching = setInterval(() => {
        void this.checkpointIfDue();
        if (performance.now() - heard > silence) stop();
      }, 500);
      troubles.end(what);
      try {
        for await (const message of messages) {
          heard = performance.now();
          if (signal.aborted) return;
          this.take(message);
          await this.checkpointIfDue();
        }
      } finally {
        clearInterval(watching);
        signal.removeEventListener('abort', stop);
        await consumer.delete().catch(() => undefined);
      }
    } catch (error) {
      if (error instanceof BulwarkError) throw error;
      if (signal.aborted) return;
      troubles.begin(what, error);
      await pause(500, signal);
    }
  }

  private take(message: JsMsg): void {
    const { seq, subject } = message;
    // What a consumer that was made anew gives again.
    if (seq <= this.sequence) return;
    this.sequence = seq;
    this.isDirty = true;
    const header = readHeader(message.headers?.get(headerName));
    const { partition } = this.options.claim;
    if (header === undefined) {
      this.options.lost(partition, 1, `${subject} holds a message that is not of a publisher`);
      return;
    }
    if (header.partition !== partition) throw mappingMissing(this.options.partitions);
    const taken = this.inbox.take(header, Buffer.from(message.data));
    if (taken === undefined) return;
    if (taken.lost > 0) this.options.lost(partition, taken.lost, 'the stream does not have them any more');
    if (taken.kind === 'tick') return this.tell(this.detector.flush(Number(taken.body)));
    if (taken.kind === 'end') return this.tell(this.detector.flush());
    this.feed(taken.body, seq);
  }

  private feed(body: Buffer, seq: number): void {
    const { partition } = this.options.claim;
    let raw: Json = null;
    try {
      raw = JSON.parse(body.toString('utf8'));
    } catch {
      this.options.lost(partition, 1, 'it is not valid JSON');
      return;
    }
    const event = readAuditEvent(raw, { source: eventStream, offset: seq });
    if (event !== undefined) this.tell(this.detector.feed(event));
  }

  private tell(found: readonly Alert[]): void {
    const { least, causes, alerts } = this.options;
    const grave = found.filter(({ severity }) => compareSeverity(severity, least) >= 0);
    if (grave.length === 0) return;
    const told = alerts.publish(
      grave.map((alert) => {
        const known = causes(alert);
        return known.length === 0 ? alert : { ...alert, causes: [...alert.causes, ...known] };
      }),
    );
    this.telling = this.telling.then(async (before) => (await told) && before);
  }

  private async checkpointIfDue(): Promise<void> {
    const pauseBetween = Math.max(this.options.checkpointEvery, 10 * this.saveTook);
    if (performance.now() - this.savedAt > pauseBetween) await this.checkpoint();
  }

  /** Writes one if there is anything new. Where that fails the last one stays, and the next will do. */
  private async checkpoint(): Promise<void> {
    const { claim, troubles } = this.options;
    const what = `the checkpoint of partition ${claim.partition}`;
    // Who began it hears how it ended.
    if (this.saving !== undefined) return void (await this.saving.catch(() => undefined));
    if (!this.isDirty || this.inbox.isWithin) return;
    this.saving = this.save();
    try {
      await this.saving;
      troubles.end(what);
    } catch (error) {
      this.isDirty = true;
      if (error instanceof LostClaimError) this.stopping.abort();
      else troubles.begin(what, error);
    } finally {
      this.saving = undefined;
      this.savedAt = performance.now();
    }
  }

  /** Alerts first: a state that knows them makes them no more. */
  private async save(): Promise<void> {
    const { claim, nats } = this.options;
    const began = performance.now();
    this.isDirty = false;
    const state = { sequence: this.sequence, numbers: new Map(this.inbox.numbers), detector: this.detector.save() };
    if (!(await this.telling)) throw new Error('alerts are still to be told');
    await claim.save(state);
    this.renewedAt = performance.now();
    this.saveTook = this.renewedAt - began;
    // Nobody reads it again.
    await nats.manager.streams
      .purge(eventStream, { filter: partitionFilter(claim.partition), seq: state.sequence + 1 })
      .catch(() => undefined);
  }
}
