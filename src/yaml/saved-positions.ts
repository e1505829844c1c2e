import type { Path } from '../model/path.ts';
import type { Positions, Region } from '../model/snapshot.ts';

export type SavedPlace = readonly [line: number, column: number, endLine: number, endColumn: number];
export type SavedNode =
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
