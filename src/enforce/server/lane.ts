import type { LaneLimits } from './limits.ts';

/** Why a call was not let in: too many wait already, or it waited for too long, or its caller has gone. */
export type Refusal = 'full' | 'late' | 'gone';

export type Admission = { readonly leave: () => void } | { readonly refused: Refusal };

/** Who asks for room: so many bytes, for a caller at an address. */
export interface Entrant {
  readonly bytes: number;
  readonly peer: string;
}

interface Waiting extends Entrant {
  readonly enter: (admission: Admission) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Bounds the bytes that are in memory at one time. Who finds no room waits, in the order of coming, for a time. One
 * caller has half of the room, and of the places to wait, at most: whoever takes and takes leaves the rest to others.
 */
export class Lane {
  private readonly limits: LaneLimits;
  private readonly queue = new Set<Waiting>();
  private readonly usedBy = new Map<string, number>();
  private readonly waitingOf = new Map<string, number>();
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

  /** Room at once, where there is some and nobody waits: call it to leave. */
  enterNow(entrant: Entrant): (() => void) | undefined {
    return this.queue.size === 0 && this.hasRoom(entrant.bytes) && this.hasShare(entrant)
      ? this.take(entrant)
      : undefined;
  }

  /** Room within so many milliseconds. Who got it calls `leave` once it is done; `signal` gives the place up. */
  enter(entrant: Entrant, within: number, signal: AbortSignal): Promise<Admission> {
    const { limits, queue, waitingOf } = this;
    const leave = this.enterNow(entrant);
    if (leave !== undefined) return Promise.resolve({ leave });
    const { peer } = entrant;
    if (queue.size >= limits.waiting || (waitingOf.get(peer) ?? 0) >= limits.waiting / 2) {
      return Promise.resolve({ refused: 'full' });
    }
    return new Promise((resolve) => {
      const refuse = (refused: Refusal): void => {
        if (!queue.has(waiting)) return;
        this.dequeue(waiting);
        waiting.enter({ refused });
        this.advance();
      };
      const gone = (): void => refuse('gone');
      const waiting: Waiting = {
        ...entrant,
        enter: (admission) => {
          clearTimeout(waiting.timer);
          signal.removeEventListener('abort', gone);
          resolve(admission);
        },
        timer: setTimeout(() => refuse('late'), within),
      };
      queue.add(waiting);
      add(waitingOf, peer, 1);
      signal.addEventListener('abort', gone, { once: true });
      // Those before may only wait for their own share.
      this.advance();
    });
  }

  private hasRoom(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.limits.bytes;
  }

  private hasShare({ bytes, peer }: Entrant): boolean {
    const used = this.usedBy.get(peer) ?? 0;
    return used === 0 || used + bytes <= this.limits.bytes / 2;
  }

  private take({ bytes, peer }: Entrant): () => void {
    this.used += bytes;
    add(this.usedBy, peer, bytes);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.used -= bytes;
      add(this.usedBy, peer, -bytes);
      this.advance();
    };
  }

  private dequeue(waiting: Waiting): void {
    this.queue.delete(waiting);
    add(this.waitingOf, waiting.peer, -1);
  }

  private advance(): void {
    // Who waits for its own share holds up nobody but itself.
    const held = new Set<string>();
    for (const waiting of this.queue) {
      if (held.has(waiting.peer)) continue;
      if (!this.hasShare(waiting)) {
        held.add(waiting.peer);
        continue;
      }
      if (!this.hasRoom(waiting.bytes)) return;
      this.dequeue(waiting);
      waiting.enter({ leave: this.take(waiting) });
    }
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
