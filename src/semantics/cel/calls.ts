import type { Call } from './ast.ts';
import { isEqual, lookUp } from './equality.ts';
import { CompileError, EvaluationError, noSuchOverload } from './error.ts';
import type { Run } from './frame.ts';
import type { Overload } from './function.ts';
import { Optional, type Value } from './value.ts';

/** `x in [literals]` costs nothing but `x`. */
export function planMembership(item: Run, container: Run): Run {
  let texts: ReadonlySet<Value> | undefined;
  return (frame) => {
    const value = item(frame);
    const list = container(frame);
    if (!Array.isArray(list)) return lookUp(list, value) !== undefined;
    texts ??= new Set(list.filter((entry) => typeof entry === 'string'));
    if (typeof value === 'string') return texts.has(value);
    return list.some((entry) => isEqual(value, entry));
  };
}

/** The overload for a second argument that is always the same, where it has one. Throws a CompileError. */
export function prepare(overload: Overload, value: Value, node: Call): Pick<Overload, 'run'> | undefined {
  if (overload.withConstant === undefined || typeof value !== 'string') return undefined;
  try {
    return overload.withConstant(value);
  } catch (error) {
    if (error instanceof EvaluationError)
      throw new CompileError(`invalid ${node.name} argument: ${error.message}`, node.offset);
    throw error;
  }
}

const timeFunctions: ReadonlySet<string> = new Set(['duration', 'timestamp']);

/**
 * Throws a CompileError for `duration('x')` and `timestamp('x')`, which would fail every time that they are evaluated.
 * Source: cel-go cel/validator.go (formatValidator), apiserver pkg/cel/environment/base.go.
 */
export function refuseBadTime(node: Call, overloads: readonly Overload[]): void {
  const [argument] = node.args;
  if (!timeFunctions.has(node.name) || node.target !== undefined || argument?.kind !== 'literal') return;
  const { value, offset } = argument;
  try {
    overloads.find((overload) => overload.accepts([value]))?.run(value);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw new CompileError(`invalid ${node.name} argument: ${error.message}`, offset);
  }
}

/** Calls the first overload that takes the values. */
export function planGuarded(args: readonly Run[], overloads: readonly Overload[]): Run {
  return (frame) => {
    const values = args.map((arg) => arg(frame));
    for (const overload of overloads) {
      if (!overload.accepts(values)) continue;
      const [first = null, second = null] = values;
      // What a result costs to make is known once it is made; what is read is paid for before.
      const before = overload.cost(first, second, null);
      frame.meter.spend(before);
      const result = overload.run(...values);
      const after = overload.cost(first, second, result) - before;
      if (after > 0) frame.meter.spend(after);
      return result;
    }
    return noSuchOverload();
  };
}

/** `a.or(b)` and `a.orValue(b)`: b is evaluated where it is needed. */
export function planOr(name: string, first: Run, second: Run): Run {
  return (frame) => {
    const value = first(frame);
    if (!(value instanceof Optional)) return noSuchOverload();
    if (value.value !== undefined) return name === 'orValue' ? value.value : value;
    const other = second(frame);
    return name === 'orValue' || other instanceof Optional ? other : noSuchOverload();
  };
}

/** `decisive` ends it: true for `||`, false for `&&`. Errors count only where nothing decides. */
export function planLogic(decisive: boolean, terms: readonly Run[]): Run {
  return (frame) => {
    let error: EvaluationError | undefined;
    for (const term of terms) {
      try {
        const value = term(frame);
        if (value === decisive) return decisive;
        if (typeof value !== 'boolean') error ??= new EvaluationError('no such overload');
      } catch (thrown) {
        if (!(thrown instanceof EvaluationError)) throw thrown;
        error ??= thrown;
      }
    }
    if (error !== undefined) throw error;
    return !decisive;
  };
}
