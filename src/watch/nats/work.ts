import { randomBytes } from 'node:crypto';
import type { DetectorOptions } from '../../detect/index.ts';
import type { Alert } from '../../model/alert.ts';
import { BulwarkError } from '../../model/errors.ts';
import type { Severity } from '../../model/severity.ts';
import { pause } from '../backoff.ts';
import { Troubles } from '../troubles.ts';
import type { WatchEvents } from '../watch-options.ts';
import { AlertPublisher } from './alert-publisher.ts';
import { Claim, lookAt } from './claim.ts';
import type { Nats } from './connection.ts';
import { type PartitionName, partitionNames } from './names.ts';
import { PartitionRun } from './partition-run.ts';

export interface WorkOptions {
  readonly nats: Nats;
  readonly partitions: number;
  readonly detector: DetectorOptions;
  readonly least: Severity;
  readonly causes: (alert: Alert) => readonly string[];
  /** How long a worker that does not show itself keeps its partitions, in milliseconds. */
  readonly lease: number;
  readonly checkpointEvery: number;
  readonly signal: AbortSignal;
  readonly events: Pick<WatchEvents, 'troubled' | 'refused'>;
  readonly lost: (partition: string, count: number, why: string) => void;
  readonly took: (partition: string) => void;
}

interface Held {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Shares the partitions with other workers: takes those that nobody has, and gives up what is more than its share. */
export class Work {
  private readonly options: WorkOptions;
  private readonly name = randomBytes(8).toString('hex');
  private readonly troubles: Troubles;
  private readonly stopAlerts = new AbortController();
  private readonly alerts: AlertPublisher;
  private readonly held = new Map<PartitionName, Held>();
  /** When this worker saw a revision of a key first: a holder or worker that lives makes new ones. */
  private readonly seen = new Map<string, { readonly revision: number; readonly at: number }>();
  private failure: unknown;

  private constructor(options: WorkOptions) {
    this.options = options;
    this.troubles = new Troubles(options.events.troubled);
    this.alerts = new AlertPublisher({
      js: options.nats.js,
      troubles: this.troubles,
      signal: this.stopAlerts.signal,
      refused: options.events.refused,
    });
  }

  /** Until the signal is aborted. Throws what no worker can go on with. */
  static async run(options: WorkOptions): Promise<void> {
    await new Work(options).run();
  }

  private async run(): Promise<void> {
    const { signal, lease, nats } = this.options;
    try {
      while (!signal.aborted && this.failure === undefined) {
        try {
          await this.share();
          this.troubles.end('the partitions');
        } catch (error) {
          this.troubles.begin('the partitions', error);
        }
        // Workers look at different times, so that they do not all run for the same partition.
        await pause(lease * (0.15 + Math.random() * 0.1), signal);
      }
    } finally {
      // Alerts that are still to be told hold up the state that knows them, not the end.
      const patience = setTimeout(() => this.stopAlerts.abort(), 10_000);
      for (const { stop } of this.held.values()) stop.abort();
      await Promise.all([...this.held.values()].map(({ ended }) => ended));
      clearTimeout(patience);
      this.stopAlerts.abort();
      await nats.state.purge(this.key).catch(() => undefined);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private get key(): string {
    return `worker.${this.name}`;
  }

  private async share(): Promise<void> {
    const { nats, partitions, lease } = this.options;
    await nats.state.put(this.key, String(this.held.size));
    const workers = await this.livingWorkers();
    const names = partitionNames(partitions);
    const share = Math.ceil(names.length / workers);
    for (const [, { stop }] of [...this.held].slice(share)) stop.abort();
    // Where all begin at the same end they all run for the same ones.
    const start = Math.floor(Math.random() * names.length);
    for (const partition of [...names.slice(start), ...names.slice(0, start)]) {
      if (this.held.size >= share) return;
      if (this.held.has(partition)) continue;
      const { revision, holder } = await lookAt(nats.state, partition);
      const isFree = revision === 0 || holder === undefined;
      if (!isFree && this.ageOf(`head.${partition}`, revision) <= lease) continue;
      const claim = await Claim.take(nats, { worker: this.name, partition, revision });
      if (claim !== undefined) this.hold(claim);
    }
  }

  private hold(claim: Claim): void {
    const { partition } = claim;
    const stop = new AbortController();
    this.options.took(partition);
    const ended = PartitionRun.run({
      ...this.options,
      claim,
      alerts: this.alerts,
      troubles: this.troubles,
      signal: AbortSignal.any([stop.signal, this.options.signal]),
    })
      .catch((error: unknown) => {
        if (error instanceof BulwarkError) this.failure = error;
        else this.troubles.begin(`partition ${partition}`, error);
      })
      .finally(() => this.held.delete(partition));
    this.held.set(partition, { stop, ended });
  }

  /** With this one. Keys of workers that died are removed. */
  private async livingWorkers(): Promise<number> {
    const { nats, lease } = this.options;
    const keys: string[] = [];
    for await (const key of await nats.state.keys('worker.*')) keys.push(key);
    let living = 1;
    for (const key of keys) {
      if (key === this.key) continue;
      const entry = await nats.state.get(key);
      if (entry === null || entry.operation !== 'PUT') continue;
      const age = this.ageOf(key, entry.revision);
      if (age <= lease) living += 1;
      else if (age > 10 * lease) await nats.state.purge(key);
    }
    return living;
  }

  /** For how long the revision has been the same, in milliseconds of this worker's own clock. */
  private ageOf(key: string, revision: number): number {
    const now = performance.now();
    const before = this.seen.get(key);
    if (before?.revision === revision) return now - before.at;
    this.seen.set(key, { revision, at: now });
    return 0;
  }
}
