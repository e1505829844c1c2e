import { describeType, isList, isObject, type Json, type JsonObject, own } from './json.ts';
import { formatPath, type Path } from './path.ts';

/** A field that does not have the type that the API gives it: the API server would refuse the object. */
export interface Malformed {
  readonly path: Path;
  readonly message: string;
}

const nothing: JsonObject = Object.freeze({});
const noItems: readonly never[] = Object.freeze([]);

/**
 * Narrows untrusted JSON to the types of the Kubernetes API, once, where data enters the model.
 * A field of another type reads as unset and is recorded in `malformed`. `null` is unset, as in the API server.
 */
export class Reader {
  readonly raw: JsonObject;
  readonly path: Path;
  readonly malformed: Malformed[];

  constructor(raw: JsonObject, path: Path, malformed: Malformed[]) {
    this.raw = raw;
    this.path = path;
    this.malformed = malformed;
  }

  /** Absolute path of a field, whether it is set or not. */
  at(...steps: Path): Path {
    return [...this.path, ...steps];
  }

  get(key: string): Json | undefined {
    const value = own(this.raw, key);
    return value === null ? undefined : value;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  string(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'string') return value;
    return this.wrong(key, 'a string', value);
  }

  boolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.wrong(key, 'true or false', value);
  }

  /** A whole number; JSON has no integers, so `1.0` is one. */
  integer(key: string): number | undefined {
    const value = this.get(key);
    if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
    return this.wrong(key, 'a whole number', value);
  }

  /** An integer or a string, as ports and quantities are. */
  scalar(key: string): string | number | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'string' || typeof value === 'number') return value;
    return this.wrong(key, 'a string or a number', value);
  }

  /** The object at `key`; an empty one where it is unset. */
  object(key: string): Reader {
    const value = this.get(key);
    if (isObject(value)) return this.child(value, key);
    if (value !== undefined) this.wrong(key, 'an object', value);
    return this.child(nothing, key);
  }

  /** The objects in the list at `key`. Items that are not objects are recorded and left out. */
  objects(key: string): readonly Reader[] {
    const value = this.get(key);
    if (value === undefined) return noItems;
    if (!isList(value)) {
      this.wrong(key, 'a list', value);
      return noItems;
    }
    const items: Reader[] = [];
    for (const [index, item] of value.entries()) {
      if (isObject(item)) items.push(this.child(item, key, index));
      else this.refuse(this.at(key, index), 'an object', item);
    }
    return items;
  }

  /** The strings in the list at `key`. */
  strings(key: string): readonly string[] {
    return this.list(key, (item): item is string => typeof item === 'string', 'a string');
  }

  /** The whole numbers in the list at `key`. */
  integers(key: string): readonly number[] {
    return this.list(key, (item): item is number => Number.isInteger(item), 'a whole number');
  }

  /** A map of strings, such as labels. Values of another type are recorded and left out. */
  stringMap(key: string): ReadonlyMap<string, string> {
    const map = new Map<string, string>();
    const reader = this.object(key);
    for (const [name, value] of Object.entries(reader.raw)) {
      if (typeof value === 'string') map.set(name, value);
      else if (value !== null) reader.wrong(name, 'a string', value);
    }
    return map;
  }

  /** A reader of an object below this one. */
  protected child(value: JsonObject, ...steps: Path): Reader {
    return new Reader(value, this.at(...steps), this.malformed);
  }

  private list<T extends Json>(key: string, is: (item: Json) => item is T, expected: string): readonly T[] {
    const value = this.get(key);
    if (value === undefined) return noItems;
    if (!isList(value)) {
      this.wrong(key, 'a list', value);
      return noItems;
    }
    const items: T[] = [];
    for (const [index, item] of value.entries()) {
      if (is(item)) items.push(item);
      else this.refuse(this.at(key, index), expected, item);
    }
    return items;
  }

  private wrong(key: string, expected: string, value: Json): undefined {
    this.refuse(this.at(key), expected, value);
    return undefined;
  }

  private refuse(path: Path, expected: string, value: Json): void {
    this.malformed.push({ path, message: `${formatPath(path)} must be ${expected}, found ${describeType(value)}` });
  }
}
