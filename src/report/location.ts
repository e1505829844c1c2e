import type { Place } from '../engine/finding.ts';
import { formatPath, jsonPointer, type Path } from '../model/path.ts';
import type { Rendered } from '../model/snapshot.ts';

/** Where a finding stands, for people and for machines. */
export interface Location {
  readonly source: 'file' | 'rendered' | 'cluster';
  /** As the user wrote it (`-` is standard input); the template of rendered output; the API path of a live object. */
  readonly file: string;
  /** 0-based index of the YAML document within the file, or within the rendered output. */
  readonly document: number;
  /** Lines and columns count from 1, columns are UTF-16 code units, the end is exclusive. Only where `file` has them. */
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  /** The field to blame, from the object's root, as kubectl prints field paths. */
  readonly path: string;
  /** The same as an RFC 6901 pointer from the document's root: it starts with `/items/N` for an item of a List. */
  readonly pointer: string;
  readonly rendered?: RenderedLocation;
}

/** The lines of rendered output are lines of no file, so they are kept apart from the template's name. */
export interface RenderedLocation extends Rendered {
  readonly line?: number;
  readonly column?: number;
}

/** Where a place is: resolved once for all formats. Positions are found on demand, so resolve only what is shown. */
export function locationOf({ object, path }: Place): Location {
  const { source } = object;
  const fullPath = source.base.length === 0 ? path : [...source.base, ...path];
  const region = source.positions?.locate(fullPath);
  const field = { document: source.document, path: formatPath(path), pointer: jsonPointer(fullPath) };
  if (source.rendered !== undefined) {
    const { line, column } = region ?? {};
    return {
      source: 'rendered',
      file: source.rendered.template ?? source.file,
      ...field,
      rendered: { ...source.rendered, ...(line !== undefined && { line }), ...(column !== undefined && { column }) },
    };
  }
  const from = source.positions === undefined ? 'cluster' : 'file';
  if (region === undefined) return { source: from, file: source.file, ...field };
  const { line, column, endLine, endColumn } = region;
  return { source: from, file: source.file, line, column, endLine, endColumn, ...field };
}

/** Order of places in every report: what can be edited before what was rendered; file, document, then field. */
export function comparePlaces(a: Place, b: Place): number {
  const from = a.object.source;
  const to = b.object.source;
  return (
    Number(from.rendered !== undefined) - Number(to.rendered !== undefined) ||
    compareText(from.file, to.file) ||
    from.document - to.document ||
    comparePaths(from.base, to.base) ||
    comparePaths(a.path, b.path)
  );
}

function comparePaths(a: Path, b: Path): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const step = a[index];
    const other = b[index];
    if (step === other) continue;
    if (typeof step === 'number' && typeof other === 'number') return step - other;
    return compareText(String(step), String(other));
  }
  return a.length - b.length;
}

/** By UTF-16 code unit: the same on every machine, unlike a locale's order. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
