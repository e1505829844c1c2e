import type { Alert } from '../model/alert.ts';
import type { Sink } from './sinks/sink.ts';

/** An alert on its way, with its number: numbers grow over the life of a state folder. */
export interface Entry {
  readonly number: number;
  readonly alert: Alert;
  readonly bytes: number;
  /** Whether it came from an event, or the watch noticed it by itself. */
  readonly cause: 'event' | 'watch';
}

/** Of one sink. What is over is dropped, oldest first. */
export interface QueueLimits {
  readonly alerts: number;
  readonly bytes: number;
}

/** What one sink waits for. Of an incident that is still waiting only the latest is kept where updates fold. */
export class SinkQueue {
  private readonly updates: Sink['updates'];
  private readonly waiting = new Map<string, Entry>();
  private bytes = 0;

  constructor(updates: Sink['updates']) {
    this.updates = updates;
  }

  get size(): number {
    return this.waiting.size;
  }

  entries(): Iterable<Entry> {
    return this.waiting.values();
  }

  add(entry: Entry): void {
    const key = this.keyOf(entry);
    this.bytes += entry.bytes - (this.waiting.get(key)?.bytes ?? 0);
    this.waiting.set(key, entry);
  }

  remove(entry: Entry): void {
    const key = this.keyOf(entry);
    // A later revision may have taken the place while this one was on its way.
    if (this.waiting.get(key)?.number !== entry.number) return;
    this.waiting.delete(key);
    this.bytes -= entry.bytes;
  }

  shrink(limits: QueueLimits): Entry[] {
    const dropped: Entry[] = [];
    for (const entry of this.waiting.values()) {
      if (this.waiting.size <= limits.alerts && this.bytes <= limits.bytes) break;
      this.remove(entry);
      dropped.push(entry);
    }
    return dropped;
  }

  private keyOf({ number, alert }: Entry): string {
    return this.updates === 'latest' ? alert.id : String(number);
  }
}
