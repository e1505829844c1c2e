import type { DetectorOptions } from '../../detect/index.ts';
import type { Alert } from '../../model/alert.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import { BulwarkError } from '../../model/errors.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import { pause } from '../backoff.ts';
import { glanceAt } from '../glance.ts';
import type { SensorHealth } from '../health.ts';
import { mergedByTime } from '../merge.ts';
import type { Batch, EventSource, Position } from '../sources/source.ts';
import { Troubles } from '../troubles.ts';
import type { WatchEvents } from '../watch-options.ts';
import { AlertPublisher } from './alert-publisher.ts';
import type { Nats } from './connection.ts';
import { type Kind, type Message, piecesOf } from './message.ts';
import { type PartitionName, partitionNames } from './names.ts';
import { PublishLog } from './publish-log.ts';
import { Router } from './router.ts';
import { Sender } from './sender.ts';

/** Of event time, in milliseconds. As in a watch of one process. */
const tickEvery = 60_000;

export interface PublishOptions {
  readonly nats: Nats;
  readonly partitions: number;
  readonly detector: DetectorOptions;
  readonly sources: readonly EventSource[];
  readonly mode: 'follow' | 'once';
  /** The log of what was published and what is still to be. */
  readonly path: string;
  readonly begin: (source: EventSource) => Promise<Position | undefined>;
  readonly health: SensorHealth;
  readonly least: Severity;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly events: Pick<WatchEvents, 'damaged' | 'troubled' | 'refused'>;
}

export interface PublishSummary {
  readonly events: number;
  readonly damages: number;
  readonly unread: readonly string[];
  /** Messages that are only in the log. */
  readonly isComplete: boolean;
}

/** Reads sources and tells every partition what it has to know. */
export class Publish {
  private readonly options: PublishOptions;
  private readonly log: PublishLog;
  private readonly router: Router;
  private readonly troubles: Troubles;
  private readonly sender: Sender;
  private readonly alerts: AlertPublisher;
  private readonly partitions: readonly PartitionName[];
  private readonly stopSending = new AbortController();
  private readonly unread: string[] = [];
  private writing: Promise<void> = Promise.resolve();
  private total = { events: 0, damages: 0 };

  private constructor(options: PublishOptions, log: PublishLog) {
    const { nats, detector, partitions, events } = options;
    this.options = options;
    this.log = log;
    this.partitions = partitionNames(partitions);
    this.router = new Router(detector, partitions);
    this.router.restore(log.router);
    this.troubles = new Troubles(events.troubled);
    const { signal } = this.stopSending;
    this.sender = new Sender({ js: nats.js, publisher: log.publisher, troubles: this.troubles, signal });
    this.alerts = new AlertPublisher({ js: nats.js, troubles: this.troubles, signal, refused: events.refused });
  }

  /** Until the sources end or the signal is aborted. Throws where the log cannot be read. */
  static async run(options: PublishOptions): Promise<PublishSummary> {
    const { log, unsent } = await PublishLog.open(options.path);
    const publish = new Publish(options, log);
    try {
      return await publish.run(unsent);
    } finally {
      publish.stopSending.abort();
      await publish.writing.catch(() => undefined);
      await log.close();
    }
  }

  private async run(unsent: readonly Message[]): Promise<PublishSummary> {
    const { sources, mode, signal, health, now } = this.options;
    const isOnce = mode === 'once';
    const sending = this.sender.run();
    await this.sender.add(unsent);
    for (const { name } of isOnce ? [] : sources) health.touch(name, now());
    const ticking = isOnce ? undefined : setInterval(() => this.raise(health.tick(now())), 1_000);
    try {
      if (isOnce) {
        const logs = sources.map((source) => this.guarded(source));
        for await (const batch of mergedByTime(logs)) await this.take(batch);
        if (!signal.aborted) await this.write(() => this.tellAll('end', this.log.ticked), undefined);
      } else {
        await Promise.all(sources.map((source) => this.follow(source)));
      }
      await this.writing.catch(() => undefined);
      const patience = new AbortController();
      await Promise.race([
        Promise.all([this.sender.idle(), this.alerts.idle()]),
        pause(isOnce ? 60_000 : 10_000, patience.signal),
      ]);
      patience.abort();
      return { ...this.total, unread: this.unread, isComplete: this.sender.isIdle };
    } finally {
      clearInterval(ticking);
      this.stopSending.abort();
      await sending;
    }
  }

  private async follow(source: EventSource): Promise<void> {
    const { signal } = this.options;
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

  private async *guarded(source: EventSource): AsyncIterable<Batch> {
    try {
      yield* await this.batches(source);
    } catch (error) {
      if (!(error instanceof BulwarkError) || error.code === 'usage') throw error;
      this.unread.push(error.message);
    }
  }

  private async batches(source: EventSource): Promise<AsyncIterable<Batch>> {
    const { mode, signal, begin, health } = this.options;
    const from = this.log.positions.get(source.name) ?? (await begin(source));
    return source.batches({
      follow: mode === 'follow',
      signal,
      ...(from !== undefined && { from }),
      wanted: (line) => {
        if (this.router.wants(line)) return true;
        this.total.events += 1;
        this.raise(health.glance(source.name, glanceAt(line)));
        return false;
      },
    });
  }

  private async take(batch: Batch): Promise<void> {
    const { events, health, now } = this.options;
    for (const damage of batch.damages) events.damaged(damage);
    this.total.events += batch.events.length;
    this.total.damages += batch.damages.length;
    health.touch(batch.source, now());
    await this.write(() => batch.events.flatMap((event) => this.messagesOf(event)), batch.position);
    batch.done?.();
  }

  /** One batch after the other, so that the log holds the messages in the order of their numbers. */
  private write(messages: () => readonly Message[], position: Position | undefined): Promise<void> {
    const next = this.writing.then(async () => {
      const { changes } = this.router;
      const made = messages();
      const hasChanged = this.router.changes !== changes;
      const frame = {
        messages: made,
        position,
        ticked: this.log.ticked,
        ...(hasChanged && { router: this.router.save() }),
      };
      await this.keep(frame);
      await this.sender.add(made);
      await this.log.packIfLong(this.sender.pending());
    });
    // After one that failed none may follow: its numbers would be missing.
    next.catch(() => undefined);
    this.writing = next;
    return next;
  }

  /** A full disk stops the reading, not the watch. What was made has its numbers, so it has to be kept. */
  private async keep(frame: Parameters<PublishLog['append']>[0]): Promise<void> {
    for (;;) {
      try {
        await this.log.append(frame);
        this.troubles.end('the log of what is published');
        return;
      } catch (error) {
        this.troubles.begin('the log of what is published', error);
        if (this.options.signal.aborted) throw error;
        await pause(1_000, this.options.signal);
      }
    }
  }

  private messagesOf(event: AuditEvent): Message[] {
    this.raise(this.options.health.feed(event));
    const body = Buffer.from(JSON.stringify(event.raw));
    const { home, copies } = this.router.route(event, body);
    const messages: Message[] = [];
    const add = (partition: PartitionName, token: { readonly token?: string }): void => {
      for (const piece of piecesOf(body)) {
        messages.push({ partition, number: this.log.take(partition), ...token, kind: 'event', ...piece });
      }
    };
    if (home !== undefined) add(home.partition, { token: home.token });
    for (const partition of copies) add(partition, {});
    return [...messages, ...this.tickAt(event.time)];
  }

  /** All partitions close incidents at the same events. */
  private tickAt(time: number): readonly Message[] {
    if (time < this.log.ticked + tickEvery) return [];
    const isFirst = this.log.ticked === 0;
    this.log.ticked = time;
    return isFirst || this.options.mode === 'once' ? [] : this.tellAll('tick', time);
  }

  private tellAll(kind: Kind, time: number): readonly Message[] {
    const body = Buffer.from(String(time));
    return this.partitions.map((partition) => ({ partition, number: this.log.take(partition), kind, left: 0, body }));
  }

  /** About the log itself: these come from no event, and need no partition. */
  private raise(alerts: readonly Alert[]): void {
    const told = alerts.filter(({ severity }) => compareSeverity(severity, this.options.least) >= 0);
    if (told.length > 0) void this.alerts.publish(told);
  }
}
