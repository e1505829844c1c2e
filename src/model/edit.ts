import type { Json } from './json.ts';
import type { Path } from './path.ts';

/** A change to one field of an object. Paths are absolute within the object. */
export type Edit =
  | { readonly op: 'set'; readonly path: Path; readonly value: Json }
  | { readonly op: 'remove'; readonly path: Path }
  /** Removes the items of a list of scalars that equal one of `values`; an emptied list goes too. */
  | { readonly op: 'remove-items'; readonly path: Path; readonly values: readonly Json[] }
  /** Adds `value` to a list of scalars, making the list where there is none. */
  | { readonly op: 'append'; readonly path: Path; readonly value: Json };

export const edit = {
  set: (path: Path, value: Json): Edit => ({ op: 'set', path, value }),
  remove: (path: Path): Edit => ({ op: 'remove', path }),
  removeItems: (path: Path, values: readonly Json[]): Edit => ({ op: 'remove-items', path, values }),
  append: (path: Path, value: Json): Edit => ({ op: 'append', path, value }),
};

/** What a fix may do to a workload that works today. */
export type FixSafety =
  /** Changes nothing that a working workload can notice. */
  | 'safe'
  /** May stop a workload that relies on what is taken away. */
  | 'may-break';
