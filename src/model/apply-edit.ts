import type { Edit } from './edit.ts';
import { equalJson } from './equal-json.ts';
import { describeType, isList, isObject, type Json, own } from './json.ts';
import { formatPath, type Path } from './path.ts';

/** What edits do to one value, as a tree that follows it: only what changes is in it. */
export type Change =
  /** The value becomes this one; also where there was none. */
  | { readonly kind: 'put'; readonly value: Json }
  /** The field or list item goes. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'fields'; readonly fields: Map<string, Change> }
  /** By index in the list as it was; `added` comes after the items that are left. */
  | { readonly kind: 'items'; readonly items: Map<number, Change>; readonly added: Json[] };

export interface RefusedEdit {
  readonly edit: Edit;
  /** Why it cannot be made, as a clause: "spec.hostPID is a string, not an object". */
  readonly reason: string;
}

export interface PlannedChange {
  /** Undefined where nothing would change. */
  readonly change: Change | undefined;
  readonly refused: readonly RefusedEdit[];
}

/**
 * `value` after `edits`, in their order. Missing objects on the way to a field are made. Indexes are those of the list
 * as it was before any of the edits, so that two edits made apart fit together. Taking away what is not there, and
 * appending what is there already, changes nothing. Edits that cannot be made are left out.
 */
export function applyEditsToValue(value: Json, edits: readonly Edit[]): Json {
  const { change } = planChange(value, edits);
  return change === undefined ? value : (applyChange(value, change) ?? value);
}

/** The edits as one change, merged where they meet, and those that `value` has no place for. */
export function planChange(value: Json, edits: readonly Edit[]): PlannedChange {
  let change: Change | undefined;
  const refused: RefusedEdit[] = [];
  for (const edit of edits) {
    try {
      if (edit.path.length === 0) throw new Impossible('an edit cannot replace the whole object');
      change = amend(change, value, { edit, depth: 0 });
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      refused.push({ edit, reason: error.message });
    }
  }
  return { change, refused };
}

/** `value` with `change` made; undefined where it is dropped. The input is not touched. */
export function applyChange(value: Json | undefined, change: Change): Json | undefined {
  if (change.kind === 'put') return change.value;
  if (change.kind === 'drop') return undefined;
  if (change.kind === 'items') {
    const kept: Json[] = [];
    for (const [index, item] of (isList(value) ? value : []).entries()) {
      const here = change.items.get(index);
      const after = here === undefined ? item : applyChange(item, here);
      if (after !== undefined) kept.push(after);
    }
    return [...kept, ...change.added];
  }
  // A Map on the way, and entries at the end: `__proto__` is a legal key.
  const fields = new Map(isObject(value) ? Object.entries(value) : []);
  for (const [key, here] of change.fields) {
    const after = applyChange(fields.get(key), here);
    if (after === undefined) fields.delete(key);
    else fields.set(key, after);
  }
  return Object.fromEntries(fields);
}

/** The smallest change that turns `from` into `to`; undefined where they are equal. Order of keys does not count. */
export function changeBetween(from: Json | undefined, to: Json): Change | undefined {
  if (equalJson(from, to)) return undefined;
  if (isObject(from) && isObject(to)) {
    const fields = new Map<string, Change>();
    for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) fields.set(key, { kind: 'drop' });
    for (const [key, value] of Object.entries(to)) {
      const change = changeBetween(own(from, key), value);
      if (change !== undefined) fields.set(key, change);
    }
    return { kind: 'fields', fields };
  }
  if (isList(from) && isList(to)) return changeBetweenLists(from, to) ?? { kind: 'put', value: to };
  return { kind: 'put', value: to };
}

/** Items taken out and others added at the end; undefined where that is not what happened. */
function changeBetweenLists(from: readonly Json[], to: readonly Json[]): Change | undefined {
  const items = new Map<number, Change>();
  let next = 0;
  for (const [index, item] of from.entries()) {
    if (next < to.length && equalJson(item, to[next])) next += 1;
    else items.set(index, { kind: 'drop' });
  }
  return next === 0 ? undefined : { kind: 'items', items, added: to.slice(next) };
}

class Impossible extends Error {}

interface Step {
  readonly edit: Edit;
  /** How much of the edit's path leads here. */
  readonly depth: number;
}

/** `change` of the value `old`, with one edit more. Throws before anything is altered. */
function amend(change: Change | undefined, old: Json | undefined, step: Step): Change | undefined {
  if (change?.kind === 'put') {
    const more = amend(undefined, change.value, step);
    if (more === undefined) return change;
    const value = applyChange(change.value, more);
    if (value !== undefined) return { kind: 'put', value };
    return old === undefined ? undefined : { kind: 'drop' };
  }
  if (change?.kind === 'drop') {
    const made = amend(undefined, undefined, step);
    return made?.kind === 'put' ? (changeBetween(old, made.value) ?? undefined) : change;
  }
  const { edit, depth } = step;
  const key = edit.path[depth];
  if (key === undefined) return amendHere(change, old, edit);
  if (old === undefined || old === null) return make(old, step);
  const below = { edit, depth: depth + 1 };
  const at = edit.path.slice(0, depth);
  if (typeof key === 'string') {
    if (!isObject(old)) return refuseUnlessRemoval(change, edit, `${place(at)} is ${describeType(old)}, not an object`);
    const fields = change?.kind === 'fields' ? change.fields : new Map<string, Change>();
    const field = amend(fields.get(key), own(old, key), below);
    if (field === undefined) fields.delete(key);
    else fields.set(key, field);
    return fields.size === 0 ? undefined : { kind: 'fields', fields };
  }
  if (!isList(old)) return refuseUnlessRemoval(change, edit, `${place(at)} is ${describeType(old)}, not a list`);
  const item = old[key];
  if (item === undefined) return refuseUnlessRemoval(change, edit, `${place(at)} has no item ${key}`);
  const items = change?.kind === 'items' ? change.items : new Map<number, Change>();
  const added = change?.kind === 'items' ? change.added : [];
  const amended = amend(items.get(key), item, below);
  if (amended === undefined) items.delete(key);
  else items.set(key, amended);
  return items.size === 0 && added.length === 0 ? undefined : { kind: 'items', items, added };
}

/** The edit at the value that its path names. */
function amendHere(change: Change | undefined, old: Json | undefined, edit: Edit): Change | undefined {
  switch (edit.op) {
    case 'set':
      return changeBetween(old, edit.value);
    case 'remove':
      return old === undefined ? undefined : { kind: 'drop' };
    case 'remove-items':
      return isList(old) ? removeItems(change, old, edit.values) : change;
    case 'append': {
      if (old === undefined || old === null) return { kind: 'put', value: [edit.value] };
      if (!isList(old)) throw new Impossible(`${place(edit.path)} is ${describeType(old)}, not a list`);
      const now = change === undefined ? old : applyChange(old, change);
      if (isList(now) && now.some((item) => equalJson(item, edit.value))) return change;
      const items = change?.kind === 'items' ? change.items : new Map<number, Change>();
      const added = change?.kind === 'items' ? change.added : [];
      return { kind: 'items', items, added: [...added, edit.value] };
    }
  }
}

function removeItems(change: Change | undefined, old: readonly Json[], values: readonly Json[]): Change | undefined {
  const goes = (item: Json) => values.some((value) => equalJson(item, value));
  const items = new Map(change?.kind === 'items' ? change.items : []);
  const before = items.size;
  for (const [index, item] of old.entries()) if (goes(item)) items.set(index, { kind: 'drop' });
  const earlier = change?.kind === 'items' ? change.added : [];
  const added = earlier.filter((item) => !goes(item));
  if (items.size === before && added.length === earlier.length) return change;
  const empty = added.length === 0 && old.every((_, index) => items.get(index)?.kind === 'drop');
  return empty ? { kind: 'drop' } : { kind: 'items', items, added };
}

/** Below a value that is missing or null: the objects that lead to the field. */
function make(old: null | undefined, { edit, depth }: Step): Change | undefined {
  if (edit.op === 'remove' || edit.op === 'remove-items') return undefined;
  let value: Json = edit.op === 'append' ? [edit.value] : edit.value;
  for (let at = edit.path.length - 1; at >= depth; at -= 1) {
    const key = edit.path[at];
    if (typeof key !== 'string') throw new Impossible(`${place(edit.path.slice(0, at))} has no item ${key}`);
    value = Object.fromEntries([[key, value]]);
  }
  return changeBetween(old, value);
}

function refuseUnlessRemoval(change: Change | undefined, edit: Edit, reason: string): Change | undefined {
  if (edit.op === 'remove' || edit.op === 'remove-items') return change;
  throw new Impossible(reason);
}

function place(path: Path): string {
  return path.length === 0 ? 'the object' : formatPath(path);
}
