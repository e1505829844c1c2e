import { load } from 'js-yaml';
import { LineIndex, type PositionEntry, type PositionNode } from './positions.ts';
import { kubernetesSchema } from './schema.ts';

/** What js-yaml's `listener` hands over: its loader state. Undocumented, hence the pinned minor version. */
interface LoaderState {
  readonly input: string;
  readonly position: number;
  readonly kind: 'scalar' | 'sequence' | 'mapping' | null;
  readonly result: unknown;
}

interface OpenNode {
  openedAt: number;
  children: ClosedNode[];
}

interface ClosedNode extends PositionNode {
  result: unknown;
}

/** Reads `text` once more, this time noting where each node stands. */
export function buildYamlPositions(text: string, line: number): { root: PositionNode; lines: LineIndex } {
  const stack: OpenNode[] = [{ openedAt: 0, children: [] }];
  const byResult = new Map<object, PositionNode>();
  const listener = (event: 'open' | 'close', state: LoaderState): void => {
    if (event === 'open') {
      stack.push({ openedAt: state.position, children: [] });
      return;
    }
    const open = stack.pop();
    const parent = stack.at(-1);
    if (open === undefined || parent === undefined) return;
    parent.children.push(closeNode(state, open, byResult));
  };
  load(text, { schema: kubernetesSchema, json: true, maxDepth: 1000, listener } as Parameters<typeof load>[1]);
  const root = stack[0]?.children.at(-1) ?? { start: 0, end: 0, result: null };
  return { root, lines: new LineIndex(text, line) };
}

function closeNode(state: LoaderState, open: OpenNode, byResult: Map<object, PositionNode>): ClosedNode {
  const { input, result } = state;
  const seek = skipToNode(input, open.openedAt);
  const empty = result === null && seek >= state.position;
  const start = empty ? open.openedAt : seek;
  const end = Math.max(start, trimEnd(input, state.position, start));
  if (typeof result !== 'object' || result === null) return { start, end, result };
  if (open.children.length === 0) {
    // An alias: the same value again. Its fields stand where the anchor stands.
    const anchored = byResult.get(result);
    if (anchored !== undefined) return { ...anchored, start, end, result };
  }
  const node: ClosedNode = { start, end, result };
  if (Array.isArray(result)) node.items = open.children;
  else collectEntries(node, open.children);
  byResult.set(result, node);
  return node;
}

function collectEntries(node: ClosedNode, children: readonly ClosedNode[]): void {
  const entries = new Map<string, PositionEntry>();
  for (let index = 0; index + 1 < children.length; index += 2) {
    const key = children[index];
    const value = children[index + 1];
    if (key === undefined || value === undefined) break;
    if (key.result === '<<' || key.result === null) {
      mergeEntries(entries, value);
      continue;
    }
    const name = String(key.result);
    const entry: PositionEntry = { keyStart: key.start, keyEnd: key.end, value };
    const earlier = entries.get(name);
    if (earlier !== undefined && !merged.has(earlier)) {
      node.hidden ??= [];
      node.hidden.push({ name, entry: earlier });
    }
    entries.set(name, entry);
  }
  node.entries = entries;
}

/** Entries that came through `<<`: a key of the mapping's own overrides them and is no duplicate. */
const merged = new WeakSet<PositionEntry>();

function mergeEntries(entries: Map<string, PositionEntry>, from: PositionNode): void {
  for (const source of from.items ?? [from]) {
    for (const [name, entry] of source.entries ?? []) {
      if (entries.has(name)) continue;
      const copy = { ...entry };
      merged.add(copy);
      entries.set(name, copy);
    }
  }
}

/** Past white space, line breaks and comments. */
function skipToNode(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) at += 1;
    else if (code === 0x23 && (at === 0 || text.charCodeAt(at - 1) <= 0x20)) {
      const next = text.indexOf('\n', at);
      if (next === -1) return from;
      at = next + 1;
    } else return at;
  }
  return from;
}

function trimEnd(text: string, from: number, start: number): number {
  let at = from;
  while (at > start && text.charCodeAt(at - 1) <= 0x20) at -= 1;
  return at;
}
