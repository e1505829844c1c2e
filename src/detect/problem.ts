import type { Path } from '../model/path.ts';

/** Why a rule cannot be used: where in its document, and what is wrong. */
export class RuleError extends Error {
  readonly at: Path;
  /** What else is wrong with the same rule. */
  readonly others: readonly RuleError[];

  constructor(at: Path, message: string, others: readonly RuleError[] = []) {
    super(message);
    this.name = 'RuleError';
    this.at = at;
    this.others = others;
  }
}

/** Reads the parts of a rule one by one, so that whoever wrote it is told of all that is wrong with it at once. */
export class RuleErrors {
  private readonly found: RuleError[] = [];

  /** What `read` gives; undefined where it throws a `RuleError`, which is kept. Throws any other error. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      this.found.push(error, ...error.others);
      return undefined;
    }
  }

  /** Throws one error for all that were found. */
  raise(): void {
    const [first, ...others] = this.found;
    if (first !== undefined) throw new RuleError(first.at, first.message, others);
  }
}
