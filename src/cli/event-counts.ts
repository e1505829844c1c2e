import type { AuditEvent, Outcome } from '../model/audit-event.ts';

/** How often something was asked for, and how that ended. */
export interface Tally {
  readonly key: readonly string[];
  readonly count: number;
  /** Turned away: not authenticated, denied, or refused. */
  readonly denied: number;
  /** Any other error. */
  readonly failed: number;
  /** Event time of the first and last, in milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

interface Counted {
  count: number;
  denied: number;
  failed: number;
  first: number;
  last: number;
}

const turnedAway: ReadonlySet<Outcome> = new Set(['unauthenticated', 'denied', 'impersonation-refused', 'refused']);

/** Longer values are one with what begins alike: a user agent can be as long as its sender likes. */
const longestKey = 512;

/**
 * Counts events by key in bounded memory: over twice `capacity` keys, the rarest half is forgotten. What is told may
 * then be too low by `shortBy` at most, and never too high (Misra and Gries: the frequent ones always stay).
 */
export class EventCounts {
  private readonly capacity: number;
  private readonly keyOf: (event: AuditEvent) => readonly string[];
  private readonly counts = new Map<string, Counted>();
  private forgotten = 0;
  private floor = 0;

  constructor(keyOf: (event: AuditEvent) => readonly string[], capacity = 50_000) {
    this.keyOf = keyOf;
    this.capacity = capacity;
  }

  /** By how much a count may be too low: 0 while nothing was forgotten. */
  get shortBy(): number {
    return this.floor;
  }

  /** Different keys; a lower bound once something was forgotten. */
  get different(): number {
    return Math.max(this.counts.size, this.forgotten);
  }

  add(event: AuditEvent): void {
    const key = this.keyOf(event).map(cut).join(separator);
    const { outcome, time } = event;
    let counted = this.counts.get(key);
    if (counted === undefined) {
      counted = { count: 0, denied: 0, failed: 0, first: time, last: time };
      this.counts.set(key, counted);
    }
    counted.count += 1;
    if (turnedAway.has(outcome)) counted.denied += 1;
    else if (outcome === 'failed') counted.failed += 1;
    if (time < counted.first) counted.first = time;
    if (time > counted.last) counted.last = time;
    if (this.counts.size > 2 * this.capacity) this.forget();
  }

  /** The most frequent, then by key. */
  top(number: number): readonly Tally[] {
    const sorted = [...this.counts].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
    return sorted.slice(0, number).map(([key, counted]) => ({ key: key.split(separator), ...counted }));
  }

  private forget(): void {
    this.forgotten = Math.max(this.forgotten, this.counts.size);
    const sorted = [...this.counts].sort(([, a], [, b]) => a.count - b.count);
    let most = 0;
    for (const [key, { count }] of sorted.slice(0, sorted.length - this.capacity)) {
      this.counts.delete(key);
      most = Math.max(most, count);
    }
    // A key that comes back begins at nothing each time it was forgotten.
    this.floor += most;
  }
}

const separator = '\0';

function cut(text: string): string {
  const short = text.length > longestKey ? `${text.slice(0, longestKey)}...` : text;
  return short.replaceAll(separator, '\\0');
}
