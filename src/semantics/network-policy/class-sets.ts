import type { EndpointClass } from './endpoint-classes.ts';

/** What stands for a set of classes: the same number for the same set, within one `ClassSets`. */
export type ClassSetId = number;

/** What a set has of one namespace, of the nodes or of outside. */
export interface ClassBlock {
  /** Which namespace, nodes or outside, by number: in the order of the classes. */
  readonly range: number;
  readonly members: readonly number[];
}

/** Classes that stand in a row: those of a namespace, the nodes, or what is outside. */
export interface ClassRange {
  readonly kind: EndpointClass['kind'];
  readonly namespace: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Sets of classes, each kept once, and made of blocks that are kept once: most sets have most of their blocks in common,
 * so that thousands of sets of thousands of classes take little room.
 */
export class ClassSets {
  readonly ranges: readonly ClassRange[];
  private readonly rangeOf: Int32Array;
  private readonly blocks: ClassBlock[] = [];
  private readonly whole: (number | undefined)[] = [];
  private readonly known: Map<string, number>[];
  private readonly sets: (readonly number[])[] = [];
  private readonly ids = new Map<string, ClassSetId>();

  constructor(classes: readonly EndpointClass[]) {
    const ranges: { kind: EndpointClass['kind']; namespace: string; start: number; end: number }[] = [];
    this.rangeOf = new Int32Array(classes.length);
    for (const [at, each] of classes.entries()) {
      const namespace = each.kind === 'pods' ? each.namespace : '';
      const last = ranges.at(-1);
      if (last !== undefined && last.kind === each.kind && last.namespace === namespace) last.end = at + 1;
      else ranges.push({ kind: each.kind, namespace, start: at, end: at + 1 });
      this.rangeOf[at] = ranges.length - 1;
    }
    this.ranges = ranges;
    this.known = ranges.map(() => new Map());
  }

  /** The set of classes that are given in ascending order, each once. */
  intern(members: ArrayLike<number>): ClassSetId {
    const blocks: number[] = [];
    for (let from = 0; from < members.length; ) {
      const range = this.rangeOf[members[from] ?? 0] ?? 0;
      const end = this.ranges[range]?.end ?? 0;
      let to = from + 1;
      while (to < members.length && (members[to] ?? end) < end) to += 1;
      blocks.push(this.block(range, members, { from, to }));
      from = to;
    }
    const key = numbersText(blocks);
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.sets.length;
      this.sets.push(blocks);
      this.ids.set(key, id);
    }
    return id;
  }

  /** The numbers of the blocks of a set, in the order of their ranges. */
  blocksOf(id: ClassSetId): readonly number[] {
    return this.sets[id] ?? [];
  }

  block(
    range: number,
    members: ArrayLike<number>,
    { from, to }: { readonly from: number; readonly to: number },
  ): number {
    const { start, end } = this.ranges[range] ?? { start: 0, end: 0 };
    if (to - from === end - start) {
      const known = this.whole[range];
      if (known !== undefined) return known;
    }
    const key = numbersText(members, { from, to, less: start });
    const known = this.known[range]?.get(key);
    if (known !== undefined) return known;
    const made = this.blocks.length;
    const own: number[] = [];
    for (let at = from; at < to; at += 1) own.push(members[at] ?? 0);
    this.blocks.push({ range, members: own });
    this.known[range]?.set(key, made);
    if (to - from === end - start) this.whole[range] = made;
    return made;
  }

  /** A block by its number. */
  blockAt(number: number): ClassBlock {
    return this.blocks[number] ?? { range: 0, members: [] };
  }

  /** The classes of a set, in ascending order. */
  members(id: ClassSetId): readonly number[] {
    return this.blocksOf(id).flatMap((block) => this.blockAt(block).members);
  }
}

/** Numbers as text, the same for the same: two characters each where one cannot tell them all. */
function numbersText(
  numbers: ArrayLike<number>,
  {
    from = 0,
    to = numbers.length,
    less = 0,
  }: { readonly from?: number; readonly to?: number; readonly less?: number } = {},
): string {
  let text = '';
  for (let at = from; at < to; at += 1) {
    const number = (numbers[at] ?? 0) - less;
    text +=
      number < 0xf000 ? String.fromCharCode(number) : String.fromCharCode(0xf000 + (number >>> 16), number & 0xffff);
  }
  return text;
}
