import { isList, isObject, type Json, type JsonObject } from './json.ts';

/** The objects of a list; none where it is no list. */
export function objectsIn(list: Json | undefined): readonly JsonObject[] {
  return isList(list) ? list.filter((item): item is JsonObject => isObject(item)) : [];
}

/** The strings of a list, without empty ones; none where it is no list. */
export function stringsIn(list: Json | undefined): readonly string[] {
  return isList(list) ? list.filter((item): item is string => typeof item === 'string' && item !== '') : [];
}
