import { isList, isObject } from './json.ts';
import type { Reader } from './reader.ts';

/** Where a kind keeps pods: a pattern of field names, where a step may fan out. */
export type Place = readonly PlaceStep[];

export type PlaceStep =
  | { readonly field: string }
  /** Every item of the list that the step before names. `key` is the item's field that tells it from its siblings. */
  | { readonly items: true; readonly key: string | undefined }
  /** Every value of the map that the step before names. */
  | { readonly values: true };

/** What a place matched. `name` joins what tells fan-outs apart, such as `gpu`; empty where nothing fans out. */
export interface Match {
  readonly name: string;
  readonly reader: Reader;
}

/**
 * Reads `spec.replicatedJobs[name].template`: `[name]` stands for every item of a list, told apart by its field
 * `name` (`[]` where items have no such field), and `*` for every value of a map.
 */
export function parsePlace(text: string): Place {
  const steps: PlaceStep[] = [];
  for (const part of text === '' ? [] : text.split('.')) {
    if (part === '*') {
      steps.push({ values: true });
      continue;
    }
    const [field = '', ...lists] = part.split('[');
    steps.push({ field });
    for (const list of lists) steps.push({ items: true, key: list.slice(0, -1) || undefined });
  }
  return steps;
}

/** The objects that stand at `place`. What the object leaves out matches nothing; what has a wrong type is recorded. */
export function* matches(root: Reader, place: Place): Generator<Match> {
  yield* walk(root, place, 0, '');
}

function* walk(reader: Reader, place: Place, from: number, name: string): Generator<Match> {
  const step = place[from];
  if (step === undefined) {
    yield { name, reader };
    return;
  }
  if ('values' in step) {
    for (const key of Object.keys(reader.raw)) {
      if (reader.has(key)) yield* walk(reader.object(key), place, from + 1, join(name, key));
    }
    return;
  }
  if ('items' in step) return;
  if (!reader.has(step.field)) return;
  const next = place[from + 1];
  if (next === undefined || !('items' in next)) {
    yield* walk(reader.object(step.field), place, from + 1, name);
    return;
  }
  for (const item of listItems(reader, step.field)) {
    yield* walk(item, place, from + 2, join(name, itemName(item, next.key)));
  }
}

/** The items of a list of objects, or of a list of such lists, as Argo's `steps` is. */
function listItems(reader: Reader, field: string): readonly Reader[] {
  return reader.objects(field);
}

/** An item's own name, which survives reordering; its index where it has none. */
export function itemName(item: Reader, key: string | undefined): string {
  const own = key === undefined ? undefined : item.get(key);
  if (typeof own === 'string' && own !== '') return own;
  return String(item.path.at(-1) ?? 0);
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`;
}

void isList;
void isObject;
