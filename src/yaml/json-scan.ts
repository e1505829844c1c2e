import type { PositionEntry, PositionNode } from './positions.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** What a JSON value is made of, counted without building it. */
export interface JsonExtent {
  /** Offset after the value. */
  readonly end: number;
  /** Keys of all its objects, repeated ones too. */
  readonly keys: number;
  /** Objects and lists, and commas: at least half of all nodes. */
  readonly marks: number;
  readonly depth: number;
}

/** Measures the object or list that begins at `from`; undefined where its brackets do not balance before `until`. */
export function measureJson(text: string, from: number, until = text.length): JsonExtent | undefined {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  let marks = 0;
  for (let at = from; at < until; at += 1) {
    const code = text.charCodeAt(at);
    // Half of a text that is written for people is indentation.
    if (code <= 0x20) continue;
    if (code === quote) {
      at = stringEnd(text, at) - 1;
      if (at < from) return undefined;
    } else if (code === colon) keys += 1;
    else if (code === comma) marks += 1;
    else if (code === openObject || code === openList) {
      marks += 1;
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === closeObject || code === closeList) {
      depth -= 1;
      if (depth === 0) return { end: at + 1, keys, marks, depth: deepest };
    }
  }
  return undefined;
}

/** Offset after the string that begins at `from`, or -1 where it does not end. */
function stringEnd(text: string, from: number): number {
  let at = text.indexOf('"', from + 1);
  while (at !== -1) {
    let back = at - 1;
    while (text.charCodeAt(back) === 0x5c) back -= 1;
    if ((at - back) % 2 === 1) return at + 1;
    at = text.indexOf('"', at + 1);
  }
  return -1;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

/** Where each object and list of a text begins, in their order, and where each ends. */
export interface JsonBrackets {
  readonly opens: readonly number[];
  readonly ends: readonly number[];
}

/** The brackets of a text that is JSON: found once, so that no node is scanned twice. */
export function jsonBrackets(text: string): JsonBrackets {
  const opens: number[] = [];
  const ends: number[] = [];
  const stack: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x20) continue;
    if (code === quote) at = stringEnd(text, at) - 1;
    else if (code === openObject || code === openList) {
      stack.push(opens.length);
      opens.push(at);
      ends.push(at + 1);
    } else if (code === closeObject || code === closeList) {
      const open = stack.pop();
      if (open !== undefined) ends[open] = at + 1;
    }
  }
  return { opens, ends };
}

/** A text that is known to be JSON, with its brackets. */
class JsonText {
  readonly text: string;
  private readonly brackets: JsonBrackets;

  constructor(text: string, brackets: JsonBrackets) {
    this.text = text;
    this.brackets = brackets;
  }

  valueEnd(from: number): number {
    const code = this.text.charCodeAt(from);
    if (code === quote) return stringEnd(this.text, from);
    if (code === openObject || code === openList) return this.bracketEnd(from);
    let at = from;
    while (at < this.text.length) {
      const next = this.text.charCodeAt(at);
      if (next <= 0x20 || next === comma || next === closeObject || next === closeList) break;
      at += 1;
    }
    return at;
  }

  private bracketEnd(open: number): number {
    const { opens, ends } = this.brackets;
    let low = 0;
    let high = opens.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((opens[middle] ?? 0) < open) low = middle + 1;
      else high = middle;
    }
    return ends[low] ?? open + 1;
  }
}

/** The root of a text that is JSON. What is in it is looked at when it is asked for. */
export function jsonPositions(text: string, brackets: JsonBrackets = jsonBrackets(text)): PositionNode {
  return new JsonNode(new JsonText(text, brackets), 0);
}

/** What stands between the quotes of each string in a part of a text that is JSON. */
export function* jsonStrings(
  text: string,
  within: PositionNode,
): Generator<{ readonly start: number; readonly end: number; readonly isKey: boolean }> {
  for (let at = text.indexOf('"', within.start); at !== -1 && at < within.end; ) {
    const end = stringEnd(text, at);
    yield { start: at + 1, end: end - 1, isKey: text.charCodeAt(skipSpace(text, end)) === colon };
    at = text.indexOf('"', end);
  }
}

type Content = Pick<PositionNode, 'entries' | 'items' | 'hidden'>;

class JsonNode implements PositionNode {
  readonly start: number;
  readonly end: number;
  private readonly source: JsonText;
  private children: Content | undefined;

  constructor(source: JsonText, start: number) {
    this.source = source;
    this.start = skipSpace(source.text, start);
    this.end = source.valueEnd(this.start);
  }

  get entries(): Map<string, PositionEntry> | undefined {
    return this.content().entries;
  }

  get items(): PositionNode[] | undefined {
    return this.content().items;
  }

  get hidden(): { name: string; entry: PositionEntry }[] | undefined {
    return this.content().hidden;
  }

  private content(): Content {
    if (this.children !== undefined) return this.children;
    const code = this.source.text.charCodeAt(this.start);
    if (code === openObject) this.children = this.readObject();
    else if (code === openList) this.children = { items: this.readList() };
    else this.children = {};
    return this.children;
  }

  private readObject(): Content {
    const { text } = this.source;
    const entries = new Map<string, PositionEntry>();
    const hidden: { name: string; entry: PositionEntry }[] = [];
    let at = skipSpace(text, this.start + 1);
    while (text.charCodeAt(at) === quote) {
      const keyEnd = stringEnd(text, at);
      const name = JSON.parse(text.slice(at, keyEnd)) as string;
      const value = new JsonNode(this.source, skipSpace(text, keyEnd) + 1);
      const earlier = entries.get(name);
      if (earlier !== undefined) hidden.push({ name, entry: earlier });
      entries.set(name, { keyStart: at, keyEnd, value });
      at = this.next(value);
    }
    return hidden.length > 0 ? { entries, hidden } : { entries };
  }

  private readList(): PositionNode[] {
    const items: PositionNode[] = [];
    let at = skipSpace(this.source.text, this.start + 1);
    while (at < this.end - 1) {
      const item = new JsonNode(this.source, at);
      items.push(item);
      at = this.next(item);
    }
    return items;
  }

  /** Where the entry or item after `node` begins, past the comma; `this.end` and beyond after the last. */
  private next(node: PositionNode): number {
    const { text } = this.source;
    const at = skipSpace(text, node.end);
    return text.charCodeAt(at) === comma ? skipSpace(text, at + 1) : this.end;
  }
}
