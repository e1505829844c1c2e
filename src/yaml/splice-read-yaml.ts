import {
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { leaf, type SpliceChild, type SpliceNode, SpliceRefusal } from './splice-tree.ts';

/**
 * Where everything stands in one YAML document. Only places are taken from the `yaml` package: what the text means is
 * for `parseYaml` to say. Throws `SpliceRefusal` for text that the package cannot read.
 */
export function readYamlTree(text: string): SpliceNode {
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'failsafe',
    uniqueKeys: false,
    keepSourceTokens: true,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const error = document.errors[0];
  if (error !== undefined) throw new SpliceRefusal(`this YAML cannot be edited: ${firstLine(error.message)}`);
  const root = document.contents;
  if (root === null) throw new SpliceRefusal('the document is empty');
  const aliases = new Set<string>();
  visit(document, { Alias: (_, alias) => void aliases.add(alias.source) });
  return new TreeReader(text, aliases).node(root, undefined, []);
}

type Token = CST.SourceToken;

class TreeReader {
  private readonly text: string;
  private readonly aliases: ReadonlySet<string>;

  constructor(text: string, aliases: ReadonlySet<string>) {
    this.text = text;
    this.aliases = aliases;
  }

  /** `before` are the tokens between the key or dash and the value; `after` is where the key or dash ends. */
  node(node: ParsedNode | null, after: number | undefined, before: readonly Token[]): SpliceNode {
    const props = before.filter(({ type }) => type === 'anchor' || type === 'tag');
    const first = props[0];
    const last = props.at(-1);
    const at = last === undefined ? (after ?? 0) : last.offset + last.source.length;
    if (node === null) return leaf('empty', at, at);
    const anchor = isAlias(node) ? node.source : node.anchor;
    const shared = !isAlias(node) && anchor !== undefined && this.aliases.has(anchor);
    const own = this.place(node, at);
    return { ...own, outerStart: first?.offset ?? own.start, head: at, anchor, shared };
  }

  private place(node: ParsedNode, at: number): SpliceNode {
    const [start, end] = node.range;
    if (isAlias(node)) return leaf('alias', start, end);
    if (isMap(node)) return this.collection(node, 'map', this.entries(node.items, collectionTokens(node)));
    if (isSeq(node)) return this.collection(node, 'list', this.items(node.items, collectionTokens(node)));
    if (!isScalar(node)) throw new SpliceRefusal(cannotEdit);
    const token = node.srcToken;
    if (token === undefined || (start === end && token.type === 'scalar')) return leaf('empty', at, at);
    if (token.type === 'block-scalar') return leaf('scalar', start, this.blockScalarEnd(token, start, end));
    const quote = token.type === 'double-quoted-scalar' ? '"' : token.type === 'single-quoted-scalar' ? "'" : undefined;
    return { ...leaf('scalar', start, end), quote };
  }

  private collection(node: YAMLMap.Parsed | YAMLSeq.Parsed, kind: 'map' | 'list', children: Named[]): SpliceNode {
    const flow = node.srcToken?.type === 'flow-collection';
    const byKey = new Map<string, SpliceChild[]>();
    for (const { key, child } of children) {
      if (key === undefined) continue;
      const same = byKey.get(key);
      if (same === undefined) byKey.set(key, [child]);
      else same.push(child);
    }
    const list = children.map(({ child }) => child);
    const start = flow ? node.range[0] : (list[0]?.start ?? node.range[0]);
    const end = flow ? node.range[1] : (list.at(-1)?.end ?? node.range[1]);
    return { ...leaf(kind, start, end), flow, children: list, byKey };
  }

  private entries(
    pairs: readonly Pair<ParsedNode, ParsedNode | null>[],
    tokens: readonly CST.CollectionItem[],
  ): Named[] {
    let next = 0;
    return pairs.map((pair) => {
      while (next < tokens.length && tokens[next] !== pair.srcToken) next += 1;
      const token = tokens[next];
      if (token === undefined) throw new SpliceRefusal(cannotEdit);
      const sep = token.sep ?? [];
      const colon = sep.findIndex(({ type }) => type === 'map-value-ind');
      const indicator = sep[colon];
      const after = indicator === undefined ? undefined : indicator.offset + 1;
      const value = this.node(pair.value, after ?? pair.key.range[1], sep.slice(colon + 1));
      const child = {
        start: firstOffset(token.start) ?? pair.key.range[0],
        end: value.end,
        after,
        comma: commaOf(tokens[next + 1]),
        quotedKey: pair.key.srcToken?.type === 'double-quoted-scalar',
        value,
      };
      // `*alias: value` and `[a]: value` have no name here, so nothing is found under them.
      return { key: isScalar(pair.key) ? String(pair.key.value) : undefined, child };
    });
  }

  private items(nodes: readonly ParsedNode[], tokens: readonly CST.CollectionItem[]): Named[] {
    const named: Named[] = [];
    for (const [index, token] of tokens.entries()) {
      const dash = token.start.find(({ type }) => type === 'seq-item-ind');
      if (dash === undefined && token.value === undefined && token.key === undefined && token.sep === undefined)
        continue;
      const value = this.node(nodes[named.length] ?? null, dash && dash.offset + 1, token.start);
      const start = dash?.offset ?? value.outerStart;
      const after = dash === undefined ? value.outerStart : dash.offset + 1;
      const child = { start, end: value.end, after, comma: commaOf(tokens[index + 1]), quotedKey: false, value };
      named.push({ key: undefined, child });
    }
    if (named.length !== nodes.length) throw new SpliceRefusal(cannotEdit);
    return named;
  }

  /** The blank lines after a block scalar belong to it only where it says `+`. */
  private blockScalarEnd(token: CST.BlockScalar, start: number, end: number): number {
    const header = token.props.find(({ type }) => type === 'block-scalar-header');
    const keep = header !== undefined && 'source' in header && header.source.includes('+');
    let at = end;
    if (!keep) {
      while (at > start && isSpace(this.text.charCodeAt(at - 1))) at -= 1;
      return at;
    }
    if (this.text.charCodeAt(at - 1) === 0x0a) at -= 1;
    if (this.text.charCodeAt(at - 1) === 0x0d) at -= 1;
    return Math.max(at, start);
  }
}

const cannotEdit = 'this YAML cannot be edited';

function collectionTokens(node: YAMLMap.Parsed | YAMLSeq.Parsed): readonly CST.CollectionItem[] {
  const token = node.srcToken;
  if (token === undefined || !('items' in token)) throw new SpliceRefusal(cannotEdit);
  return token.items;
}

interface Named {
  readonly key: string | undefined;
  readonly child: SpliceChild;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** Of a key's `?`, anchor or tag. */
function firstOffset(tokens: readonly Token[] | undefined): number | undefined {
  return tokens?.find(({ type }) => type === 'explicit-key-ind' || type === 'anchor' || type === 'tag')?.offset;
}

/** The comma that ends an item is among the first tokens of what follows it. */
function commaOf(following: CST.CollectionItem | undefined): number | undefined {
  return following?.start.find(({ type }) => type === 'comma')?.offset;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
