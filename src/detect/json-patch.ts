import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { isNameMap } from './walk.ts';

/** As many operations as the API server takes of one patch (maxJSONPatchOperations). */
const maxOperations = 10_000;
/** Steps of a path: no field of the API stands deeper. */
const maxSteps = 64;

/**
 * What a JSON patch (RFC 6902) sets, as an object that has nothing else: the values of `add` and `replace` at their
 * paths. Elements of lists keep no positions. What `move` and `copy` set is not known, and left out.
 */
export function objectSetBy(operations: readonly Json[]): JsonObject {
  const root = new Tree();
  for (const operation of objectsIn(operations.slice(0, maxOperations))) {
    const { op, path } = operation;
    if (typeof path !== 'string') continue;
    const steps = path
      .split('/', maxSteps + 2)
      .slice(1)
      .map(unescaped);
    if (steps.length > maxSteps) continue;
    const value = own(operation, 'value');
    if ((op === 'add' || op === 'replace') && value !== undefined) root.set(steps, { value, inserts: op === 'add' });
    else if (op === 'remove') root.remove(steps);
  }
  const result = root.finish('');
  return isObject(result) ? result : {};
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

const position = /^(?:\d+|-)$/;

interface Setting {
  readonly value: Json;
  /** Whether an element of a list is put before the one that is there. */
  readonly inserts: boolean;
}

/** An object or list of which some values are known. */
class Tree {
  private readonly known = new Map<string, Json | Tree>();
  private inserted = 0;

  set(steps: readonly string[], setting: Setting): void {
    const last = steps.at(-1);
    if (last === undefined) {
      this.known.clear();
      this.fill(setting.value);
      return;
    }
    let here: Tree = this;
    for (const step of steps.slice(0, -1)) here = here.child(step);
    here.put(last, setting);
  }

  remove(steps: readonly string[]): void {
    let here: Json | Tree | undefined = this;
    for (const step of steps.slice(0, -1)) here = here instanceof Tree ? here.child(step) : undefined;
    if (here instanceof Tree) here.known.delete(steps.at(-1) ?? '');
  }

  /** As JSON: a list where all keys are positions and the field is no map of names. */
  finish(field: string): Json {
    const entries = [...this.known].map(([key, value]): [string, Json] => [
      key,
      value instanceof Tree ? value.finish(key) : value,
    ]);
    const isPositions = entries.length > 0 && entries.every(([key]) => position.test(key) || key.startsWith('+'));
    return isPositions && !isNameMap(field) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
  }

  private put(step: string, { value, inserts }: Setting): void {
    if (step === '-' || (inserts && position.test(step) && this.known.has(step))) {
      this.known.set(`+${this.inserted}`, value);
      this.inserted += 1;
    } else this.known.set(step, value);
  }

  private child(step: string): Tree {
    const found = this.known.get(step);
    if (found instanceof Tree) return found;
    const made = new Tree();
    if (found !== undefined) made.fill(found);
    this.known.set(step, made);
    return made;
  }

  private fill(value: Json): void {
    if (!isObject(value) && !isList(value)) return;
    for (const [key, item] of Object.entries(value)) this.known.set(key, item);
  }
}
