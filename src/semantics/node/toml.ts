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
 * The line, from 1, on which a key of a TOML file is set: in its table, else wherever its name is first set. The table's
 * own line where the key is not there, and undefined where that is not either.
 */
export function tomlLine(text: string, path: readonly string[]): number | undefined {
  const key = path.at(-1) ?? '';
  const table = path.slice(0, -1).join('.');
  let inTable = '';
  let tableLine: number | undefined;
  let anywhere: number | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [, header] = /^\s*\[\[?([^\]]*)\]/.exec(line) ?? [];
    if (header !== undefined) {
      inTable = header.replace(/["'\s]/g, '');
      if (inTable === table) tableLine = index + 1;
      continue;
    }
    const [, name] = /^\s*["']?([\w.-]+)["']?\s*=/.exec(line) ?? [];
    if (name !== key) continue;
    if (inTable === table) return index + 1;
    anywhere ??= index + 1;
  }
  return tableLine ?? anywhere;
}
