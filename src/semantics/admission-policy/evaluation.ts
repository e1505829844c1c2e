import { costLimits } from '../cel/index.ts';
import { Budget, outOfBudget } from './budget.ts';
import type { CompiledPolicy, CompiledValidation } from './compiled-policy.ts';
import { matchConditions } from './match-conditions.ts';
import { reasonCodes } from './read-policy.ts';
import { type Inputs, RequestVariables } from './request-variables.ts';

/** What one validation, or the failure of a policy to be evaluated, says. */
export interface Verdict {
  readonly message: string;
  readonly reason: string;
  readonly code: number;
  /** The validation's place in the policy; 0 for what is none. */
  readonly index: number;
}

export interface Evaluation {
  readonly denials: readonly Verdict[];
  /** Values of audit annotations by key. */
  readonly annotations: readonly (readonly [key: string, value: string])[];
  /** Annotations that failed, which denies whatever the binding's actions are. */
  readonly annotationErrors: readonly Verdict[];
}

const nothing: Evaluation = { denials: [], annotations: [], annotationErrors: [] };
const longestMessage = 5 * 1024;
const longestAnnotation = 10 * 1024;

/**
 * Evaluates a policy for one request and one parameter, with a budget of its own.
 * Source: apiserver pkg/admission/plugin/policy/validating/validator.go (Validate).
 */
export function evaluatePolicy(policy: CompiledPolicy, inputs: Inputs): Evaluation {
  const variables = new RequestVariables(inputs);
  const condition = matchConditions(policy.matchConditions, inputs);
  if (condition === 'skip') return nothing;
  const doesFail = policy.source.failurePolicy === 'Fail';
  if (condition !== 'match') return doesFail ? { ...nothing, denials: [failure(condition.message, 0)] } : nothing;
  const denials = runValidations(policy, variables, inputs, doesFail);
  const { annotations, errors } = runAnnotations(policy, variables, inputs);
  return { denials, annotations, annotationErrors: doesFail ? errors.map((message) => failure(message, 0)) : [] };
}

function failure(message: string, index: number): Verdict {
  return { message, reason: 'Invalid', code: 422, index };
}

function runValidations(
  policy: CompiledPolicy,
  variables: RequestVariables,
  inputs: Inputs,
  doesFail: boolean,
): readonly Verdict[] {
  const budget = new Budget(costLimits.binding, variables.withVariables(policy.variables), inputs.options);
  const denied: { readonly validation: CompiledValidation; readonly index: number }[] = [];
  const verdicts: Verdict[] = [];
  for (const [index, validation] of policy.validations.entries()) {
    const outcome = budget.run(validation.expression);
    if (outcome.kind === 'exhausted') return doesFail ? [failure(outOfBudget, 0)] : [];
    if (outcome.kind === 'error') {
      const text = validation.source.source.expression;
      if (doesFail) verdicts.push(failure(`expression '${text}' resulted in error: ${outcome.message}`, index));
    } else if (outcome.value !== true) {
      denied.push({ validation, index });
    }
  }
  // Messages share what the validations left of the budget, and are made where they are needed.
  const messages = budget.forMessages(variables.withVariables(policy.variables));
  for (const { validation, index } of denied) {
    const message = messageOf(validation, messages);
    if (message === undefined) {
      if (doesFail) verdicts.push(failure(`failed messageExpression: ${outOfBudget}`, index));
      continue;
    }
    const { reason } = validation.source;
    verdicts.push({ message, reason, code: reasonCodes.get(reason) ?? 422, index });
  }
  return verdicts.sort((left, right) => left.index - right.index);
}

/** Undefined where the budget is spent. */
function messageOf({ messageExpression, source }: CompiledValidation, budget: Budget): string | undefined {
  if (messageExpression !== undefined) {
    const outcome = budget.run(messageExpression);
    if (outcome.kind === 'exhausted') return undefined;
    const text = outcome.kind === 'value' && typeof outcome.value === 'string' ? outcome.value.trim() : '';
    const isFit = text !== '' && !text.includes('\n') && byteLength(text) <= longestMessage;
    if (isFit) return text;
  }
  const message = source.message.trim();
  return message === '' ? `failed expression: ${source.source.expression.trim()}` : message;
}

function runAnnotations(
  policy: CompiledPolicy,
  variables: RequestVariables,
  inputs: Inputs,
): { readonly annotations: readonly (readonly [string, string])[]; readonly errors: readonly string[] } {
  const budget = new Budget(costLimits.binding, variables.withVariables(policy.variables), inputs.options);
  const annotations: (readonly [string, string])[] = [];
  const errors: string[] = [];
  for (const { key, expression, text } of policy.auditAnnotations) {
    const outcome = budget.run(expression);
    if (outcome.kind === 'exhausted') return { annotations, errors: [...errors, outOfBudget] };
    if (outcome.kind === 'error') {
      errors.push(`expression '${text}' resulted in error: ${outcome.message}`);
    } else if (typeof outcome.value === 'string') {
      const value = outcome.value.trim();
      if (value !== '') annotations.push([key, truncated(value, longestAnnotation)]);
    }
  }
  return { annotations, errors };
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The first bytes of a text, without half a character. */
export function truncated(text: string, most: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= most) return text;
  let end = most;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return new TextDecoder().decode(bytes.subarray(0, end));
}
