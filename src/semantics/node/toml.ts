import { parse } from 'smol-toml';
import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';

/** Most text that is read as one TOML file; runtimes' own are a few kilobytes. */
const maxLength = 1024 * 1024;

/** A TOML file as JSON; undefined for what is no TOML. Dates, which no configuration here has, become text. */
export function readToml(text: string): JsonObject | undefined {
  if (text.length > maxLength) return undefined;
  try {
    const value = toJson(parse(text));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toJson(value: unknown): Json {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object') return null;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, toJson(field)]));
}

/** The value at a path of keys. */
export function tomlAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let at = value;
  for (const key of path) at = at !== undefined && isObject(at) ? own(at, key) : undefined;
  return at;
}

/**
 * Where the keys of a TOML file are set: the line, from 1, of a key in its table; else where its name is first set, and
 * for a key that is not there the line of its table. Undefined where that is not either.
 */
export function tomlLines(text: string): (path: readonly string[]) => number | undefined {
  const tables = new Map<string, number>();
  const keys = new Map<string, number>();
  const names = new Map<string, number>();
  let table = '';
  for (const [index, line] of text.split('\n').entries()) {
    const [, header] = /^[ \t]*\[\[?([^\]]*)\]/.exec(line) ?? [];
    if (header !== undefined) {
      table = header.replace(/["'\s]/g, '');
      if (!tables.has(table)) tables.set(table, index + 1);
      continue;
    }
    const [, key] = /^[ \t]*["']?([\w.-]+)["']?[ \t]*=/.exec(line) ?? [];
    if (key === undefined) continue;
    const whole = `${table}.${key}`;
    if (!keys.has(whole)) keys.set(whole, index + 1);
    if (!names.has(key)) names.set(key, index + 1);
  }
  return (path) => keys.get(path.join('.')) ?? tables.get(path.slice(0, -1).join('.')) ?? names.get(path.at(-1) ?? '');
}
