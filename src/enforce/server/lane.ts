import type { LaneLimits } from './limits.ts';

/** Why a call was not let in: too many wait already, or it waited for too long. */
export type Refusal = 'full' | 'late' | 'gone';

export type Admission = { readonly leave: () => void } | { readonly refused: Refusal };

interface Waiting {
  readonly bytes: number;
  readonly enter: (admission: Admission) => void;
  readonly timer: NodeJS.Timeout;
}

/** Bounds the bytes that are in memory at one time. Who finds no room waits, in the order of coming, for a time. */
export class Lane {
  private readonly limits: LaneLimits;
  private readonly queue = new Set<Waiting>();
  private used = 0;

  constructor(limits: LaneLimits) {
    this.limits = limits;
  }

  get bytes(): number {
    return this.used;
  }

  get waiting(): number {
    return this.queue.size;
  }

  /** Room for so many bytes, where there is some and nobody waits: call it to leave. */
  enterNow(bytes: number): (() => void) | undefined {
    return this.queue.size === 0 && this.hasRoom(bytes) ? this.take(bytes) : undefined;
  }

  /**
   * Room for so many bytes, within so many milliseconds. Who got it calls `leave` once it is done; `signal` gives the
   * place in the queue up.
   */
  enter(bytes: number, within: number, signal: AbortSignal): Promise<Admission> {
    const { limits, queue } = this;
    const leave = this.enterNow(bytes);
    if (leave !== undefined) return Promise.resolve({ leave });
    if (queue.size >= limits.waiting) return Promise.resolve({ refused: 'full' });
    return new Promise((resolve) => {
      const refuse = (refused: Refusal): void => {
        if (!queue.delete(waiting)) return;
        waiting.enter({ refused });
        this.advance();
      };
      const gone = (): void => refuse('gone');
      const waiting: Waiting = {
        bytes,
        enter: (admission) => {
          clearTimeout(waiting.timer);
          signal.removeEventListener('abort', gone);
          resolve(admission);
        },
        timer: setTimeout(() => refuse('late'), within),
      };
      queue.add(waiting);
      signal.addEventListener('abort', gone, { once: true });
    });
  }

  private hasRoom(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.limits.bytes;
  }

  private take(bytes: number): () => void {
    this.used += bytes;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.used -= bytes;
      this.advance();
    };
  }

  private advance(): void {
    for (const waiting of this.queue) {
      if (!this.hasRoom(waiting.bytes)) return;
      this.queue.delete(waiting);
      waiting.enter({ leave: this.take(waiting.bytes) });
    }
  }
}
