import { describeType, isList, isObject, type Json, type JsonObject, own } from './json.ts';
import { formatPath, type Path } from './path.ts';

/** A field that does not have the type that the API gives it: the API server would refuse the object. */
export interface Malformed {
  readonly path: Path;
  readonly message: string;
}

const nothing: JsonObject = Object.freeze({});
const noItems: readonly never[] = Object.freeze([]);
const noStrings: ReadonlyMap<string, string> = new Map();

/**
 * Narrows untrusted JSON to the types of the Kubernetes API, once, where data enters the model.
 * A field of another type reads as unset and is recorded in `malformed`. `null` is unset, as in the API server.
 */
export class Reader {
  readonly raw: JsonObject;
  readonly malformed: Malformed[];
  /** Found when it is asked for: most of what is read is never blamed. */
  private known: Path | undefined;
  private parent: Reader | undefined;
  private key = '';
  private index = -1;

  constructor(raw: JsonObject, path: Path | undefined, malformed: Malformed[]) {
    this.raw = raw;
    this.known = path;
    this.malformed = malformed;
  }

  /** Absolute path of the object that is read. */
  get path(): Path {
    if (this.known === undefined) {
      const { parent, key, index } = this;
      this.known = parent === undefined ? [] : index === -1 ? parent.at(key) : parent.at(key, index);
    }
    return this.known;
  }

  /** Absolute path of a field, whether it is set or not. */
  at(...steps: Path): Path {
    // A spread leaves room for more steps, which the paths of a million findings do not need.
    return this.path.concat(steps);
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
    if (isObject(value)) return this.child(value, key, -1);
    if (value !== undefined) this.wrong(key, 'an object', value);
    return this.child(nothing, key, -1);
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
    for (let index = 0; index < value.length; index += 1) {
      const item = value[index];
      if (isObject(item)) items.push(this.child(item, key, index));
      else this.refuse(this.at(key, index), 'an object', item ?? null);
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
    if (!this.has(key)) return noStrings;
    const map = new Map<string, string>();
    const reader = this.object(key);
    for (const [name, value] of Object.entries(reader.raw)) {
      if (typeof value === 'string') map.set(name, value);
      else if (value !== null) reader.wrong(name, 'a string', value);
    }
    return map;
  }

  /** A reader of the object in a field of this one; `index` where the field is a list, else -1. */
  protected child(value: JsonObject, key: string, index: number): Reader {
    const child = new Reader(value, undefined, this.malformed);
    child.parent = this;
    child.key = key;
    child.index = index;
    return child;
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

/** A part of the model that can say where it stands. */
export class Located {
  private readonly reader: Reader;

  constructor(reader: Reader) {
    this.reader = reader;
  }

  /** Absolute path in the object. */
  get path(): Path {
    return this.reader.path;
  }
}
