import type { AuditEvent } from '../../model/audit-event.ts';
import type { Reordering } from '../sources/source.ts';

/** Events that are held at most, whatever the time: the oldest go on then. */
const mostHeld = 8_192;

interface Held {
  readonly event: AuditEvent;
  /** Offsets of the frame that it came in. */
  readonly offset: number;
  readonly end: number;
}

/**
 * Events that wait a moment for earlier ones: API servers send several batches at a time, and the later may arrive
 * first. What goes on when depends on nothing but the frames of the spool, so that a restart gives the same order.
 * Events go on in the order of time, then id; one that is earlier than what has gone on already goes on at once.
 */
export class Reorder {
  private held: Held[] = [];
  /** Behind the last frame that was read. */
  private readTo: number;
  private cut: Pick<Reordering, 'time' | 'id'> | undefined;
  /** Frames before were read before the restart: of them only what is behind the cut was still held. */
  private readonly known: number;

  constructor(start: number, before: Reordering | undefined) {
    this.readTo = start;
    this.cut = before;
    this.known = before?.until ?? start;
  }

  /** Takes the events of a frame. Returns those that go on at once. */
  add(events: readonly AuditEvent[], { offset, end }: Pick<Held, 'offset' | 'end'>): readonly AuditEvent[] {
    this.readTo = end;
    const late: AuditEvent[] = [];
    for (const event of events) {
      if (this.cut === undefined || compare(event, this.cut) > 0) this.held.push({ event, offset, end });
      else if (offset >= this.known) late.push(event);
    }
    if (this.held.length <= mostHeld) return late;
    const sorted = this.held.toSorted(byTime);
    const last = sorted[sorted.length - mostHeld / 2];
    return last === undefined ? late : [...late, ...this.release(last.event)];
  }

  /** The events of frames that end there or before, and what is earlier than the last of them. */
  releaseUntil(end: number): readonly AuditEvent[] {
    let last: AuditEvent | undefined;
    for (const held of this.held) {
      if (held.end <= end && (last === undefined || compare(held.event, last) > 0)) last = held.event;
    }
    return last === undefined ? [] : this.release(last);
  }

  /** A frame without events of ours was read. */
  pass(end: number): void {
    this.readTo = end;
  }

  /** Where a restart has to read from, and what it need not hand on again. */
  get place(): { readonly offset: number; readonly reordering?: Reordering } {
    // In order of arrival: the first is of the oldest frame.
    const [oldest] = this.held;
    if (oldest === undefined) {
      const isBehind = this.readTo < this.known;
      return { offset: this.readTo, ...this.rest(isBehind ? this.known : this.readTo) };
    }
    return { offset: oldest.offset, ...this.rest(Math.max(this.known, this.readTo)) };
  }

  /** Whether a frame was read before the restart, for what it still held. */
  wasRead(end: number): boolean {
    return end <= this.known;
  }

  get isEmpty(): boolean {
    return this.held.length === 0;
  }

  private rest(until: number): { readonly reordering?: Reordering } {
    return this.cut === undefined ? {} : { reordering: { until, time: this.cut.time, id: this.cut.id } };
  }

  private release({ time, id }: AuditEvent): readonly AuditEvent[] {
    this.cut = { time, id };
    const out: Held[] = [];
    const kept: Held[] = [];
    for (const held of this.held) (compare(held.event, this.cut) <= 0 ? out : kept).push(held);
    this.held = kept;
    return out.toSorted(byTime).map(({ event }) => event);
  }
}

function byTime(a: Held, b: Held): number {
  return compare(a.event, b.event);
}

function compare(a: Pick<AuditEvent, 'time' | 'id'>, b: Pick<AuditEvent, 'time' | 'id'>): number {
  return a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** A body that no caller can send: theirs are objects. */
const markBegin = 'release ';

/** Says in the spool that what came before an offset has waited long enough. */
export function markOf(end: number): Buffer {
  return Buffer.from(`${markBegin}${end}`);
}

/** The offset that a mark names; undefined for a body with events. */
export function markedIn(body: Buffer): number | undefined {
  if (body.length > 32 || !body.toString('latin1', 0, markBegin.length).startsWith(markBegin)) return undefined;
  const end = Number(body.toString('latin1', markBegin.length));
  return Number.isSafeInteger(end) ? end : undefined;
}

/** Calls for a mark when a frame has waited for the window; several that are ready together share one. */
export class Waits {
  private readonly window: number;
  private readonly mark: (end: number) => Promise<void>;
  private waiting: { readonly end: number; readonly until: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  /** `window` in milliseconds. */
  constructor(window: number, mark: (end: number) => Promise<void>) {
    this.window = window;
    this.mark = mark;
  }

  add(end: number): void {
    if (this.isStopped) return;
    this.waiting.push({ end, until: performance.now() + this.window });
    this.timer ??= setTimeout(() => void this.ring(), this.window);
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async ring(): Promise<void> {
    // Those that are nearly ready go along: at most so many marks a second.
    const now = performance.now() + this.window / 10;
    const ready = this.waiting.filter(({ until }) => until <= now);
    const last = ready.at(-1);
    let after = 1;
    if (last !== undefined) {
      try {
        await this.mark(last.end);
        this.waiting = this.waiting.filter(({ end }) => end > last.end);
      } catch {
        // The disk takes nothing: it is asked again, and callers are told to wait meanwhile.
        after = 1_000;
      }
    }
    const [next] = this.waiting;
    const wait = next === undefined ? undefined : Math.max(after, next.until - performance.now());
    this.timer = wait === undefined || this.isStopped ? undefined : setTimeout(() => void this.ring(), wait);
  }
}
