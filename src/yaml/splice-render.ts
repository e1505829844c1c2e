import { isList, isObject, type Json } from '../model/json.ts';
import { parseYaml, YamlError } from './parse.ts';

/** How a flow collection is written. */
export interface FlowStyle {
  /** Keys and strings in double quotes, as JSON has them. */
  readonly json: boolean;
  readonly colon: ': ' | ':';
  readonly comma: ', ' | ',';
  /** `{ a: b }` rather than `{a: b}`. */
  readonly padded: boolean;
  /** A line for each entry: the indentation of the collection itself, and one step of it. */
  readonly lines?: { readonly pad: string; readonly unit: string; readonly lineBreak: string };
}

export interface BlockStyle {
  /** Columns from a mapping to the mapping under one of its keys. */
  readonly step: number;
  /** Columns from a mapping to the dash of a list under one of its keys: often none. */
  readonly listOffset: number;
}

/** Whether a value is written on the line of its key: scalars and empty collections. */
export function isInline(value: Json): boolean {
  if (isList(value)) return value.length === 0;
  return !isObject(value) || Object.keys(value).length === 0;
}

/** The lines of `key: value` in block style, its key at `column`. */
export function blockEntry(key: string, value: Json, at: BlockStyle & { readonly column: number }): string[] {
  const start = `${' '.repeat(at.column)}${renderString(key)}:`;
  if (isInline(value)) return [`${start} ${renderFlow(value, plainFlow)}`];
  const column = at.column + (isList(value) ? at.listOffset : at.step);
  return [start, ...blockLines(value, { ...at, column })];
}

/** The line or lines of one list item, its dash at `column`. `gap` is what stands between the dash and the item. */
export function blockItem(value: Json, at: BlockStyle & { readonly column: number; readonly gap?: string }): string[] {
  const gap = at.gap ?? ' ';
  const pad = ' '.repeat(at.column);
  if (!isObject(value) || isInline(value)) return [`${pad}-${gap}${renderFlow(value, plainFlow)}`];
  const [first = '', ...rest] = blockLines(value, { ...at, column: at.column + 1 + gap.length });
  return [`${pad}-${gap}${first.trimStart()}`, ...rest];
}

/** The lines of a collection that is not empty. */
export function blockLines(value: Json, at: BlockStyle & { readonly column: number }): string[] {
  if (isList(value)) return value.flatMap((item) => blockItem(item, at));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => blockEntry(key, item, at));
}

export const plainFlow: FlowStyle = { json: false, colon: ': ', comma: ', ', padded: true };

/** `value` in flow style, on one line unless the style has `lines`. */
export function renderFlow(value: Json, style: FlowStyle): string {
  if (isList(value)) {
    const items = value.map((item) => renderFlow(item, deeper(style)));
    return enclose('[', items, { close: ']', style: { ...style, padded: false } });
  }
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, item]) => flowEntry(key, item, deeper(style)));
    return enclose('{', entries, { close: '}', style });
  }
  if (typeof value === 'string') return style.json ? quoteString(value) : renderString(value);
  return String(value);
}

export function flowEntry(key: string, value: Json, style: FlowStyle): string {
  return `${style.json ? quoteString(key) : renderString(key)}${style.colon}${renderFlow(value, style)}`;
}

function deeper(style: FlowStyle): FlowStyle {
  const { lines } = style;
  return lines === undefined ? style : { ...style, lines: { ...lines, pad: lines.pad + lines.unit } };
}

function enclose(open: string, parts: readonly string[], how: { close: string; style: FlowStyle }): string {
  const { close, style } = how;
  if (parts.length === 0) return open + close;
  if (style.lines !== undefined) {
    const { pad, unit, lineBreak } = style.lines;
    return `${open}${lineBreak}${pad}${unit}${parts.join(`,${lineBreak}${pad}${unit}`)}${lineBreak}${pad}${close}`;
  }
  const space = style.padded ? ' ' : '';
  return `${open}${space}${parts.join(style.comma)}${space}${close}`;
}

/** A string in place of another one: in quotes where that had quotes. */
export function renderLike(value: string, quote: '"' | "'" | undefined): string {
  if (quote === '"') return quoteString(value);
  if (quote === "'" && /^[\x20-\x7e]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  return renderString(value);
}

const plainText = /^(?:--)?[A-Za-z_./][A-Za-z0-9_./:@=-]*$/;

/** Plain where kubectl would read the plain text as this string, else in double quotes. */
function renderString(value: string): string {
  return plainText.test(value) && !value.endsWith(':') && readsAsItself(value) ? value : quoteString(value);
}

function readsAsItself(text: string): boolean {
  try {
    return parseYaml(text, 1).value === text;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return false;
  }
}

/** JSON's quoting is YAML's too, but for characters that YAML wants escaped. */
function quoteString(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
