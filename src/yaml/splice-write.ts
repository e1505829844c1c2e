import { applyChange, type Change } from '../model/apply-edit.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { spliceFlow } from './splice-flow.ts';
import { indentBefore, lineBreakOf, lineEnd, lineStart, skipBlank, wholeLines } from './splice-lines.ts';
import {
  type BlockStyle,
  blockEntry,
  blockItem,
  blockLines,
  type FlowStyle,
  isInline,
  plainFlow,
  renderFlow,
  renderLike,
} from './splice-render.ts';
import { type BlockHabit, blockHabit, jsonStyle } from './splice-style.ts';
import {
  type Addition,
  inOrder,
  type Splice,
  type SpliceChild,
  type SpliceNode,
  SpliceRefusal,
} from './splice-tree.ts';

/** Most values that are copied next to a merge key in order to override one of them. */
const maxOverride = 20;

/**
 * The splices that make `change` in `text`, whose places are `root` and whose value is `value`. In order, and apart
 * from each other. Throws `SpliceRefusal`.
 */
export function spliceChange(
  text: string,
  root: SpliceNode,
  how: { readonly value: Json; readonly change: Change; readonly json: boolean },
): Splice[] {
  const { value, change, json } = how;
  if (change.kind !== 'fields' && change.kind !== 'items') throw new SpliceRefusal('the whole document would change');
  const writer = new Writer(text, root, json);
  writer.within(undefined, root, { old: value, change });
  return inOrder(writer.splices);
}

interface Inner {
  readonly old: Json | undefined;
  readonly change: Extract<Change, { kind: 'fields' | 'items' }>;
}

class Writer {
  readonly splices: Splice[] = [];
  private readonly text: string;
  private readonly lineBreak: string;
  private readonly habit: BlockHabit;
  private readonly json: FlowStyle | undefined;

  constructor(text: string, root: SpliceNode, json: boolean) {
    this.text = text;
    this.lineBreak = lineBreakOf(text);
    this.habit = blockHabit(text, root);
    this.json = json ? jsonStyle(text, root, this.lineBreak) : undefined;
  }

  /** A change inside a map or list. `holder` is the entry or item whose value it is; none for the root. */
  within(holder: SpliceChild | undefined, node: SpliceNode, { old, change }: Inner): void {
    const drops = new Set<SpliceChild>();
    const added: Addition[] = [];
    if (change.kind === 'fields') {
      if (node.kind !== 'map' || !isObject(old)) throw new SpliceRefusal('the text is not the mapping that was read');
      for (const [key, field] of change.fields) this.field(node, { key, old, change: field, drops, added });
    } else {
      if (node.kind !== 'list' || !isList(old)) throw new SpliceRefusal('the text is not the list that was read');
      for (const [index, item] of change.items) {
        const child = node.children[index];
        if (child === undefined) throw new SpliceRefusal('the text is not the list that was read');
        if (item.kind === 'drop') drops.add(child);
        else this.value(node, child, { old: old[index], change: item });
      }
      for (const value of change.added) added.push({ key: undefined, value });
    }
    if (drops.size === 0 && added.length === 0) return;
    if (node.flow)
      this.splices.push(...spliceFlow(this.text, node, { drops, added, json: this.json, lineBreak: this.lineBreak }));
    else this.block(holder, node, { drops, added });
  }

  private field(
    node: SpliceNode,
    at: { key: string; old: JsonObject; change: Change; drops: Set<SpliceChild>; added: Addition[] },
  ): void {
    const { key, old, change, drops, added } = at;
    const entries = node.byKey.get(key) ?? [];
    const entry = entries.at(-1);
    const before = own(old, key);
    if (change.kind === 'drop') {
      if (entry === undefined) throw new SpliceRefusal(`${key} comes through a merge key (<<)`);
      for (const each of entries) drops.add(each);
    } else if (entry !== undefined) this.value(node, entry, { old: before, change });
    else {
      const value = applyChange(before, change);
      if (value === undefined) return;
      if (before !== undefined && countValues(value) > maxOverride) {
        throw new SpliceRefusal(`${key} comes through a merge key (<<) and is too large to repeat`);
      }
      added.push({ key, value });
    }
  }

  /** A change of the value of one entry or item. */
  private value(parent: SpliceNode, child: SpliceChild, at: { old: Json | undefined; change: Change }): void {
    const { old, change } = at;
    const node = child.value;
    if (change.kind === 'put') {
      this.replace(parent, child, change.value);
      return;
    }
    if (node.kind === 'empty' || (node.flow && node.children.length === 0)) {
      const value = applyChange(old, change);
      if (value !== undefined) this.replace(parent, child, value);
      return;
    }
    refuseShared(node);
    if (change.kind !== 'drop') this.within(child, node, { old, change });
  }

  /** Another value for an entry or item. */
  private replace(parent: SpliceNode, child: SpliceChild, value: Json): void {
    const node = child.value;
    if (node.shared) refuseShared(node);
    if (child.after === undefined) {
      this.add(child.end, `: ${renderFlow(value, plainFlow)}`);
      return;
    }
    const inFlow = parent.flow || (node.flow && node.children.length > 0);
    const isBlock = (node.kind === 'map' || node.kind === 'list') && !node.flow;
    if (isBlock) this.replaceBlock(parent, child, value);
    else if (inFlow || isInline(value) || parent.kind === 'list' || (node.flow && isList(value))) {
      const text =
        typeof value === 'string' && this.json === undefined
          ? renderLike(value, node.quote)
          : renderFlow(value, this.flowStyle(child));
      if (node.kind === 'empty') this.add(node.head, ` ${text}`);
      else this.splices.push({ start: node.outerStart, end: node.end, text });
    } else {
      if (node.end > child.after) this.splices.push({ start: child.after, end: node.end, text: '' });
      this.under(parent, child, { at: lineEnd(this.text, node.end), value });
    }
  }

  /** Another value in place of a block collection. */
  private replaceBlock(parent: SpliceNode, child: SpliceChild, value: Json): void {
    const node = child.value;
    const first = node.children[0];
    const last = node.children.at(-1);
    if (first === undefined || last === undefined) throw new SpliceRefusal('this YAML cannot be edited');
    if (!isInline(value) && isList(value) === (node.kind === 'list')) {
      const column = this.column(first);
      const lines = blockLines(value, { ...this.styleOf(parent), column });
      this.splices.push({ start: first.start, end: last.end, text: lines.join(this.lineBreak).trimStart() });
      return;
    }
    if (isInline(value) || parent.kind === 'list') {
      this.add(node.head, ` ${renderFlow(value, plainFlow)}`);
    } else this.under(parent, child, { at: lineEnd(this.text, node.head), value });
    this.removeAll(node);
  }

  /** A block collection on the lines after that of its key. */
  private under(parent: SpliceNode, child: SpliceChild, what: { at: number; value: Json }): void {
    const style = this.styleOf(parent);
    const column = this.column(child) + (isList(what.value) ? style.listOffset : style.step);
    const lines = blockLines(what.value, { ...style, column });
    this.add(what.at, this.lineBreak + lines.join(this.lineBreak));
  }

  /** Entries or items that go from, and come to, a block collection. */
  private block(
    holder: SpliceChild | undefined,
    node: SpliceNode,
    { drops, added }: { drops: ReadonlySet<SpliceChild>; added: readonly Addition[] },
  ): void {
    const first = node.children[0];
    const last = node.children.at(-1);
    if (first === undefined || last === undefined) throw new SpliceRefusal('this YAML cannot be edited');
    const lines = this.additionLines(node, first, added);
    const staying = node.children.findIndex((child) => !drops.has(child));
    if (staying === -1 && added.length > 0) {
      const text = lines.join(this.lineBreak).trimStart();
      this.splices.push({ start: first.start, end: lineEnd(this.text, first.end), text });
      for (const child of node.children.slice(1)) this.removeLines(child);
      return;
    }
    if (staying === -1) {
      if (holder === undefined) throw new SpliceRefusal('the whole document would go');
      this.add(node.head, node.kind === 'map' ? ' {}' : ' []');
      this.removeAll(node);
      return;
    }
    // What begins on a dash's line cannot take that line along: the next entry moves up to the dash.
    const leading = staying > 0 && indentBefore(this.text, first.start) === undefined ? staying : 0;
    if (leading > 0) {
      const end = node.children[leading - 1]?.end ?? first.end;
      this.splices.push({ start: first.start, end: skipBlank(this.text, lineEnd(this.text, end)), text: '' });
    }
    let lastStaying = first;
    for (const [index, child] of node.children.entries()) {
      if (!drops.has(child)) lastStaying = child;
      else if (index >= leading) this.removeLines(child);
    }
    if (lines.length > 0) this.add(lineEnd(this.text, lastStaying.end), this.lineBreak + lines.join(this.lineBreak));
  }

  private additionLines(node: SpliceNode, first: SpliceChild, added: readonly Addition[]): string[] {
    const style = { ...this.styleOf(node), column: this.column(first) };
    const between = this.text.slice(first.start + 1, first.value.outerStart);
    const gap = node.kind === 'list' && /^ +$/.test(between) ? between : ' ';
    return added.flatMap(({ key, value }) =>
      key === undefined ? blockItem(value, { ...style, gap }) : blockEntry(key, value, style),
    );
  }

  /** Takes every child's lines away; comments on lines of their own stay. */
  private removeAll(node: SpliceNode): void {
    for (const [index, child] of node.children.entries()) {
      if (index === 0 && indentBefore(this.text, child.start) === undefined) {
        this.splices.push({ start: node.head, end: lineEnd(this.text, child.end), text: '' });
      } else this.removeLines(child);
    }
  }

  private removeLines(child: SpliceChild): void {
    this.splices.push({ ...wholeLines(this.text, child.start, child.end), text: '' });
  }

  private flowStyle(child: SpliceChild): FlowStyle {
    if (this.json === undefined) return { ...plainFlow, json: child.quotedKey };
    const { lines } = this.json;
    const pad = lines === undefined ? undefined : indentBefore(this.text, child.start);
    if (lines !== undefined && pad !== undefined) return { ...this.json, lines: { ...lines, pad } };
    const { lines: _, ...oneLine } = this.json;
    return oneLine;
  }

  private styleOf(node: SpliceNode): BlockStyle {
    return this.habit.near(node);
  }

  private column(child: SpliceChild): number {
    return child.start - lineStart(this.text, child.start);
  }

  private add(at: number, text: string): void {
    this.splices.push({ start: at, end: at, text });
  }
}

function refuseShared(node: SpliceNode): void {
  if (node.kind === 'alias') throw new SpliceRefusal(`the value is the alias *${node.anchor}`);
  if (node.shared) throw new SpliceRefusal(`the value is the anchor &${node.anchor}, which is used elsewhere too`);
}

function countValues(value: Json): number {
  if (isList(value)) return value.reduce<number>((sum, item) => sum + countValues(item), 1);
  if (!isObject(value)) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + countValues(item), 1);
}
