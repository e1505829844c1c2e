import { isList, isObject, type Json, type JsonObject, own } from '../json.ts';
import { formatPath, type Path } from '../path.ts';
import { type Malformed, Reader } from '../reader.ts';

/*
 * Values that remember where they stand. Some custom resources spread a pod over their fields: an adapter puts the
 * pod together out of them, and every path that is asked of it still leads to the field that the user wrote.
 */

/** Where the parts of a value stand in the object. Parts that are not named stand below `path`. */
export interface Placement {
  readonly path: Path;
  readonly fields?: ReadonlyMap<string, Placement>;
  readonly items?: readonly Placement[];
}

/** A value, undefined where it is not set, and where it stands or would stand. */
export interface Placed {
  readonly value: Json | undefined;
  readonly place: Placement;
}

/** Reads a value that was put together. */
export class PlacedReader extends Reader {
  readonly place: Placement;

  constructor(placed: Placed, malformed: Malformed[]) {
    super(isObject(placed.value) ? placed.value : {}, placed.place.path, malformed);
    this.place = placed.place;
  }

  override at(...steps: Path): Path {
    return follow(this.place, steps).path;
  }

  protected override child(value: JsonObject, key: string, index: number): Reader {
    const steps = index === -1 ? [key] : [key, index];
    return new PlacedReader({ value, place: follow(this.place, steps) }, this.malformed);
  }
}

/** The object that a reader reads. */
export function placed(reader: Reader): Placed {
  return { value: reader.raw, place: reader instanceof PlacedReader ? reader.place : { path: reader.path } };
}

/** A field of the object that a reader reads. */
export function placedField(reader: Reader, key: string): Placed {
  return fieldOf(placed(reader), key);
}

export function fieldOf({ value, place }: Placed, key: string): Placed {
  const field = isObject(value) ? own(value, key) : undefined;
  return { value: field ?? undefined, place: follow(place, [key]) };
}

/** A value that the object does not hold, such as a name that a controller gives; `path` is where it would stand. */
export function implied(value: Json, path: Path): Placed {
  return { value, place: { path } };
}

/** The first that is set; where none is, the first, so that its place is where the value would be written. */
export function firstSet(first: Placed, ...others: readonly Placed[]): Placed {
  return [first, ...others].find(({ value }) => value !== undefined) ?? first;
}

/** An object out of fields. Unset ones are left out, but keep their places. */
export function assemble(path: Path, fields: Iterable<readonly [string, Placed]>): Placed {
  const entries: [string, Json][] = [];
  const places = new Map<string, Placement>();
  for (const [key, { value, place }] of fields) {
    places.set(key, place);
    if (value !== undefined) entries.push([key, value]);
  }
  return { value: Object.fromEntries(entries), place: { path, fields: places } };
}

/** `base` with other fields in place of its own, or beside them. */
export function withFields(base: Placed, fields: Iterable<readonly [string, Placed]>): Placed {
  const keys = isObject(base.value) ? Object.keys(base.value) : [];
  return assemble(base.place.path, [...keys.map((key) => [key, fieldOf(base, key)] as const), ...fields]);
}

/** A list out of items; unset where there is none. */
export function assembleList(path: Path, items: readonly Placed[]): Placed {
  const set = items.filter(({ value }) => value !== undefined);
  if (set.length === 0) return { value: undefined, place: { path } };
  return {
    value: set.map(({ value }) => value ?? null),
    place: { path, items: set.map(({ place }) => place) },
  };
}

/** The field by which items of a list in a container or pod are the same item (the API's patchMergeKey). */
const mergeKeys: ReadonlyMap<string, string> = new Map([
  ['env', 'name'],
  ['ports', 'containerPort'],
  ['volumeDevices', 'devicePath'],
  ['volumeMounts', 'mountPath'],
  ['volumes', 'name'],
  ['containers', 'name'],
  ['initContainers', 'name'],
  ['sidecars', 'name'],
  ['hostAliases', 'ip'],
]);

/** A merge ends here; nothing that a pod holds is nested as deeply. */
const maxMergeDepth = 16;

/** `over` merged onto `under` as a strategic merge patch does it: objects by field, known lists by their items' key. */
export function layer(over: Placed, under: Placed, depth = 0, field = ''): Placed {
  if (under.value === undefined) return over;
  if (depth > maxMergeDepth) return firstSet(over, under);
  // What `under` alone sets stands there, but what it leaves out would be written in `over`.
  if (isObject(under.value) && (over.value === undefined || isObject(over.value))) {
    const keys = new Set([...Object.keys(over.value ?? {}), ...Object.keys(under.value)]);
    const fields: [string, Placed][] = [];
    for (const key of keys) fields.push([key, layer(fieldOf(over, key), fieldOf(under, key), depth + 1, key)]);
    return assemble(over.place.path, fields);
  }
  if (over.value === undefined) return under;
  const mergeKey = mergeKeys.get(field);
  if (mergeKey === undefined || !isList(over.value) || !isList(under.value)) return over;
  return layerLists(over, under, mergeKey, depth);
}

function layerLists(over: Placed, under: Placed, mergeKey: string, depth: number): Placed {
  const byKey = new Map<Json, Placed>();
  const rest: Placed[] = [];
  for (const item of itemsOf(under)) {
    const key = fieldOf(item, mergeKey).value;
    if (key === undefined) rest.push(item);
    else byKey.set(key, item);
  }
  const items: Placed[] = [];
  for (const item of itemsOf(over)) {
    const key = fieldOf(item, mergeKey).value;
    const base = key === undefined ? undefined : byKey.get(key);
    if (base === undefined || key === undefined) items.push(item);
    else {
      items.push(layer(item, base, depth + 1));
      byKey.delete(key);
    }
  }
  return assembleList(over.place.path, [...items, ...byKey.values(), ...rest]);
}

/** The items of a list, each with its place. */
export function itemsOf({ value, place }: Placed): readonly Placed[] {
  return isList(value) ? value.map((item, index) => ({ value: item, place: follow(place, [index]) })) : [];
}

/** Most nodes that all copies of what containers or pods share may have together. */
const maxSharedNodes = 500_000;

/**
 * Whether `shared` can be laid under `times` things. What no API server would take, thousands of pods that each get
 * thousands of fields from one place, is recorded instead of expanded.
 */
export function affordable(times: number, shared: Placed, malformed: Malformed[]): boolean {
  if (times * countNodes(shared.value, maxSharedNodes) <= maxSharedNodes) return true;
  const { path } = shared.place;
  malformed.push({ path, message: `${formatPath(path)} is too large to be applied to ${times} pods or containers` });
  return false;
}

/** Nodes of a value, itself included; stops counting past `limit`. */
function countNodes(value: Json | undefined, limit: number): number {
  const open: Json[] = value === undefined ? [] : [value];
  let nodes = 0;
  for (let node = open.pop(); node !== undefined && nodes <= limit; node = open.pop()) {
    nodes += 1;
    if (typeof node === 'object' && node !== null) for (const child of Object.values(node)) open.push(child);
  }
  return nodes;
}

function follow(place: Placement, steps: Path): Placement {
  let here = place;
  for (const [index, step] of steps.entries()) {
    const next = typeof step === 'number' ? here.items?.[step] : here.fields?.get(step);
    if (next === undefined) return { path: [...here.path, ...steps.slice(index)] };
    here = next;
  }
  return here;
}
