import type { Path } from '../model/path.ts';
import type { DuplicateKey, Positions, Region } from '../model/snapshot.ts';
import type { SavedNode, SavedPlace } from './saved-positions.ts';

/** Turns offsets into lines and columns. */
export class LineIndex {
  private readonly starts: number[] = [0];
  private readonly firstLine: number;
  private readonly firstColumn: number;

  /** `firstLine` and `firstColumn` (from 1) are where the text's first character stands in its file. */
  constructor(text: string, firstLine: number, firstColumn = 1) {
    this.firstLine = firstLine;
    this.firstColumn = firstColumn;
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
    const column = offset - (this.starts[low] ?? 0) + (low === 0 ? this.firstColumn : 1);
    return { line: this.firstLine + low, column };
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
  entries?: Map<string, PositionEntry> | undefined;
  /** Of a sequence. */
  items?: PositionNode[] | undefined;
  /** Entries of the same mapping that a later one hides. */
  hidden?: { name: string; entry: PositionEntry }[] | undefined;
}

export interface PositionEntry {
  keyStart: number;
  keyEnd: number;
  value: PositionNode;
}

export interface PositionTree {
  readonly root: PositionNode;
  readonly lines: LineIndex;
}

/** Positions of one document, built from its text on first use. */
export class TextPositions implements Positions {
  private text: string;
  private readonly build: (text: string) => PositionTree;
  private built: PositionTree | undefined;

  constructor(text: string, build: (text: string) => PositionTree) {
    this.text = text;
    this.build = build;
  }

  /** Lets go of the file that the text was cut from: V8 keeps the whole of a string alive for any slice of it. */
  detach(): void {
    this.text = Buffer.from(this.text, 'utf16le').toString('utf16le');
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
    const seen = new Set<object>();
    const visit = (node: PositionNode, path: Path): void => {
      // Aliases share what they stand for: say it once, where the anchor is.
      const content = node.entries ?? node.items;
      if (content === undefined || seen.has(content)) return;
      seen.add(content);
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

  private tree(): PositionTree {
    this.built ??= this.build(this.text);
    return this.built;
  }
}

/** The node at `path`; undefined where there is none. */
export function nodeAt(root: PositionNode, path: Path): PositionNode | undefined {
  let node: PositionNode | undefined = root;
  for (const step of path) node = typeof step === 'number' ? node?.items?.[step] : node?.entries?.get(step)?.value;
  return node;
}

/** A scalar's own end; for a collection the end of the key or marker, so that an editor marks one line, not a page. */
function scalarEnd(node: PositionNode, otherwise: number): number {
  return node.entries === undefined && node.items === undefined ? Math.max(node.end, otherwise) : otherwise;
}

function firstLineEnd(root: PositionNode): number {
  for (const entry of root.entries?.values() ?? []) return scalarEnd(entry.value, entry.keyEnd);
  return root.start;
}
