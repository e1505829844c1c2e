/** A document's share of a file: `text.slice(start, end)`, whose first line is `line` (from 1). */
export interface DocumentText {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/**
 * Cuts a stream at lines that begin with `---`, as kubectl's reader does, so that one bad document does not take its
 * neighbours along. What follows the marker on its line belongs to the document after it. Blank and comment-only
 * documents are left out but keep their index.
 */
export function splitDocuments(text: string): DocumentText[] {
  const documents: DocumentText[] = [];
  let index = 0;
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  const push = (end: number) => {
    if (hasContent(text, start, end)) documents.push({ index, start, end, line });
    index += 1;
  };
  let marker = findMarker(text, start);
  while (marker !== -1) {
    // An empty stream before the first marker is no document of its own.
    if (index > 0 || hasContent(text, start, marker)) push(marker);
    line += countLines(text, start, marker);
    start = marker + 3;
    marker = findMarker(text, start);
  }
  push(text.length);
  return documents;
}

/** The offset of the next `---` that stands at the start of a line and ends a word. */
function findMarker(text: string, from: number): number {
  let at = from;
  while (true) {
    at = text.indexOf('---', at);
    if (at === -1) return -1;
    const before = at === 0 ? 0x0a : text.charCodeAt(at - 1);
    const after = at + 3 < text.length ? text.charCodeAt(at + 3) : 0x0a;
    const lineStart = before === 0x0a || before === 0x0d || before === 0xfeff;
    if (lineStart && (after === 0x0a || after === 0x0d || after === 0x20 || after === 0x09)) return at;
    at += 3;
  }
}

/** Something other than white space, comments, directives and the document end marker. */
function hasContent(text: string, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) {
      at += 1;
      continue;
    }
    const lineStart = at === start || text.charCodeAt(at - 1) === 0x0a;
    const skipLine = code === 0x23 || (lineStart && (code === 0x25 || text.startsWith('...', at)));
    if (!skipLine) return true;
    const next = text.indexOf('\n', at);
    if (next === -1) return false;
    at = next + 1;
  }
  return false;
}

function countLines(text: string, start: number, end: number): number {
  let lines = 0;
  let at = text.indexOf('\n', start);
  while (at !== -1 && at < end) {
    lines += 1;
    at = text.indexOf('\n', at + 1);
  }
  return lines;
}
