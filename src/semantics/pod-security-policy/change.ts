import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { type Path, valueAt } from '../../model/path.ts';

/** A field that was set: by a policy, or by the API server itself. */
export interface Change {
  readonly path: Path;
  /** Undefined where it was not set. */
  readonly was: Json | undefined;
  /** Undefined where it was taken away. */
  readonly is: Json | undefined;
}

/** A change of the field at `path` of an object. */
export function changeAt(object: JsonObject, path: Path, is: Json | undefined): Change {
  const was = valueAt(object, path);
  return { path, was: was === null ? undefined : was, is };
}

/** The object with the changes made, in order. What is not changed is shared with the object. */
export function applyChanges(object: JsonObject, changes: readonly Change[]): JsonObject {
  let changed = object;
  for (const { path, is } of changes) {
    const next = withValue(changed, path, is);
    if (isObject(next)) changed = next;
  }
  return changed;
}

/** Objects on the way are made where they are missing; an index that a list does not have changes nothing. */
function withValue(here: Json | undefined, path: Path, value: Json | undefined): Json | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'number') {
    if (!isList(here) || step >= here.length) return here;
    return here.map((item, index) => (index === step ? (withValue(item, rest, value) ?? null) : item));
  }
  const object = isObject(here) ? here : {};
  const next = withValue(own(object, step), rest, value);
  if (next !== undefined) return { ...object, [step]: next };
  const { [step]: _gone, ...kept } = object;
  return kept;
}
