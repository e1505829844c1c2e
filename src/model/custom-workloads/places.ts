import type { Reader } from '../reader.ts';

/** Where a kind keeps something: field names from the object's root, where a step may fan out. */
export type Place = readonly PlaceStep[];

type PlaceStep =
  | { readonly field: string }
  /** Every item of the list `field`. `key` is the item's field that tells it from its siblings. */
  | { readonly list: string; readonly key: string | undefined }
  /** Every value of the map `field`. */
  | { readonly map: string };

/** What a place matched. `name` tells fan-outs apart, such as `gpu`; empty where nothing fans out. */
export interface Match {
  readonly name: string;
  readonly reader: Reader;
}

/**
 * Reads `spec.replicatedJobs[name].template`: `[name]` stands for every item of a list, told apart by its field
 * `name` (`[]` where items have no such field), and `{}` for every value of a map.
 */
export function parsePlace(text: string): Place {
  if (text === '') return [];
  return text.split('.').map((part): PlaceStep => {
    if (part.endsWith('{}')) return { map: part.slice(0, -2) };
    const list = part.indexOf('[');
    if (list === -1) return { field: part };
    return { list: part.slice(0, list), key: part.slice(list + 1, -1) || undefined };
  });
}

/** The objects that stand at `place`. What the object leaves out matches nothing; a wrong type is recorded. */
export function* matches(root: Reader, place: Place, from = 0, name = ''): Generator<Match> {
  const step = place[from];
  if (step === undefined) {
    yield { name, reader: root };
    return;
  }
  if ('field' in step) {
    if (root.has(step.field)) yield* matches(root.object(step.field), place, from + 1, name);
  } else if ('list' in step) {
    for (const item of root.objects(step.list)) {
      yield* matches(item, place, from + 1, joinNames(name, itemName(item, step.key)));
    }
  } else {
    const map = root.object(step.map);
    for (const key of Object.keys(map.raw)) {
      if (map.has(key)) yield* matches(map.object(key), place, from + 1, joinNames(name, key));
    }
  }
}

/** An item's own name, which survives reordering; its index where it has none. */
export function itemName(item: Reader, key: string | undefined): string {
  const name = key === undefined ? undefined : item.get(key);
  if (typeof name === 'string' && name !== '') return name;
  return String(item.path.at(-1) ?? 0);
}

export function joinNames(...names: readonly string[]): string {
  return names.filter((name) => name !== '').join('/');
}
