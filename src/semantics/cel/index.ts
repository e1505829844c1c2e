/**
 * The Common Expression Language as Kubernetes speaks it: a parser, a checker, and evaluation with the API server's
 * cost limits. Whole numbers in JSON are ints, regular expressions are RE2's and take linear time, and what a version
 * of Kubernetes does not know is refused when an expression is compiled.
 *
 * Sources: the CEL specification, cel-go, and apiserver pkg/cel. Why it is our own: docs/decisions/0006-cel.md.
 */
import { check } from './check.ts';
import type { Environment } from './environment.ts';
import { CompileError, EvaluationError, Stopped } from './error.ts';
import type { Bindings } from './frame.ts';
import type { Meter } from './meter.ts';
import { parse } from './parser.ts';
import { Planner } from './plan.ts';
import type { Type } from './type.ts';
import type { Value } from './value.ts';

export {
  createEnvironment,
  type Environment,
  type EnvironmentOptions,
  withVariables,
} from './environment.ts';
export { EvaluationError, Stopped } from './error.ts';
export type { Bindings } from './frame.ts';
export { type AccessQuestion, type Ask, Authorizer, ResourceCheck } from './library/authorizer.ts';
export { Meter } from './meter.ts';
export { bool, dyn, formatType, int, listOf, mapOf, named, objectOf, string, type Type } from './type.ts';
export { Fields, type Value } from './value.ts';

/** Units of cost. Source: apiserver pkg/apis/cel/config.go. */
export const costLimits = { call: 1_000_000, binding: 10_000_000, matchConditions: 2_500_000 } as const;

export interface Expression {
  /** What it comes to, as far as that is known without values. */
  readonly type: Type;
  /** Synchronous, and never throws. The meter counts on. */
  evaluate(bindings: Bindings, meter: Meter): Outcome;
}

export type Outcome =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'error'; readonly message: string }
  /** Nothing more may be evaluated on this budget. */
  | { readonly kind: 'stopped'; readonly reason: 'cost' | 'deadline'; readonly message: string };

export interface CompileProblem {
  /** With line and column, both from 1: `1:7: undeclared reference to 'x' (in container '')`. */
  readonly message: string;
  /** The minor of Kubernetes 1.x that brought what is used, where this one does not have it. */
  readonly needsMinor: number | undefined;
}

export type CompileResult =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'problem'; readonly problem: CompileProblem };

/** Parses, checks and plans an expression. Any text at all gives an expression or a problem. */
export function compile(text: string, environment: Environment): CompileResult {
  try {
    const node = parse(text, environment);
    const checked = check(node, environment);
    const planner = new Planner(checked, environment);
    const run = planner.plan(node, new Map());
    const evaluate = (bindings: Bindings, meter: Meter): Outcome => {
      try {
        return { kind: 'value', value: run({ bindings, meter, locals: [] }) };
      } catch (error) {
        if (error instanceof EvaluationError) return { kind: 'error', message: error.message };
        if (error instanceof Stopped) return { kind: 'stopped', reason: error.reason, message: error.message };
        // Values may be nested more deeply than the stack is.
        if (error instanceof RangeError) return { kind: 'error', message: 'a value is too large or too deeply nested' };
        throw error;
      }
    };
    return { kind: 'expression', expression: { type: checked.type, evaluate } };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const { line, column } = positionOf(text, error.offset);
    return {
      kind: 'problem',
      problem: { message: `${line}:${column}: ${error.message}`, needsMinor: error.needsMinor },
    };
  }
}

function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
