import { setTimeout as sleep } from 'node:timers/promises';

/** Hands out turns, so many a second at most and evenly spread. */
export class Pace {
  private readonly interval: number;
  private next = 0;

  constructor(perSecond: number) {
    this.interval = 1000 / perSecond;
  }

  /** Resolves when it is this caller's turn; rejects when the signal ends the run. */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = performance.now();
    const at = Math.max(now, this.next);
    this.next = at + this.interval;
    if (at > now) await sleep(at - now, undefined, { signal });
  }
}
