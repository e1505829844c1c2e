import type { Path } from '../model/path.ts';

/** Why a rule cannot be used: where in its document, and what is wrong. */
export class RuleError extends Error {
  readonly at: Path;

  constructor(at: Path, message: string) {
    super(message);
    this.name = 'RuleError';
    this.at = at;
  }
}
