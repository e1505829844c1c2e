import { costLimits, type Expression, Meter, type Outcome } from '../cel/index.ts';
import type { EvaluateOptions } from './policy-set.ts';
import type { RequestVariables } from './request-variables.ts';

/** The API server's words where a budget is spent. */
export const outOfBudget =
  'validation failed due to running out of cost budget, no further validation rules will be run';

type Run = Exclude<Outcome, { kind: 'stopped' }> | { readonly kind: 'exhausted' };

/** What several expressions may cost together, besides what each may cost. */
export class Budget {
  private left: number;
  private readonly bindings: RequestVariables;
  private readonly options: EvaluateOptions;

  constructor(units: number, bindings: RequestVariables, options: EvaluateOptions) {
    this.left = units;
    this.bindings = bindings;
    this.options = options;
  }

  /** What is left, for expressions with variables of their own. */
  forMessages(bindings: RequestVariables): Budget {
    return new Budget(this.left, bindings, this.options);
  }

  run(expression: Expression): Run {
    const meter = new Meter(costLimits.call, this.options.deadline);
    const outcome = expression.evaluate(this.bindings, meter);
    this.left -= meter.cost + this.bindings.takeCost();
    if (this.left < 0) return { kind: 'exhausted' };
    return outcome.kind === 'stopped' ? { kind: 'error', message: outcome.message } : outcome;
  }
}
