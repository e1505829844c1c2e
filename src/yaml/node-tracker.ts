import { load } from 'js-yaml';
import type { PositionEntry, PositionNode } from './positions.ts';
import { kubernetesSchema, mergeTag } from './schema.ts';

/** Deepest nesting that is read. The API server's own limit is 10,000; nothing real comes near either. */
export const maxDepth = 500;

export const yamlOptions = { schema: kubernetesSchema, maxDepth, maxTotalMergeKeys: 200_000 };

/** What js-yaml's `listener` hands over: its loader state. Undocumented, hence the pinned minor version. */
interface LoaderState {
  readonly input: string;
  readonly position: number;
  readonly line: number;
  readonly lineStart: number;
  readonly tag: string | null;
  readonly result: unknown;
}

interface TrackedNode extends PositionNode {
  result: unknown;
  isMerge: boolean;
}

interface OpenNode {
  readonly openedAt: number;
  readonly children: TrackedNode[];
}

interface Pair {
  readonly key: TrackedNode;
  readonly value: TrackedNode;
}

/** A document that goes against a rule of ours rather than YAML's. `offset` is into the text that was loaded. */
export class DocumentRefused extends Error {
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

export interface TrackOptions {
  /** As js-yaml: the last of a repeated key wins, instead of an error. */
  readonly json: boolean;
  readonly maxNodes: number;
}

/** Reads one YAML document, noting where each node stands, and merges `<<` as goyaml.v2 does. */
export function loadTracked(text: string, options: TrackOptions): { value: unknown; root: PositionNode } {
  const tracker = new NodeTracker(options.maxNodes);
  const listener = (event: 'open' | 'close', state: LoaderState): void => {
    if (event === 'open') tracker.open(state);
    else tracker.close(state);
  };
  const loadOptions: object = { ...yamlOptions, json: options.json, listener };
  const value = load(text, loadOptions);
  return { value, root: tracker.root() };
}

class NodeTracker {
  private readonly stack: OpenNode[] = [{ openedAt: 0, children: [] }];
  private readonly byResult = new Map<object, PositionNode>();
  private readonly maxNodes: number;
  private nodes = 0;

  constructor(maxNodes: number) {
    this.maxNodes = maxNodes;
  }

  root(): PositionNode {
    return this.stack[0]?.children.at(-1) ?? { start: 0, end: 0 };
  }

  open(state: LoaderState): void {
    this.nodes += 1;
    if (this.nodes > this.maxNodes) throw new DocumentRefused(`more than ${this.maxNodes} nodes`, state.position);
    this.stack.push({ openedAt: state.position, children: [] });
  }

  close(state: LoaderState): void {
    const open = this.stack.pop();
    const parent = this.stack.at(-1);
    if (open === undefined || parent === undefined) return;
    parent.children.push(this.node(state, open));
    // The tree outlives the values, so it must not hold them.
    for (const child of open.children) child.result = undefined;
  }

  private node(state: LoaderState, open: OpenNode): TrackedNode {
    const { input, result } = state;
    const isMerge = state.tag === mergeTag;
    const seek = skipToNode(input, open.openedAt);
    const empty = result === null && seek >= state.position;
    const start = empty ? open.openedAt : seek;
    const isAlias = input[start] === '*' && open.children.length === 0;
    const end = isAlias ? aliasEnd(input, start) : Math.max(start, trimEnd(input, state.position, start));
    if (typeof result !== 'object' || result === null) return { start, end, result, isMerge };
    const only = open.children.length === 1 ? open.children[0] : undefined;
    if (only?.result === result) {
      // js-yaml tried the node as a mapping's key first, and kept it as it was.
      return { ...only, start, end, isMerge };
    }
    if (isAlias) {
      // The same value again. Its fields stand where the anchor stands.
      return { ...this.byResult.get(result), start, end, result, isMerge };
    }
    const node: TrackedNode = { start, end, result, isMerge };
    if (Array.isArray(result)) node.items = listItems(input, open.children);
    else collectEntries(node, result as Record<string, unknown>, [...pairUp(input, open.children)]);
    this.byResult.set(result, node);
    return node;
  }
}

/** Keys with their values. A key may have none (`? key`, `{ key }`), and a node that was only tried for is dropped. */
function* pairUp(input: string, children: readonly TrackedNode[]): Generator<Pair> {
  for (let index = 0; index < children.length; index += 1) {
    const key = children[index] as TrackedNode;
    const value = isKey(input, key) ? children[index + 1] : undefined;
    if (value !== undefined) {
      index += 1;
      yield { key, value };
    } else if (key.result !== null || key.end > key.start) {
      yield { key, value: { start: key.end, end: key.end, result: null, isMerge: false } };
    }
  }
}

/** In a flow list, `a: b` without braces is a mapping of one entry. */
function listItems(input: string, children: readonly TrackedNode[]): PositionNode[] {
  const items: PositionNode[] = [];
  for (let index = 0; index < children.length; index += 1) {
    const item = children[index] as TrackedNode;
    const value = isKey(input, item) ? children[index + 1] : undefined;
    if (value === undefined) {
      items.push(item);
      continue;
    }
    index += 1;
    const entry: PositionEntry = { keyStart: item.start, keyEnd: item.end, value };
    items.push({ start: item.start, end: value.end, entries: new Map([[keyName(item), entry]]) });
  }
  return items;
}

function isKey(input: string, node: PositionNode): boolean {
  return input[skipToNode(input, node.end)] === ':';
}

function keyName(key: TrackedNode): string {
  if (typeof key.result === 'object' && key.result !== null) {
    throw new DocumentRefused('a mapping key is itself a mapping or a list', key.start);
  }
  return String(key.result);
}

/**
 * Notes a mapping's entries in document order. With `<<` among them the mapping is filled anew, because goyaml.v2 and
 * so kubectl let a merge override what stands before it, where YAML says that a mapping's own keys win.
 */
function collectEntries(node: TrackedNode, result: Record<string, unknown>, pairs: readonly Pair[]): void {
  const entries = new Map<string, PositionEntry>();
  const merged = new Set<PositionEntry>();
  for (const { key, value } of pairs) {
    if (key.isMerge) {
      for (const [name, entry] of mergedEntries(value)) {
        const copy = { ...entry };
        merged.add(copy);
        entries.set(name, copy);
      }
      continue;
    }
    const name = keyName(key);
    const entry: PositionEntry = { keyStart: key.start, keyEnd: key.end, value };
    const earlier = entries.get(name);
    if (earlier !== undefined && !merged.has(earlier)) {
      node.hidden ??= [];
      node.hidden.push({ name, entry: earlier });
    }
    entries.set(name, entry);
  }
  node.entries = entries;
  if (pairs.some(({ key }) => key.isMerge)) refill(result, pairs);
}

/** Of a list of mappings, goyaml lets the earlier ones win. */
function* mergedEntries(from: PositionNode): Generator<[string, PositionEntry]> {
  for (const source of from.items?.toReversed() ?? [from]) yield* source.entries ?? [];
}

function refill(result: Record<string, unknown>, pairs: readonly Pair[]): void {
  const values = new Map<string, unknown>();
  for (const { key, value } of pairs) {
    if (!key.isMerge) {
      values.set(String(key.result), value.result);
      continue;
    }
    for (const source of Array.isArray(value.result) ? value.result.toReversed() : [value.result]) {
      for (const [name, inherited] of Object.entries(source as object)) values.set(name, inherited);
    }
  }
  for (const name of Object.keys(result)) delete result[name];
  for (const [name, value] of values) {
    Object.defineProperty(result, name, { value, configurable: true, enumerable: true, writable: true });
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

function aliasEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) > 0x20 && !',[]{}'.includes(text[at] as string)) at += 1;
  return at;
}

function trimEnd(text: string, from: number, start: number): number {
  let at = from;
  while (at > start && text.charCodeAt(at - 1) <= 0x20) at -= 1;
  return at;
}
