import { maxDepth } from './parse.ts';
import { leaf, type SpliceChild, type SpliceNode, SpliceRefusal } from './splice-tree.ts';

/** Where everything stands in a JSON document. `text` must be valid JSON, as `JSON.parse` has found. */
export function readJsonTree(text: string): SpliceNode {
  return new JsonScanner(text).value(0);
}

/** Reads places only: what is between them has been checked. */
class JsonScanner {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): SpliceNode {
    if (depth > maxDepth) throw new SpliceRefusal('nested too deeply');
    this.skipSpace();
    const opens = this.text[this.at];
    if (opens === '{') return this.collection('map', depth);
    if (opens === '[') return this.collection('list', depth);
    const start = this.at;
    if (opens === '"') {
      this.skipString();
      return { ...leaf('scalar', start, this.at), quote: '"' };
    }
    while (this.at < this.text.length && !',]} \t\n\r'.includes(this.text[this.at] ?? '')) this.at += 1;
    return leaf('scalar', start, this.at);
  }

  private collection(kind: 'map' | 'list', depth: number): SpliceNode {
    const start = this.at;
    const children: SpliceChild[] = [];
    const byKey = new Map<string, SpliceChild[]>();
    this.at += 1;
    this.skipSpace();
    while (this.at < this.text.length && this.text[this.at] !== '}' && this.text[this.at] !== ']') {
      const childStart = this.at;
      let key: string | undefined;
      if (kind === 'map') {
        this.skipString();
        key = JSON.parse(this.text.slice(childStart, this.at)) as string;
        this.skipSpace();
        this.at += 1;
      }
      const after = this.at;
      const value = { ...this.value(depth + 1), head: after };
      this.skipSpace();
      const comma = this.text[this.at] === ',' ? this.at : undefined;
      if (comma !== undefined) this.at += 1;
      this.skipSpace();
      const child = { start: childStart, end: value.end, after, comma, quotedKey: kind === 'map', value };
      children.push(child);
      if (key === undefined) continue;
      const same = byKey.get(key);
      if (same === undefined) byKey.set(key, [child]);
      else same.push(child);
    }
    this.at += 1;
    return { ...leaf(kind, start, this.at), flow: true, children, byKey };
  }

  private skipString(): void {
    this.at += 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1;
    this.at += 1;
  }

  private skipSpace(): void {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text[this.at] ?? '')) this.at += 1;
  }
}
