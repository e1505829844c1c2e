import type { Path } from '../model/path.ts';
import type { DuplicateKey, Positions, Region } from '../model/snapshot.ts';

/** Turns offsets into lines and columns. */
export class LineIndex {
  private readonly starts: number[] = [0];
  private readonly firstLine: number;

  /** `firstLine` is the line number (from 1) of the text's first character. */
  constructor(text: string, firstLine: number) {
    this.firstLine = firstLine;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: this.firstLine + low, column: offset - (this.starts[low] ?? 0) + 1 };
  }

  region(start: number, end: number): Region {
    const from = this.position(start);
    const to = this.position(end);
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }
}

/** A node of a parsed document with the place of its text. Offsets are into the document's text. */
export interface PositionNode {
  start: number;
  end: number;
  /** Of a mapping: the entries that count, by name. The last of a repeated key wins. */
  entries?: Map<string, PositionEntry>;
  /** Of a sequence. */
  items?: PositionNode[];
  /** Entries of the same mapping that a later one hides. */
  hidden?: { name: string; entry: PositionEntry }[];
}

export interface PositionEntry {
  keyStart: number;
  keyEnd: number;
  value: PositionNode;
}

/** Positions of one document, built from its text on first use. */
export class TextPositions implements Positions {
  private readonly build: () => { root: PositionNode; lines: LineIndex };
  private built: { root: PositionNode; lines: LineIndex } | undefined;

  constructor(build: () => { root: PositionNode; lines: LineIndex }) {
    this.build = build;
  }

  locate(path: Path): Region | undefined {
    const { root, lines } = this.tree();
    let node = root;
    let start = root.start;
    let end = firstLineEnd(root);
    for (const step of path) {
      if (typeof step === 'number') {
        const item = node.items?.[step];
        if (item === undefined) break;
        node = item;
        start = item.start;
        end = scalarEnd(item, firstLineEnd(item));
      } else {
        const entry = node.entries?.get(step);
        if (entry === undefined) break;
        node = entry.value;
        start = entry.keyStart;
        end = scalarEnd(node, entry.keyEnd);
      }
    }
    return lines.region(start, end);
  }

  duplicateKeys(): DuplicateKey[] {
    const { root, lines } = this.tree();
    const found: DuplicateKey[] = [];
    const visit = (node: PositionNode, path: Path): void => {
      for (const { name, entry } of node.hidden ?? []) {
        const winner = node.entries?.get(name);
        if (winner === undefined) continue;
        found.push({
          path: [...path, name],
          region: lines.region(winner.keyStart, winner.keyEnd),
          hidden: lines.region(entry.keyStart, entry.keyEnd),
        });
      }
      for (const [name, entry] of node.entries ?? []) visit(entry.value, [...path, name]);
      for (const [index, item] of (node.items ?? []).entries()) visit(item, [...path, index]);
    };
    visit(root, []);
    return found;
  }

  toJSON(): SavedNode {
    const { root, lines } = this.tree();
    const save = (node: PositionNode, start: number, end: number): SavedNode => {
      const region = lines.region(start, end);
      const place: SavedPlace = [region.line, region.column, region.endLine, region.endColumn];
      if (node.entries !== undefined) {
        const fields: [string, SavedNode][] = [];
        for (const [name, entry] of node.entries) {
          fields.push([name, save(entry.value, entry.keyStart, scalarEnd(entry.value, entry.keyEnd))]);
        }
        return { at: place, fields };
      }
      if (node.items !== undefined) {
        return {
          at: place,
          items: node.items.map((item) => save(item, item.start, scalarEnd(item, firstLineEnd(item)))),
        };
      }
      return place;
    };
    return save(root, root.start, firstLineEnd(root));
  }

  private tree(): { root: PositionNode; lines: LineIndex } {
    this.built ??= this.build();
    return this.built;
  }
}

type SavedPlace = readonly [line: number, column: number, endLine: number, endColumn: number];
type SavedNode =
  | SavedPlace
  | { readonly at: SavedPlace; readonly fields: readonly (readonly [string, SavedNode])[] }
  | { readonly at: SavedPlace; readonly items: readonly SavedNode[] };

/** Positions as a saved snapshot keeps them: the output of `TextPositions.toJSON`. */
export class SavedPositions implements Positions {
  private readonly root: unknown;

  constructor(root: unknown) {
    this.root = root;
  }

  locate(path: Path): Region | undefined {
    let node = this.root;
    for (const step of path) {
      const next = savedChild(node, step);
      if (next === undefined) break;
      node = next;
    }
    return savedRegion(node);
  }

  toJSON(): unknown {
    return this.root;
  }
}

function savedChild(node: unknown, step: string | number): unknown {
  if (typeof node !== 'object' || node === null) return undefined;
  if (typeof step === 'number') return 'items' in node && Array.isArray(node.items) ? node.items[step] : undefined;
  if (!('fields' in node) || !Array.isArray(node.fields)) return undefined;
  const field = node.fields.find((entry: unknown) => Array.isArray(entry) && entry[0] === step);
  return Array.isArray(field) ? field[1] : undefined;
}

function savedRegion(node: unknown): Region | undefined {
  const place = Array.isArray(node)
    ? node
    : typeof node === 'object' && node !== null && 'at' in node
      ? node.at
      : undefined;
  if (!Array.isArray(place)) return undefined;
  const [line, column, endLine, endColumn]: unknown[] = place;
  if (typeof line !== 'number' || typeof column !== 'number') return undefined;
  return {
    line,
    column,
    endLine: typeof endLine === 'number' ? endLine : line,
    endColumn: typeof endColumn === 'number' ? endColumn : column,
  };
}

/** A scalar's own end; for a collection the end of the key or marker, so that an editor marks one line, not a page. */
function scalarEnd(node: PositionNode, otherwise: number): number {
  return node.entries === undefined && node.items === undefined ? Math.max(node.end, otherwise) : otherwise;
}

function firstLineEnd(root: PositionNode): number {
  for (const entry of root.entries?.values() ?? []) return scalarEnd(entry.value, entry.keyEnd);
  return root.start;
}
