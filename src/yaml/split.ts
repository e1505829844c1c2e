import { type JsonExtent, measureJson } from './json-scan.ts';

/** A document's share of a file: `text.slice(start, end)`, whose first character stands at `line` and `column` (from 1). */
export interface DocumentText {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** Follows a `...` that no `---` follows: kubectl stops reading a document there. */
  readonly afterEnd?: true;
  /** Of the JSON value that it holds, where it was measured to find its end. */
  readonly json?: JsonExtent;
}

/**
 * Cuts a stream at lines that begin with `---`, as kubectl's reader does, so that one bad document does not take its
 * neighbours along. What follows the marker on its line belongs to the document after it. JSON values that follow one
 * another, on a line each or not, are a document each. Blank and comment-only documents are left out but keep their
 * index.
 */
export function splitDocuments(text: string): DocumentText[] {
  const splitter = new Splitter(text);
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let marker = findMarker(text, start, '---');
  // An empty stream before the first marker is no document of its own.
  if (marker === -1 || splitter.hasContent(start, marker)) splitter.part(start, marker === -1 ? text.length : marker);
  while (marker !== -1) {
    start = marker + 3;
    marker = findMarker(text, start, '---');
    splitter.part(start, marker === -1 ? text.length : marker);
  }
  return splitter.documents;
}

/** Each value that does not end is looked for up to the end of the stream, so there is a limit to trying again. */
const maxEndless = 100;

class Splitter {
  readonly documents: DocumentText[] = [];
  private readonly text: string;
  private index = 0;
  private line = 1;
  /** Where `line` was counted up to. */
  private counted = 0;
  private lineStart: number;

  constructor(text: string) {
    this.text = text;
    this.lineStart = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  /** What stands between two markers. */
  part(start: number, end: number): void {
    const first = this.firstContent(start, end);
    if (first === -1) {
      this.index += 1;
      return;
    }
    if (this.text[first] === '{') {
      this.jsonStream(start, first, end);
      return;
    }
    const stop = findMarker(this.text, start, '...', end);
    if (stop === -1 || !this.hasContent(stop + 3, end)) {
      this.push(start, end);
      return;
    }
    if (this.hasContent(start, stop)) {
      this.push(start, stop);
      this.push(stop + 3, end, { afterEnd: true });
    } else this.push(stop + 3, end);
  }

  hasContent(start: number, end: number): boolean {
    return this.firstContent(start, end) !== -1;
  }

  private push(start: number, end: number, more: Pick<DocumentText, 'afterEnd' | 'json'> = {}): void {
    this.countLines(start);
    const column = start - this.lineStart + 1;
    this.documents.push({ index: this.index, start, end, line: this.line, column, ...more });
    this.index += 1;
  }

  /**
   * Values cut where their brackets balance and another follows. A value that does not end is cut at the next line
   * that begins with a brace.
   */
  private jsonStream(start: number, first: number, end: number): void {
    let from = start;
    let open = first;
    let endless = 0;
    while (true) {
      const extent = measureJson(this.text, open, end);
      let next: number;
      if (extent === undefined) {
        endless += 1;
        next = endless > maxEndless ? 0 : this.text.indexOf('\n{', open) + 1;
        if (next === 0) next = end;
      } else {
        next = skipSpace(this.text, extent.end, end);
        if (this.text[next] !== '{') next = end;
      }
      const measured = extent === undefined ? {} : { json: extent };
      if (next >= end) {
        this.push(from, end, measured);
        return;
      }
      this.push(from, next, measured);
      from = next;
      open = next;
    }
  }

  /** The first thing that is not white space, a comment, a directive or the document end marker; -1 for none. */
  private firstContent(start: number, end: number): number {
    const { text } = this;
    let at = start;
    while (at < end) {
      const code = text.charCodeAt(at);
      if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d || code === 0xfeff) {
        at += 1;
        continue;
      }
      const lineStart = at === start || text.charCodeAt(at - 1) === 0x0a;
      const skipLine = code === 0x23 || (lineStart && (code === 0x25 || isMarker(text, at, '...')));
      if (!skipLine) return at;
      const next = text.indexOf('\n', at);
      if (next === -1) return -1;
      at = next + 1;
    }
    return -1;
  }

  private countLines(to: number): void {
    let at = this.text.indexOf('\n', this.counted);
    while (at !== -1 && at < to) {
      this.line += 1;
      this.lineStart = at + 1;
      at = this.text.indexOf('\n', at + 1);
    }
    this.counted = to;
  }
}

/** The offset of the next marker that stands at the start of a line and ends a word. */
function findMarker(text: string, from: number, marker: '---' | '...', end = text.length): number {
  let at = text.indexOf(marker, from);
  while (at !== -1 && at < end) {
    const before = at === 0 ? 0x0a : text.charCodeAt(at - 1);
    const lineStart = before === 0x0a || before === 0x0d || (before === 0xfeff && at === 1);
    if (lineStart && isMarker(text, at, marker)) return at;
    at = text.indexOf(marker, at + 3);
  }
  return -1;
}

function isMarker(text: string, at: number, marker: '---' | '...'): boolean {
  if (!text.startsWith(marker, at)) return false;
  const after = at + 3 < text.length ? text.charCodeAt(at + 3) : 0x0a;
  return after === 0x0a || after === 0x0d || after === 0x20 || after === 0x09;
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}
