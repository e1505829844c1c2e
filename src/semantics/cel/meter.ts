import { Stopped } from './error.ts';

/** How often the deadline is asked for: reading a clock costs more than most steps. */
const stepsBetweenLooks = 256;

/**
 * Counts what an evaluation costs, in the API server's units, and stops it. One meter is used for one call of one
 * expression; what several expressions may cost together is the caller's sum.
 */
export class Meter {
  cost = 0;
  private readonly limit: number;
  private readonly deadline: (() => boolean) | undefined;
  private steps = 0;

  constructor(limit: number, deadline?: () => boolean) {
    this.limit = limit;
    this.deadline = deadline;
  }

  /** Throws `Stopped` where the limit is passed or time is up. */
  spend(units: number): void {
    this.cost += units;
    if (this.cost > this.limit) throw new Stopped('cost');
    if (this.deadline === undefined) return;
    this.steps += 1;
    if (this.steps % stepsBetweenLooks === 0 && this.deadline()) throw new Stopped('deadline');
  }
}
