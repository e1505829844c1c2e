/** JSON as it arrives from a manifest or the API server: never trusted to have a shape. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The own property `key`, never an inherited one: `constructor` and `__proto__` are legal label keys. */
export function own(object: JsonObject, key: string): Json | undefined {
  // Most fields are unset, and asking for a value is cheaper than asking whose it is.
  const value = object[key];
  return value === undefined || !Object.hasOwn(object, key) ? undefined : value;
}

/** What a value is, in words for a message: "a string", "a list", "null". */
export function describeType(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
