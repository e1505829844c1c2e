import { indentBefore, lineStart } from './splice-lines.ts';
import { type BlockStyle, type FlowStyle, plainFlow } from './splice-render.ts';
import type { SpliceNode } from './splice-tree.ts';

/** How block collections are indented: as near a mapping as its own entries show, else as the document does. */
export interface BlockHabit {
  near(node: SpliceNode): BlockStyle;
}

export function blockHabit(text: string, root: SpliceNode): BlockHabit {
  let document: Partial<BlockStyle> | undefined;
  return {
    near(node) {
      const here = indentsUnder(text, node);
      if (here.step === undefined || here.listOffset === undefined) document ??= firstIndents(text, root);
      const step = here.step ?? document?.step ?? 2;
      return { step, listOffset: here.listOffset ?? document?.listOffset ?? step };
    },
  };
}

/** The first indentations of either sort in the document. */
function firstIndents(text: string, root: SpliceNode): Partial<BlockStyle> {
  let found: Partial<BlockStyle> = {};
  const open: SpliceNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    found = { ...indentsUnder(text, node), ...found };
    if (found.step !== undefined && found.listOffset !== undefined) break;
    for (let at = node.children.length - 1; at >= 0; at -= 1) {
      const child = node.children[at];
      if (child !== undefined && child.value.children.length > 0) open.push(child.value);
    }
  }
  return found;
}

function indentsUnder(text: string, node: SpliceNode): Partial<BlockStyle> {
  const found: { step?: number; listOffset?: number } = {};
  if (node.kind !== 'map' || node.flow) return found;
  for (const { start, value } of node.children) {
    const first = value.children[0];
    if (value.flow || first === undefined) continue;
    const indent = first.start - lineStart(text, first.start) - (start - lineStart(text, start));
    if (value.kind === 'map' && indent > 0) found.step ??= indent;
    if (value.kind === 'list' && indent >= 0) found.listOffset ??= indent;
    if (found.step !== undefined && found.listOffset !== undefined) break;
  }
  return found;
}

/** How a JSON document is laid out, by its first entry. */
export function jsonStyle(text: string, root: SpliceNode, lineBreak: string): FlowStyle {
  const first = root.children[0];
  const spaced = first?.after === undefined || text[first.after] === ' ';
  const style: FlowStyle = {
    ...plainFlow,
    json: true,
    colon: spaced ? ': ' : ':',
    comma: spaced ? ', ' : ',',
    padded: false,
  };
  const unit = first === undefined ? undefined : indentBefore(text, first.start);
  return unit === undefined || unit === '' ? style : { ...style, lines: { pad: '', unit, lineBreak } };
}
