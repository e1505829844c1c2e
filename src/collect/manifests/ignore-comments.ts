import { isList, isObject, type Json } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import type { IgnoreComment, Positions } from '../../model/snapshot.ts';

/** How a comment begins that accepts findings: `# bulwark:ignore pods/privileged reason="…" owner=… until=…`. */
export const ignoreMark = 'bulwark:ignore';

/** Comments of one document that are read: nobody writes more by hand. */
const maxComments = 1000;

const comment = /(?:^|[\t ])#[\t ]*bulwark:ignore(?![\w-])([^\n]*)/gm;

export interface CommentedText {
  readonly text: string;
  /** Where the text begins in its file. */
  readonly line: number;
  readonly column: number;
}

/**
 * The comments of a document, each with the path of what it is about: the outermost node that begins on its line, or,
 * where it has a line of its own, on the next line that anything begins on. What looks like a comment within a text is
 * none.
 */
export function ignoreComments(
  { text, line, column }: CommentedText,
  { value, positions }: { readonly value: Json; readonly positions: Positions },
): IgnoreComment[] {
  if (!text.includes(ignoreMark)) return [];
  const nodes = new NodeLines(value, positions);
  const found: IgnoreComment[] = [];
  for (const each of commentsIn({ text, line, column })) {
    if (nodes.isWithinText(each)) continue;
    const path = nodes.pathFrom(each.line);
    found.push({ text: each.text, line: each.line, ...(path !== undefined && { path }) });
  }
  return found;
}

/** Those that stand before a document, above its `---`: they are about all of it. */
export function commentsAbove(above: CommentedText): IgnoreComment[] {
  if (!above.text.includes(ignoreMark)) return [];
  return commentsIn(above).map(({ text, line }) => ({ text, line, path: [] }));
}

/** Of the comments of a list, those that are about one of its items, with paths from that item's root. */
export function commentsByItem(comments: readonly IgnoreComment[]): (index: number) => readonly IgnoreComment[] {
  const ofAll: IgnoreComment[] = [];
  const ofOne = new Map<number, IgnoreComment[]>();
  for (const each of comments) {
    const [field, index, ...rest] = each.path ?? ['nothing'];
    if (field === undefined || (field === 'items' && index === undefined)) ofAll.push({ ...each, path: [] });
    if (field !== 'items' || typeof index !== 'number') continue;
    const known = ofOne.get(index);
    if (known === undefined) ofOne.set(index, [{ ...each, path: rest }]);
    else known.push({ ...each, path: rest });
  }
  return (index) => {
    const own = ofOne.get(index);
    return own === undefined ? ofAll : [...ofAll, ...own];
  };
}

interface Found {
  readonly text: string;
  readonly line: number;
  /** Of the `#`. */
  readonly column: number;
}

function commentsIn({ text, line, column }: CommentedText): Found[] {
  const found: Found[] = [];
  let lineStart = 0;
  let at = line;
  for (const match of text.matchAll(comment)) {
    const mark = match.index + match[0].indexOf('#');
    for (let next = text.indexOf('\n', lineStart); next !== -1 && next < mark; next = text.indexOf('\n', lineStart)) {
      lineStart = next + 1;
      at += 1;
    }
    const before = lineStart === 0 ? column - 1 : 0;
    if (found.length === maxComments) break;
    found.push({ text: (match[1] ?? '').trim(), line: at, column: before + mark - lineStart + 1 });
  }
  return found;
}

/** On which line each node of a document begins. */
class NodeLines {
  private readonly outermost = new Map<number, Path>();
  private readonly lines: readonly number[];
  private readonly texts: { line: number; column: number; endLine: number; endColumn: number }[] = [];

  constructor(value: Json, positions: Positions) {
    this.walk(value, { path: [], positions });
    this.lines = [...this.outermost.keys()].sort((a, b) => a - b);
  }

  isWithinText({ line, column }: Found): boolean {
    return this.texts.some((text) => {
      const isAfterStart = line > text.line || (line === text.line && column >= text.column);
      return isAfterStart && (line < text.endLine || (line === text.endLine && column < text.endColumn));
    });
  }

  /** The first node that begins on a line or below it. */
  pathFrom(line: number): Path | undefined {
    let [low, high] = [0, this.lines.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.lines[middle] ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    const at = this.lines[low];
    return at === undefined ? undefined : this.outermost.get(at);
  }

  /** From the outside in, so that the first node of a line is its outermost. */
  private walk(value: Json, { path, positions }: { path: Path; positions: Positions }): void {
    const region = positions.locate(path);
    if (region !== undefined) {
      const { line } = region;
      if (!this.outermost.has(line)) this.outermost.set(line, path);
      if (typeof value === 'string' && value.includes(ignoreMark)) this.texts.push(region);
    }
    if (isList(value)) {
      for (const [index, item] of value.entries()) this.walk(item, { path: [...path, index], positions });
    } else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) this.walk(item, { path: [...path, key], positions });
    }
  }
}
