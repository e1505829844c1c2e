import type { Offset } from './error.ts';
import type { Value } from './value.ts';

/** An expression as it is written, with its macros expanded into nodes of their own. */
export type Node =
  | Literal
  | Identifier
  | Select
  | Index
  | Call
  | Logic
  | Conditional
  | ListNode
  | MapNode
  | Comprehension
  | Bind;

interface At {
  readonly offset: Offset;
  /** Nesting below this node, 1 for a leaf. */
  readonly depth: number;
}

export interface Literal extends At {
  readonly kind: 'literal';
  readonly value: Value;
}

/** A leading dot stays part of the name. */
export interface Identifier extends At {
  readonly kind: 'identifier';
  readonly name: string;
}

export interface Select extends At {
  readonly kind: 'select';
  readonly operand: Node;
  readonly field: string;
  /** `has(a.b)`: whether it is there. */
  readonly isTest: boolean;
  /** `a.?b` */
  readonly isOptional: boolean;
}

export interface Index extends At {
  readonly kind: 'index';
  readonly operand: Node;
  readonly index: Node;
  /** `a[?b]` */
  readonly isOptional: boolean;
}

/** Operators that are functions have cel-go's names: `_+_`, `!_`, `@in`. */
export interface Call extends At {
  readonly kind: 'call';
  readonly name: string;
  readonly target: Node | undefined;
  readonly args: readonly Node[];
}

/** `a && b && c`, flat however long it is. */
export interface Logic extends At {
  readonly kind: 'logic';
  readonly operator: '&&' | '||';
  readonly terms: readonly Node[];
}

export interface Conditional extends At {
  readonly kind: 'conditional';
  readonly condition: Node;
  readonly yes: Node;
  readonly no: Node;
}

export interface ListNode extends At {
  readonly kind: 'list';
  readonly items: readonly { readonly value: Node; readonly isOptional: boolean }[];
}

export interface MapNode extends At {
  readonly kind: 'map';
  readonly entries: readonly { readonly key: Node; readonly value: Node; readonly isOptional: boolean }[];
}

export type Loop =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'map'
  | 'filter'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry';

export interface Comprehension extends At {
  readonly kind: 'comprehension';
  readonly loop: Loop;
  readonly range: Node;
  /** One variable, or two: the index or key, and the item or value. */
  readonly variables: readonly [string] | readonly [string, string];
  /** Of `all`, `exists`, `existsOne` and `filter`; of the others the items that count, where that is said. */
  readonly predicate: Node | undefined;
  /** What `map` and the transformations make of an item. */
  readonly transform: Node | undefined;
}

/** `target.optMap(v, e)` and `target.optFlatMap(v, e)`. */
export interface Bind extends At {
  readonly kind: 'bind';
  readonly target: Node;
  readonly variable: string;
  readonly result: Node;
  readonly isFlat: boolean;
}

/** `a.b.c` of identifiers and selections, as one name; undefined for anything else. */
export function qualifiedName(node: Node): string | undefined {
  if (node.kind === 'identifier') return node.name;
  if (node.kind !== 'select' || node.isTest || node.isOptional) return undefined;
  const prefix = qualifiedName(node.operand);
  return prefix === undefined ? undefined : `${prefix}.${node.field}`;
}
