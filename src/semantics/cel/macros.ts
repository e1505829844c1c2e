import type { Call, Comprehension, Loop, Node } from './ast.ts';
import { CompileError } from './error.ts';

export interface MacroOptions {
  /** `all(k, v, p)` and its like (Kubernetes 1.32). */
  readonly hasTwoVariables: boolean;
  readonly hasOptionals: boolean;
  /** `sortBy(v, key)` (Kubernetes 1.34). */
  readonly hasSortBy: boolean;
}

/** What the arguments after the variables are. */
type Shape = 'predicate' | 'transform' | 'predicate and transform';

interface Macro {
  readonly loop: Loop;
  readonly variables: 1 | 2;
  readonly shape: Shape;
}

const oneVariable: ReadonlyMap<string, Macro> = new Map([
  ['all/2', { loop: 'all', variables: 1, shape: 'predicate' }],
  ['exists/2', { loop: 'exists', variables: 1, shape: 'predicate' }],
  ['exists_one/2', { loop: 'existsOne', variables: 1, shape: 'predicate' }],
  ['existsOne/2', { loop: 'existsOne', variables: 1, shape: 'predicate' }],
  ['filter/2', { loop: 'filter', variables: 1, shape: 'predicate' }],
  ['map/2', { loop: 'map', variables: 1, shape: 'transform' }],
  ['map/3', { loop: 'map', variables: 1, shape: 'predicate and transform' }],
]);

const twoVariables: ReadonlyMap<string, Macro> = new Map([
  ['all/3', { loop: 'all', variables: 2, shape: 'predicate' }],
  ['exists/3', { loop: 'exists', variables: 2, shape: 'predicate' }],
  ['exists_one/3', { loop: 'existsOne', variables: 2, shape: 'predicate' }],
  ['existsOne/3', { loop: 'existsOne', variables: 2, shape: 'predicate' }],
  ['transformList/3', { loop: 'transformList', variables: 2, shape: 'transform' }],
  ['transformList/4', { loop: 'transformList', variables: 2, shape: 'predicate and transform' }],
  ['transformMap/3', { loop: 'transformMap', variables: 2, shape: 'transform' }],
  ['transformMap/4', { loop: 'transformMap', variables: 2, shape: 'predicate and transform' }],
  ['transformMapEntry/3', { loop: 'transformMapEntry', variables: 2, shape: 'transform' }],
  ['transformMapEntry/4', { loop: 'transformMapEntry', variables: 2, shape: 'predicate and transform' }],
]);

/**
 * The node that a macro stands for; undefined where the call is none. Macros are known by name and number of arguments
 * alone, before any type is. Source: cel-go parser/macro.go, cel/library.go and ext/comprehensions.go.
 */
export function expandMacro(call: Call, options: MacroOptions): Node | undefined {
  const { name, target, args } = call;
  if (target === undefined) return name === 'has' && args.length === 1 ? presence(call) : undefined;
  const key = `${name}/${args.length}`;
  if (key === 'optMap/2' || key === 'optFlatMap/2') {
    return options.hasOptionals ? bind(call, target, key === 'optFlatMap/2') : undefined;
  }
  if (key === 'sortBy/2') return options.hasSortBy ? sortBy(call, target) : undefined;
  const single = oneVariable.get(key);
  if (single !== undefined) return comprehension(call, target, single);
  const double = twoVariables.get(key);
  if (double === undefined) return undefined;
  if (!options.hasTwoVariables) {
    throw new CompileError(`undeclared reference to '${name}' with two variables`, call.offset, 32);
  }
  return comprehension(call, target, double);
}

function presence({ args, offset }: Call): Node {
  const [field] = args;
  if (field?.kind !== 'select' || field.isTest) throw new CompileError('invalid argument to has() macro', offset);
  return { ...field, isTest: true };
}

function bind(call: Call, target: Node, isFlat: boolean): Node {
  const [variable, result] = call.args;
  if (variable === undefined || result === undefined) throw new CompileError('missing argument', call.offset);
  const { offset, depth } = call;
  return { kind: 'bind', target, variable: simpleName(variable, call.name), result, isFlat, offset, depth };
}

/** The list is sorted by another, of the keys. */
function sortBy(call: Call, list: Node): Node {
  const [name] = call.args;
  if (name === undefined) throw new CompileError('missing argument', call.offset);
  const keys = comprehension({ ...call, name: 'sortBy' }, list, { loop: 'map', variables: 1, shape: 'transform' });
  return { ...call, name: '@sortByAssociatedKeys', target: keys, args: [list] };
}

function comprehension(call: Call, range: Node, macro: Macro): Comprehension {
  const { args, name, offset, depth } = call;
  const names = args.slice(0, macro.variables).map((node) => simpleName(node, name));
  const [first = '', second] = names;
  if (first === second) throw new CompileError(`duplicate variable name: ${first}`, offset);
  const rest = args.slice(macro.variables);
  const [predicate, transform] = macro.shape === 'transform' ? [undefined, rest[0]] : rest;
  const variables = second === undefined ? ([first] as const) : ([first, second] as const);
  return { kind: 'comprehension', loop: macro.loop, range, variables, predicate, transform, offset, depth };
}

function simpleName(node: Node, macro: string): string {
  if (node.kind === 'identifier' && !node.name.startsWith('.')) return node.name;
  throw new CompileError(`${macro}() variable name must be a simple identifier`, node.offset);
}
