import { parseType, splitTypes, type Type } from './type.ts';
import { Double, isListValue, isPlainMap, MapValue, Opaque, Optional, TypeValue, Uint, type Value } from './value.ts';

/** What a library adds to the language: one overload of a function. */
export interface Overload {
  readonly name: string;
  /** `a.f(b)`; the receiver is the first of `parameters`. */
  readonly isMember: boolean;
  readonly parameters: readonly Type[];
  readonly result: Type;
  /** The library's name, for messages. */
  readonly library: string;
  /** The minors of Kubernetes 1.x that have it: from `since`, and before `until`. */
  readonly since: number;
  readonly until: number;
  /** Whether `run` looks at the values' types itself, whichever overload of the name it is called for. */
  readonly dispatchesItself: boolean;
  /** Whether the values are of the parameters' types. */
  accepts(args: readonly Value[]): boolean;
  /** Called with values of the parameters' types only. May throw an EvaluationError. */
  run(...args: Value[]): Value;
  /** `run` for calls whose second argument is always this one; throws an EvaluationError where that cannot be right. */
  readonly withConstant: ((second: Value) => Runner) | undefined;
  /** What a call costs, in the API server's units. */
  cost(first: Value, second: Value, result: Value): number;
}

/** A method, so that what runs may name the types of its parameters, which `accepts` has made sure of. */
interface Runner {
  run(...args: (Value | undefined)[]): Value;
}

/** What an overload does. */
interface Implementation extends Runner {
  withConstant?(second: Value): Runner;
  cost?(first: Value, second: Value, result: Value): number;
}

export interface Library {
  readonly name: string;
  readonly since: number;
  readonly until?: number;
  /** Whether implementations look at the types of values themselves, and each may be called for the others. */
  readonly dispatches?: 'itself';
  readonly overloads: readonly OverloadSource[];
}

export interface OverloadSource {
  readonly signature: string;
  readonly implementation: Implementation;
}

/** `string.charAt(int): string` or `size(list<T>): int`, and what it does. */
export function overload(signature: string, implementation: Implementation): OverloadSource {
  return { signature, implementation };
}

const signaturePattern = /^(?:([^(]+?)\.\.)?([\w.@?!:[\]+*/%<>=&|-]+)\((.*)\): (.+)$/;

/** Throws where a signature is wrong: signatures are ours. A receiver stands before two dots: `string..size(): int`. */
export function readLibrary(library: Library): readonly Overload[] {
  return library.overloads.map(({ signature, implementation }) => {
    const match = signaturePattern.exec(signature);
    if (match === null) throw new Error(`not a signature: ${signature}`);
    const [, receiver, name = '', args = '', result = ''] = match;
    const parameters = [...(receiver === undefined ? [] : [receiver]), ...splitTypes(args)].map(parseType);
    const guards = parameters.map(guardOf);
    return {
      name,
      isMember: receiver !== undefined,
      parameters,
      result: parseType(result),
      library: library.name,
      since: library.since,
      until: library.until ?? Number.POSITIVE_INFINITY,
      dispatchesItself: library.dispatches === 'itself',
      accepts: (values) => guards.every((guard, index) => guard(values[index] as Value)),
      run: implementation.run,
      withConstant: implementation.withConstant,
      cost: implementation.cost ?? (() => 1),
    };
  });
}

/** Whether a value is of a type, as far as overloads are told apart by it: what is in lists is not looked at. */
function guardOf(type: Type): (value: Value) => boolean {
  switch (type.kind) {
    case 'dyn':
    case 'parameter':
      return () => true;
    case 'list':
      return isListValue;
    case 'map':
      return (value) => isPlainMap(value) || value instanceof MapValue;
    case 'optional':
      return (value) => value instanceof Optional;
    case 'type':
      return (value) => value instanceof TypeValue;
    case 'object':
      return isPlainMap;
    case 'named':
      return namedGuard(type.name);
  }
}

function namedGuard(name: string): (value: Value) => boolean {
  switch (name) {
    case 'string':
      return (value) => typeof value === 'string';
    case 'bool':
      return (value) => typeof value === 'boolean';
    case 'int':
      return (value) => typeof value === 'number' || typeof value === 'bigint';
    case 'uint':
      return (value) => value instanceof Uint;
    case 'double':
      return (value) => value instanceof Double;
    case 'bytes':
      return (value) => value instanceof Uint8Array;
    case 'null_type':
      return (value) => value === null;
    default:
      return (value) => value instanceof Opaque && value.typeName === name;
  }
}
