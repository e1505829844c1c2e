import type { JsonPatchOperation } from '../model/admission.ts';
import { equalJson } from '../model/equal-json.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { jsonPointer, type Path } from '../model/path.ts';

/**
 * The RFC 6902 operations that turn `before` into `after`: none where they are equal. Lists are compared item by item,
 * so that what changes in one container is told of that container alone; items are only ever added or taken away at a
 * list's end, and a list that became shorter elsewhere is replaced.
 */
export function patchBetween(before: Json, after: Json): readonly JsonPatchOperation[] {
  const patch: JsonPatchOperation[] = [];
  compare(before, after, [], patch);
  return patch;
}

function compare(before: Json, after: Json, path: Path, patch: JsonPatchOperation[]): void {
  if (before === after || equalJson(before, after)) return;
  if (isObject(before) && isObject(after)) {
    for (const key of Object.keys(before)) {
      if (!Object.hasOwn(after, key)) patch.push({ op: 'remove', path: jsonPointer([...path, key]) });
    }
    for (const key of Object.keys(after)) {
      const value = own(after, key) ?? null;
      const old = own(before, key);
      if (old === undefined) patch.push({ op: 'add', path: jsonPointer([...path, key]), value });
      else compare(old, value, [...path, key], patch);
    }
    return;
  }
  if (isList(before) && isList(after) && after.length >= before.length) {
    for (const [index, item] of after.entries()) {
      const old = before[index];
      if (old === undefined) patch.push({ op: 'add', path: jsonPointer([...path, '-']), value: item });
      else compare(old, item, [...path, index], patch);
    }
    return;
  }
  patch.push({ op: 'replace', path: jsonPointer(path), value: after });
}

/** `value` with the operations made, in their order; undefined where one of them cannot be, as the API server refuses it. */
export function applyPatch(value: Json, patch: readonly JsonPatchOperation[]): Json | undefined {
  let result: Json | undefined = value;
  for (const operation of patch) {
    if (result === undefined) return undefined;
    if (operation.path !== '' && !operation.path.startsWith('/')) return undefined;
    const steps = operation.path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    result = applyAt(result, steps, operation);
  }
  return result;
}

function applyAt(value: Json, steps: readonly string[], operation: JsonPatchOperation): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return operation.op === 'remove' ? undefined : replaced(value, operation);
  if (isObject(value)) return inObject(value, step, { rest, operation });
  return isList(value) ? inList(value, step, { rest, operation }) : undefined;
}

function replaced(value: Json, operation: Exclude<JsonPatchOperation, { op: 'remove' }>): Json | undefined {
  const given = operation.value as Json;
  return operation.op === 'test' && !equalJson(value, given) ? undefined : given;
}

interface Onward {
  readonly rest: readonly string[];
  readonly operation: JsonPatchOperation;
}

function inObject(value: JsonObject, key: string, { rest, operation }: Onward): Json | undefined {
  const fields = new Map(Object.entries(value));
  const old = fields.get(key);
  if (rest.length === 0 && operation.op === 'add') fields.set(key, operation.value as Json);
  else if (old === undefined) return undefined;
  else if (rest.length === 0 && operation.op === 'remove') fields.delete(key);
  else {
    const after = applyAt(old, rest, operation);
    if (after === undefined) return undefined;
    fields.set(key, after);
  }
  return Object.fromEntries(fields);
}

function inList(value: readonly Json[], step: string, { rest, operation }: Onward): Json | undefined {
  const isLast = rest.length === 0;
  if (step === '-') {
    return isLast && operation.op === 'add' ? [...value, operation.value as Json] : undefined;
  }
  if (!/^(0|[1-9]\d*)$/.test(step)) return undefined;
  const index = Number(step);
  if (isLast && operation.op === 'add') {
    return index > value.length ? undefined : value.toSpliced(index, 0, operation.value as Json);
  }
  const old = value[index];
  if (old === undefined) return undefined;
  if (isLast && operation.op === 'remove') return value.toSpliced(index, 1);
  const after = applyAt(old, rest, operation);
  return after === undefined ? undefined : value.with(index, after);
}
