import { costLimits, type Expression } from '../cel/index.ts';
import { Budget, outOfBudget } from './budget.ts';
import { type Inputs, RequestVariables } from './request-variables.ts';

export interface Condition {
  readonly expression: Expression;
  /** As it is written. */
  readonly text: string;
}

/**
 * Whether all conditions hold. One that is false skips whatever the others are; an error counts only where none is.
 * Conditions know neither the namespace nor variables. Source: apiserver webhook/matchconditions/matcher.go.
 */
export function matchConditions(
  conditions: readonly Condition[],
  inputs: Inputs,
): 'match' | 'skip' | { readonly message: string } {
  const variables = new RequestVariables({ ...inputs, view: undefined });
  const budget = new Budget(costLimits.matchConditions, variables, inputs.options);
  const errors: string[] = [];
  for (const { expression, text } of conditions) {
    const outcome = budget.run(expression);
    if (outcome.kind === 'exhausted') return { message: outOfBudget };
    if (outcome.kind === 'value' && outcome.value === false) return 'skip';
    if (outcome.kind === 'error') {
      errors.push(`expression '${text}' resulted in error: ${outcome.message}`);
    }
  }
  if (errors.length === 0) return 'match';
  return { message: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` };
}
