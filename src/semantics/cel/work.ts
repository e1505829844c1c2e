import { fail } from './error.ts';

/** Items that one comparison or one text may go through. A few steps can make a value with more items than atoms. */
const most = 1_000_000;

/** Counts what a function goes through in a value, where its cost is counted by the value's own size only. */
export class Work {
  private left = most;

  /** Throws an EvaluationError where it is too much. */
  step(): void {
    this.left -= 1;
    if (this.left < 0) fail(`a value of more than ${most} parts is too large`);
  }
}
