import type { Json } from '../../model/json.ts';
import type { SettingRow } from './table.ts';

/** What of a setting decides how its texts are read. */
export type TypedRow = Pick<SettingRow, 'type' | 'separator' | 'bareKeys'>;

/** A value, or why the program refuses the text. */
export type FlagValue = { readonly value: Json } | { readonly error: string };

/**
 * What a flag's texts amount to, in the order given: the last wins for a scalar, lists and maps grow. `grammar` is that
 * of the program: in etcd (Go's flag package) a repeated list replaces the one before it.
 */
export function flagValue(row: TypedRow, texts: readonly string[], grammar: 'pflag' | 'flag'): FlagValue {
  const last = texts.at(-1) ?? '';
  if (row.type === 'array') return { value: texts };
  if (row.type === 'list') return grammar === 'flag' ? { value: commaList(last) } : csvList(texts);
  if (row.type === 'map' || row.type === 'multimap' || row.type === 'gates') return mapValue(row, texts);
  return scalarValue(row.type, last);
}

/** One text of a flag alone, to name the argument that is refused. */
export function flagTextError(row: TypedRow, text: string, grammar: 'pflag' | 'flag'): string | undefined {
  const result = flagValue(row, [text], grammar);
  return 'error' in result ? result.error : undefined;
}

/** A comma separated text without quoting. */
export function commaList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

/** Go's strconv.ParseBool; undefined for what it refuses. */
function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  return undefined;
}

const duration = /^[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/** Whether Go's time.ParseDuration takes the text. */
export function isDuration(text: string): boolean {
  return duration.test(text);
}

/** Whether a duration is none: `0`, `0s`, `0h0m0s`. */
export function isZeroDuration(text: string): boolean {
  return isDuration(text) && !/[1-9]/.test(text);
}

function scalarValue(type: SettingRow['type'], text: string): FlagValue {
  if (type === 'bool') {
    const value = parseBool(text);
    return value === undefined ? { error: `${quote(text)} is neither true nor false` } : { value };
  }
  if (type === 'int') {
    const value = parseInteger(text);
    return value === undefined ? { error: `${quote(text)} is no whole number` } : { value };
  }
  if (type === 'number') {
    const valid = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text);
    return valid ? { value: Number(text) } : { error: `${quote(text)} is no number` };
  }
  if (type === 'duration' && !isDuration(text)) return { error: `${quote(text)} is no duration, such as 30s or 4h` };
  return { value: text };
}

/** strconv.ParseInt with base 0: `0x`, `0o`, `0b` and a leading zero tell the base. */
function parseInteger(text: string): number | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/.exec(text);
  const digits = match?.[2];
  if (digits === undefined) return undefined;
  const value = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return match?.[1] === '-' ? -value : value;
}

function csvList(texts: readonly string[]): FlagValue {
  const items: string[] = [];
  for (const text of texts) {
    const fields = csvFields(text);
    if (fields === undefined) return { error: `${quote(text)} has a quote that does not end` };
    for (const field of fields) items.push(field);
  }
  return { value: items };
}

/** The first line of comma separated values, as encoding/csv reads it; undefined where it refuses the text. */
function csvFields(text: string): string[] | undefined {
  if (text === '') return [];
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== '"') {
      const comma = text.indexOf(',', at);
      const field = text.slice(at, comma === -1 ? undefined : comma);
      if (field.includes('"')) return undefined;
      fields.push(field);
      if (comma === -1) return fields;
      at = comma + 1;
      continue;
    }
    const quoted = quotedField(text, at + 1);
    if (quoted === undefined) return undefined;
    fields.push(quoted.field);
    if (quoted.end === text.length) return fields;
    if (text[quoted.end] !== ',') return undefined;
    at = quoted.end + 1;
  }
}

function quotedField(text: string, start: number): { field: string; end: number } | undefined {
  const parts: string[] = [];
  let at = start;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return undefined;
    parts.push(text.slice(at, quote));
    if (text[quote + 1] !== '"') return { field: parts.join(''), end: quote + 1 };
    parts.push('"');
    at = quote + 2;
  }
}

function mapValue(row: TypedRow, texts: readonly string[]): FlagValue {
  const separator = row.separator ?? (row.type === 'multimap' ? ':' : '=');
  const entries = new Map<string, Json>();
  for (const pair of texts.flatMap((text) => text.split(','))) {
    if (pair.trim() === '') continue;
    const at = pair.indexOf(separator);
    if (at === -1 && row.bareKeys !== true) return { error: `${quote(pair)} has no ${separator}` };
    const key = (at === -1 ? pair : pair.slice(0, at)).trim();
    const text = at === -1 ? '' : pair.slice(at + separator.length).trim();
    if (row.type === 'gates') {
      const value = parseBool(text);
      if (value === undefined) return { error: `${quote(pair)} is neither true nor false` };
      entries.set(key, value);
    } else if (row.type === 'multimap') {
      const before = entries.get(key);
      entries.set(key, Array.isArray(before) ? [...before, text] : [text]);
    } else entries.set(key, text);
  }
  return { value: Object.fromEntries(entries) };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
