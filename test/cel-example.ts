import { type Bindings, compile, createEnvironment, dyn, Meter, type Value } from '../src/semantics/cel/index.ts';

export interface Example {
  readonly minor?: number;
  /** The variable `object`. */
  readonly object?: Value;
  /** Other variables, of any type. */
  readonly variables?: ReadonlyMap<string, Value>;
}

/** What an expression comes to: its value, or `error: …`, `problem: …` or `stopped: …`. */
export function evaluated(text: string, example: Example = {}): Value {
  const bindings = new Map<string, Value>([['object', example.object ?? null], ...(example.variables ?? [])]);
  return costed(text, bindings, example.minor).value;
}

/** The same, with what it cost in the API server's units. */
export function costed(
  text: string,
  bindings: Bindings & { keys(): Iterable<string> },
  minor?: number,
): { readonly value: Value; readonly cost: number } {
  const variables = new Map([...bindings.keys()].map((name) => [name, dyn]));
  const result = compile(text, createEnvironment({ minor, variables }));
  if (result.kind === 'problem') return { value: `problem: ${result.problem.message}`, cost: 0 };
  const meter = new Meter(1_000_000);
  const outcome = result.expression.evaluate(bindings, meter);
  const { cost } = meter;
  return { value: outcome.kind === 'value' ? outcome.value : `${outcome.kind}: ${outcome.message}`, cost };
}
