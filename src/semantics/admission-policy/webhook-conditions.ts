import type { AdmissionRequest } from '../../model/admission.ts';
import { compile, createEnvironment, formatType } from '../cel/index.ts';
import { type Condition, matchConditions } from './match-conditions.ts';
import type { EvaluateOptions } from './policy-set.ts';
import { requestVariableTypes } from './variables.ts';

/** The `matchConditions` of a webhook, ready to be asked. */
export interface WebhookConditions {
  /** Whether the webhook is called, or what is wrong: then its `failurePolicy` decides, and it is not called. */
  evaluate(request: AdmissionRequest, options: EvaluateOptions): 'match' | 'skip' | { readonly message: string };
}

export interface ConditionsResult {
  /** Undefined where a condition cannot be evaluated. */
  readonly conditions: WebhookConditions | undefined;
  /** Each names the condition. */
  readonly problems: readonly string[];
}

/**
 * Compiles the conditions of a webhook. `minor` is that of the API server; the newest that is known where it is not
 * set. Source: apiserver pkg/admission/plugin/webhook/accessors.go.
 */
export function compileWebhookConditions(
  sources: readonly { readonly name: string; readonly expression: string }[],
  minor: number | undefined,
): ConditionsResult {
  const environment = createEnvironment({ minor, variables: requestVariableTypes });
  const problems: string[] = [];
  const conditions: Condition[] = [];
  for (const { name, expression: text } of sources) {
    const result = compile(text, environment);
    if (result.kind === 'problem') {
      problems.push(`condition ${name} cannot be evaluated: ${result.problem.message}`);
      continue;
    }
    const { expression } = result;
    const found = formatType(expression.type);
    if (found === 'bool') conditions.push({ expression, text });
    else problems.push(`condition ${name} must evaluate to bool but got ${found}`);
  }
  if (problems.length > 0) return { conditions: undefined, problems };
  return {
    conditions: {
      evaluate: (request, options) => {
        const match = { kind: 'match', resource: request.resource, objectKind: request.kind } as const;
        return matchConditions(conditions, { request, match, params: undefined, view: undefined, options });
      },
    },
    problems,
  };
}
