const minute = 60_000;

/** A stretch of time without a single event, in milliseconds since 1970. */
export interface Silence {
  readonly from: number;
  readonly to: number;
}

/** How long was looked at, and where nothing was seen. Times may come in any order. */
export class ObservedSpan {
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;
  /** Minutes with an event: a year has half a million. */
  private readonly minutes = new Set<number>();

  add(time: number): void {
    if (!Number.isFinite(time)) return;
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
    if (this.minutes.size < mostMinutes) this.minutes.add(Math.floor(time / minute));
  }

  /** Milliseconds; 0 where nothing was seen. */
  get length(): number {
    return Math.max(0, this.last - this.first);
  }

  /** The stretches of at least `atLeast` milliseconds without an event, the longest first. */
  silences(atLeast: number): readonly Silence[] {
    const sorted = [...this.minutes].sort((a, b) => a - b);
    const found: Silence[] = [];
    for (let index = 1; index < sorted.length; index += 1) {
      const from = ((sorted[index - 1] ?? 0) + 1) * minute;
      const to = (sorted[index] ?? 0) * minute;
      if (to - from >= atLeast) found.push({ from, to });
    }
    return found.sort((a, b) => b.to - b.from - (a.to - a.from));
  }
}

const mostMinutes = 1_200_000;
