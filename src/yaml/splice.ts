import { applyChange, planChange, type RefusedEdit } from '../model/apply-edit.ts';
import type { Edit } from '../model/edit.ts';
import { equalJson } from '../model/equal-json.ts';
import type { Json } from '../model/json.ts';
import { formatPath } from '../model/path.ts';
import { parseJson } from './json.ts';
import { parseYaml, YamlError } from './parse.ts';
import { readJsonTree } from './splice-read-json.ts';
import { readYamlTree } from './splice-read-yaml.ts';
import { type Splice, type SpliceNode, SpliceRefusal } from './splice-tree.ts';
import { spliceChange } from './splice-write.ts';

/** Most attempts to tell edits that can be made from those that cannot, before the rest is refused. */
const maxAttempts = 64;

export interface Spliced {
  readonly text: string;
  /** The edits that hold in `text`: made, or true already. */
  readonly applied: readonly Edit[];
  readonly refused: readonly RefusedEdit[];
}

/**
 * One YAML or JSON document with `edits` made in its text. Every byte that an edit does not concern stays as it is:
 * comments, quotes, indentation, line ends. Paths are absolute in the document, and indexes are those of the text as
 * given. What comes back has been read again: its value is `applyEditsToValue` of the old value and the applied edits.
 * Edits for which that cannot be had are refused, each with the reason; the others are made.
 */
export function applyEdits(text: string, edits: readonly Edit[]): Spliced {
  if (edits.length === 0) return { text, applied: [], refused: [] };
  let document: OpenDocument;
  try {
    document = openDocument(text);
  } catch (error) {
    const reason = error instanceof YamlError ? `the document cannot be read: ${error.message}` : reasonOf(error);
    return { text, applied: [], refused: edits.map((edit) => ({ edit, reason })) };
  }
  const refused: RefusedEdit[] = [...planChange(document.value, edits).refused];
  const impossible = new Set(refused.map(({ edit }) => edit));
  const possible: Edit[] = [];
  for (const edit of edits) {
    if (impossible.has(edit)) continue;
    const reason = sharedOnTheWay(document.root, edit);
    if (reason === undefined) possible.push(edit);
    else refused.push({ edit, reason });
  }
  const attempts = new Attempts(document);
  const applied = attempts.most(possible, refused);
  return { text: applied.length === 0 ? text : attempts.text(applied), applied, refused };
}

interface OpenDocument {
  readonly text: string;
  readonly value: Json;
  readonly root: SpliceNode;
  readonly json: boolean;
}

function openDocument(text: string): OpenDocument {
  const value = parse(text);
  const json = isJson(text);
  return { text, value, root: json ? readJsonTree(text) : readYamlTree(text), json };
}

function parse(text: string): Json {
  return (/^\s*[{[]/.test(text) ? parseJson(text, 1) : parseYaml(text, 1)).value;
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

class Attempts {
  private readonly document: OpenDocument;
  private made = 0;
  private last: { edits: readonly Edit[]; text: string } | undefined;

  constructor(document: OpenDocument) {
    this.document = document;
  }

  /** As many of `edits` as can be made together. The others are added to `refused`. */
  most(edits: readonly Edit[], refused: RefusedEdit[]): readonly Edit[] {
    if (edits.length === 0) return [];
    if (this.made >= maxAttempts) {
      for (const edit of edits) refused.push({ edit, reason: 'too many edits of its document cannot be made' });
      return [];
    }
    const reason = this.attempt(edits);
    if (reason === undefined) return edits;
    const [only] = edits;
    if (only !== undefined && edits.length === 1) {
      refused.push({ edit: only, reason });
      return [];
    }
    const middle = edits.length >> 1;
    const left = this.most(edits.slice(0, middle), refused);
    const right = this.most(edits.slice(middle), refused);
    if (left.length === 0 || right.length === 0) return [...left, ...right];
    const both = [...left, ...right];
    if (this.attempt(both) === undefined) return both;
    for (const edit of right) refused.push({ edit, reason: 'it does not go together with another edit' });
    return left;
  }

  /** The text with `edits` made, which an attempt has found to be possible. */
  text(edits: readonly Edit[]): string {
    if (this.last?.edits !== edits) this.attempt(edits);
    return this.last?.edits === edits ? this.last.text : this.document.text;
  }

  /** Why `edits` cannot be made together; undefined where they can. */
  private attempt(edits: readonly Edit[]): string | undefined {
    this.made += 1;
    const { text, value, root, json } = this.document;
    try {
      const { change } = planChange(value, edits);
      if (change === undefined) {
        this.last = { edits, text };
        return undefined;
      }
      const edited = splice(text, spliceChange(text, root, { value, change, json }));
      if (!equalJson(parse(edited), applyChange(value, change))) return 'the edited text would not read as intended';
      if (json && !isJson(edited)) return 'the edited text would no longer be JSON';
      this.last = { edits, text: edited };
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** `text` with splices made that are in order and apart. */
function splice(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const each of splices) {
    parts.push(text.slice(at, each.start), each.text);
    at = each.end;
  }
  parts.push(text.slice(at));
  return parts.join('');
}

/** Why the place of an edit is not its own: an alias, or an anchor with aliases, on the way to it. */
function sharedOnTheWay(root: SpliceNode, edit: Edit): string | undefined {
  let node = root;
  const inside = edit.op === 'append' || edit.op === 'remove-items' ? edit.path : edit.path.slice(0, -1);
  for (const [depth, step] of inside.entries()) {
    const child = typeof step === 'number' ? node.children[step] : node.byKey.get(step)?.at(-1);
    if (child === undefined) return undefined;
    node = child.value;
    if (node.kind !== 'alias' && !node.shared) continue;
    const at = formatPath(inside.slice(0, depth + 1));
    if (node.kind === 'alias') return `${at} is the alias *${node.anchor}, which stands for text elsewhere`;
    return `${at} has the anchor &${node.anchor}, which is used elsewhere too`;
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof SpliceRefusal) return error.message;
  if (error instanceof YamlError) return `the edited text could not be read: ${error.message}`;
  if (error instanceof RangeError) return 'nested too deeply';
  throw error;
}
