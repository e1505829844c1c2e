import type { Json } from '../model/json.ts';

/** A document's text as a tree that knows where everything stands. Offsets are UTF-16 code units. */
export interface SpliceNode {
  /** `empty` is a value that is left out (`privileged:`); `alias` stands for a node elsewhere. */
  readonly kind: 'map' | 'list' | 'scalar' | 'alias' | 'empty';
  /** Where its own text begins, after an anchor and a tag. For an empty value, where text would go. */
  readonly start: number;
  /** Where its content ends, before a comment or line break. */
  readonly end: number;
  /** Where its anchor or tag begins; `start` where it has neither. */
  readonly outerStart: number;
  /** After the `:` or `-` and what anchor or tag follows it: where text of a value on the same line goes. */
  readonly head: number;
  /** Flow style, `{}` and `[]`: of a map or list. */
  readonly flow: boolean;
  /** Its anchor's name; of an alias, the name that it stands for. */
  readonly anchor: string | undefined;
  /** Aliases stand for this node elsewhere: a change here would change them too. */
  readonly shared: boolean;
  readonly quote: '"' | "'" | undefined;
  readonly children: readonly SpliceChild[];
  /** Of a map: its entries by name, in order; the last one counts. */
  readonly byKey: ReadonlyMap<string, readonly SpliceChild[]>;
}

/** An entry of a map or an item of a list. */
export interface SpliceChild {
  /** Where its text begins: the key (or its `?`), the dash, or the item itself in a flow list. */
  readonly start: number;
  /** Where its content ends. */
  readonly end: number;
  /** Just after the `:` or `-`; undefined for a key that stands alone in a flow map. */
  readonly after: number | undefined;
  /** Of the comma that follows it in a flow collection. */
  readonly comma: number | undefined;
  readonly quotedKey: boolean;
  readonly value: SpliceNode;
}

/** What is added to a collection: a field with its name, or an item. */
export interface Addition {
  readonly key: string | undefined;
  readonly value: Json;
}

export function leaf(kind: SpliceNode['kind'], start: number, end: number): SpliceNode {
  return {
    kind,
    start,
    end,
    outerStart: start,
    head: start,
    flow: false,
    anchor: undefined,
    shared: false,
    quote: undefined,
    children: [],
    byKey: noEntries,
  };
}

const noEntries: ReadonlyMap<string, readonly SpliceChild[]> = new Map();

/** Text put in place of `start` to `end`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Why an edit cannot be spliced, as a clause. */
export class SpliceRefusal extends Error {}

/** By place. Insertions come before what is taken out at the same place, and inner ones before outer ones. */
export function inOrder(splices: readonly Splice[]): Splice[] {
  const ordered: Splice[] = [];
  for (const splice of [...splices].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = ordered.at(-1);
    if (last === undefined || splice.start >= last.end) ordered.push(splice);
    else if (last.text !== '' || splice.text !== '') throw new SpliceRefusal('two of the changes meet in the text');
    else ordered[ordered.length - 1] = { start: last.start, end: Math.max(last.end, splice.end), text: '' };
  }
  return ordered;
}
