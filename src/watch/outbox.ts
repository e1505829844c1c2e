import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Alert } from '../model/alert.ts';
import { Journal } from './journal.ts';
import { replaceFile } from './replace-file.ts';
import { type Entry, type QueueLimits, SinkQueue } from './sink-queue.ts';
import { deliveryKey, type Sink } from './sinks/sink.ts';

export interface OutboxOptions {
  /** Undefined: nothing is kept. */
  readonly path: string | undefined;
  readonly sinks: readonly Pick<Sink, 'name' | 'updates'>[];
  /** The last alert that the checkpoint knows: later ones are made again by the events after it. */
  readonly checkpointed: number;
  /** Of one sink. What is over is dropped, oldest first. */
  readonly limits: QueueLimits;
  readonly onDropped: (sink: string, count: number) => void;
}

type Line =
  | { readonly last: number }
  | (Pick<Entry, 'number' | 'alert' | 'cause'> & { readonly for: readonly string[] })
  | { readonly sink: string; readonly settled: readonly number[] };

/**
 * The alerts that are still to be told, per sink, on disk. An alert is durable before a sink hears of it, and so is
 * what a sink has heard: after a kill each goes on where it was. Alerts that the replayed events make a second time
 * are known by id and revision.
 */
export class Outbox {
  private readonly options: OutboxOptions;
  private readonly queues = new Map<string, SinkQueue>();
  private journal: Journal | undefined;
  private last: number;
  /** The highest number that the file ever had, when it was opened. */
  private loaded = 0;
  /** Alerts since the checkpoint, by key: the replay after a restart makes them again. */
  private readonly recent = new Map<string, number>();
  private recentEntries: Entry[] = [];
  /** Of those, what the events made before the restart and will make again. In order. */
  private readonly expected = new Set<number>();
  /** The highest number that is in the file. */
  private added = 0;
  private live = 0;
  private change: Promise<void> | undefined;
  private wake: () => void = () => undefined;
  private work: Promise<unknown> = Promise.resolve();

  private constructor(options: OutboxOptions) {
    this.options = options;
    this.last = options.checkpointed;
    for (const { name, updates } of options.sinks) this.queues.set(name, new SinkQueue(updates));
  }

  static async open(options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(options);
    const { path } = options;
    if (path === undefined) return outbox;
    if (existsSync(path)) outbox.load(await readFile(path));
    outbox.last = Math.max(outbox.last, outbox.loaded);
    await outbox.rewrite(path);
    return outbox;
  }

  /** The number up to which a checkpoint of this moment knows the alerts. */
  get covered(): number {
    // What the events before the restart made and have not made again yet is still to come.
    for (const number of this.expected) return number - 1;
    return this.last;
  }

  /**
   * Takes a number for an alert; undefined for one that was taken before. `cause` says whether the events make it
   * again when they are read again.
   */
  admit(alert: Alert, cause: 'event' | 'watch'): Entry | undefined {
    const key = deliveryKey(alert);
    const known = this.recent.get(key);
    if (known !== undefined) {
      this.expectAfter(known);
      return undefined;
    }
    // Replayed events make the same alerts in the same order: after a new one no old one comes.
    if (cause === 'event') this.expected.clear();
    this.last += 1;
    const entry = { number: this.last, alert, bytes: JSON.stringify(alert).length, cause };
    this.recent.set(key, entry.number);
    this.recentEntries.push(entry);
    return entry;
  }

  private expectAfter(number: number): void {
    for (const expected of this.expected) {
      if (expected > number) return;
      this.expected.delete(expected);
    }
  }

  /** Takes alerts with the numbers that they have, where the file never had them. */
  async addMissing(alerts: readonly { readonly number: number; readonly alert: Alert }[]): Promise<void> {
    const missing = alerts.filter(({ number }) => number > this.loaded);
    await this.add(
      missing.map(({ number, alert }) => ({ number, alert, bytes: JSON.stringify(alert).length, cause: 'event' })),
    );
  }

  /** Resolves when the entries are durable and their sinks are called. */
  async add(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const names = [...this.queues.keys()];
    await this.next(async () => {
      await this.append(entries.map(({ number, alert, cause }) => ({ number, alert, cause, for: names })));
      for (const entry of entries) {
        this.added = Math.max(this.added, entry.number);
        for (const [name, queue] of this.queues) await this.offer(entry, name, queue);
      }
    });
    this.stir();
  }

  private async offer(entry: Entry, name: string, queue: SinkQueue): Promise<void> {
    queue.add(entry);
    const dropped = queue.shrink(this.options.limits);
    if (dropped.length === 0) return;
    this.options.onDropped(name, dropped.length);
    await this.append([{ sink: name, settled: dropped.map(({ number }) => number) }]);
  }

  /** What a sink has not been told yet, oldest first. */
  pending(sink: string): Iterable<Entry> {
    return this.queues.get(sink)?.entries() ?? [];
  }

  size(sink: string): number {
    return this.queues.get(sink)?.size ?? 0;
  }

  /** A sink has been told, or never will be. */
  async settle(sink: string, entries: readonly Entry[]): Promise<void> {
    const queue = this.queues.get(sink);
    if (queue === undefined || entries.length === 0) return;
    for (const entry of entries) queue.remove(entry);
    await this.next(() => this.append([{ sink, settled: entries.map(({ number }) => number) }]));
  }

  /** Resolves when alerts are added, or somebody stirs. */
  changed(): Promise<void> {
    this.change ??= new Promise((resolve) => {
      this.wake = resolve;
    });
    return this.change;
  }

  /** Wakes who waits for a change. */
  stir(): void {
    this.change = undefined;
    this.wake();
  }

  /** Forgets what a checkpoint that is durable now has made superfluous, and packs the file when most of it is. */
  async checkpointed(number: number): Promise<void> {
    this.recentEntries = this.recentEntries.filter((entry) => {
      if (entry.number > number) return true;
      this.recent.delete(deliveryKey(entry.alert));
      return false;
    });
    const { path } = this.options;
    if (path !== undefined && this.journal !== undefined && this.journal.length > 2 * this.live + 1024 * 1024) {
      await this.rewrite(path);
    }
  }

  async close(): Promise<void> {
    await this.work.catch(() => undefined);
    await this.journal?.close();
    this.journal = undefined;
  }

  private async append(lines: readonly Line[]): Promise<void> {
    if (this.journal === undefined) return;
    await this.journal.append(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  }

  private rewrite(path: string): Promise<void> {
    return this.next(async () => {
      const head = { last: Math.max(this.loaded, this.added) };
      const lines = [head, ...this.liveLines()].map((line) => `${JSON.stringify(line)}\n`);
      this.live = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
      await replaceFile(path, lines);
      // Where the disk takes no more the old file stays, and in use.
      const packed = await Journal.open(path);
      await this.journal?.close();
      this.journal = packed;
    });
  }

  /** One write after the other: a line that settles an alert stands behind the alert's own. */
  private next<T>(task: () => Promise<T>): Promise<T> {
    const done = this.work.then(task, task);
    this.work = done.catch(() => undefined);
    return done;
  }

  private liveLines(): Line[] {
    const waiting = new Map<number, { readonly entry: Entry; readonly names: string[] }>();
    for (const entry of this.recentEntries) waiting.set(entry.number, { entry, names: [] });
    for (const [name, queue] of this.queues) {
      for (const entry of queue.entries()) {
        const known = waiting.get(entry.number);
        if (known === undefined) waiting.set(entry.number, { entry, names: [name] });
        else known.names.push(name);
      }
    }
    const sorted = [...waiting.values()].toSorted((a, b) => a.entry.number - b.entry.number);
    return sorted.map(({ entry, names }) => ({
      number: entry.number,
      alert: entry.alert,
      cause: entry.cause,
      for: names,
    }));
  }

  private load(bytes: Buffer): void {
    const loaded = new Map<number, Entry>();
    // A line without an end was torn by the kill: nobody was told of it.
    const lines = bytes
      .subarray(0, bytes.lastIndexOf(0x0a) + 1)
      .toString('utf8')
      .split('\n');
    for (const text of lines) {
      const line = parseLine(text);
      if (line === undefined) continue;
      if ('last' in line) {
        this.loaded = Math.max(this.loaded, line.last);
        continue;
      }
      if ('sink' in line) {
        for (const number of line.settled) {
          const entry = loaded.get(number);
          if (entry !== undefined) this.queues.get(line.sink)?.remove(entry);
        }
        continue;
      }
      const { number, alert, cause } = line;
      const entry = { number, alert, cause, bytes: text.length };
      loaded.set(line.number, entry);
      this.loaded = Math.max(this.loaded, line.number);
      for (const name of line.for) this.queues.get(name)?.add(entry);
      if (line.number > this.options.checkpointed) {
        this.recent.set(deliveryKey(line.alert), line.number);
        this.recentEntries.push(entry);
        if (cause === 'event') this.expected.add(number);
      }
    }
  }
}

/** The file is our own, and whole lines of it were written whole; a line that is not ours is passed over. */
function parseLine(text: string): Line | undefined {
  if (text === '') return undefined;
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line !== 'object' || line === null) return undefined;
    return 'alert' in line || 'settled' in line || 'last' in line ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}
