import type { Json } from '../model/json.ts';
import { endsLine, indentBefore, lineEnd, wholeLines } from './splice-lines.ts';
import { type FlowStyle, flowEntry, plainFlow, renderFlow } from './splice-render.ts';
import type { Addition, Splice, SpliceChild, SpliceNode } from './splice-tree.ts';

interface FlowChange {
  readonly drops: ReadonlySet<SpliceChild>;
  readonly added: readonly Addition[];
  /** Set in a JSON document. */
  readonly json: FlowStyle | undefined;
  readonly lineBreak: string;
}

/** Entries or items that go from, and come to, a collection in flow style that has some. */
export function spliceFlow(text: string, node: SpliceNode, change: FlowChange): Splice[] {
  const { drops, added, lineBreak } = change;
  const first = node.children[0];
  if (first === undefined) return [];
  const style = flowStyleIn(text, node, change.json);
  const pad = indentBefore(text, first.start);
  const parts = added.map(({ key, value }) => addition(key, value, withPad(style, pad)));
  const staying = node.children.findLastIndex((child) => !drops.has(child));
  const last = node.children[staying];
  if (last === undefined) {
    if (parts.length === 0) return emptied(text, node);
    const others = new Set(node.children.slice(1));
    const joined = parts.join(pad === undefined ? style.comma : `,${lineBreak}${pad}`);
    return [
      { start: first.start, end: first.end, text: joined },
      ...removals(text, node, { drops: others, staying: 0 }),
    ];
  }
  const splices = removals(text, node, { drops, staying });
  if (parts.length === 0) return splices;
  // A comma after the last one that stays is a trailing comma only where nothing is taken out behind it.
  const comma = staying === node.children.length - 1 ? last.comma : undefined;
  if (pad === undefined) {
    splices.push(insert(last.end, parts.map((part) => style.comma + part).join('')));
  } else if (comma === undefined) {
    const lines = parts.map((part) => lineBreak + pad + part).join(',');
    splices.push(insert(last.end, ','), insert(afterComment(text, last.end), lines));
  } else {
    const lines = parts.map((part) => `${lineBreak}${pad}${part},`).join('');
    splices.push(insert(afterComment(text, comma + 1), lines));
  }
  return splices;
}

/** Nothing between the brackets, but for comments on lines of their own. */
function emptied(text: string, node: SpliceNode): Splice[] {
  const inner = { start: node.start + 1, end: node.end - 1 };
  if (!text.slice(inner.start, inner.end).includes('#')) return [{ ...inner, text: '' }];
  return node.children.map((child) => removal(text, child));
}

/** `staying` is the index of the last child that stays. */
function removals(
  text: string,
  node: SpliceNode,
  { drops, staying }: { drops: ReadonlySet<SpliceChild>; staying: number },
): Splice[] {
  const splices: Splice[] = [];
  const last = node.children.at(-1);
  const tail = node.children[staying]?.end ?? 0;
  if (last !== undefined && last.end > tail && !text.slice(tail, last.end).includes('#')) {
    splices.push({ start: tail, end: last.end, text: '' });
  } else for (const child of node.children.slice(staying + 1)) splices.push(removal(text, child));
  for (const [index, child] of node.children.slice(0, staying).entries()) {
    if (!drops.has(child)) continue;
    const next = node.children[index + 1];
    const ownLine = indentBefore(text, child.start) !== undefined;
    const meets = next !== undefined && !ownLine && !text.slice(child.end, next.start).includes('\n');
    splices.push(meets ? { start: child.start, end: next.start, text: '' } : removal(text, child));
  }
  return splices;
}

/** A child and its comma: with its line where it has one of its own, so that comments on other lines stay. */
function removal(text: string, child: SpliceChild): Splice {
  const end = child.comma === undefined ? child.end : child.comma + 1;
  const ownLine = indentBefore(text, child.start) !== undefined && endsLine(text, end);
  return { ...(ownLine ? wholeLines(text, child.start, end) : { start: child.start, end }), text: '' };
}

/** The end of the line where only a comment is left on it, so that the comment stays with what it is about. */
function afterComment(text: string, offset: number): number {
  return endsLine(text, offset) ? lineEnd(text, offset) : offset;
}

function addition(key: string | undefined, value: Json, style: FlowStyle): string {
  return key === undefined ? renderFlow(value, style) : flowEntry(key, value, style);
}

/** As the collection's own entries are written. */
function flowStyleIn(text: string, node: SpliceNode, json: FlowStyle | undefined): FlowStyle {
  if (json !== undefined) return json;
  const first = node.children[0];
  const tight = first?.comma !== undefined && text[first.comma + 1] !== ' ' && !endsLine(text, first.comma + 1);
  const quoted = first?.quotedKey === true || (node.kind === 'list' && first?.value.quote === '"');
  return { ...plainFlow, json: quoted, comma: tight ? ',' : ', ', padded: text[node.start + 1] === ' ' };
}

/** Lines within an entry that has a line of its own; one line within another. */
function withPad(style: FlowStyle, pad: string | undefined): FlowStyle {
  const { lines, ...oneLine } = style;
  return lines === undefined || pad === undefined ? oneLine : { ...oneLine, lines: { ...lines, pad } };
}

function insert(at: number, text: string): Splice {
  return { start: at, end: at, text };
}
