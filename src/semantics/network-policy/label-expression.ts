import { describeType } from '../../model/json.ts';
import { formatPath, type Path } from '../../model/path.ts';
import type { Reader } from '../../model/reader.ts';
import { BitSet } from './bit-set.ts';

/** What labels must be like, as a tree. */
export type LabelExpression =
  | { readonly op: 'all' }
  | { readonly op: 'none' }
  | { readonly op: 'in'; readonly key: string; readonly values: readonly string[] }
  | { readonly op: 'has'; readonly key: string }
  | { readonly op: 'text'; readonly key: string; readonly test: TextTest; readonly text: string }
  | { readonly op: 'not'; readonly of: LabelExpression }
  | { readonly op: 'and' | 'or'; readonly of: readonly LabelExpression[] };

export type TextTest = 'contains' | 'starts' | 'ends';

export const everything: LabelExpression = { op: 'all' };

/** The value of a label; undefined where there is none. */
export type LabelOf = (key: string) => string | undefined;

export function matchesLabels(expression: LabelExpression, label: LabelOf): boolean {
  switch (expression.op) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'in': {
      const value = label(expression.key);
      return value !== undefined && expression.values.includes(value);
    }
    case 'has':
      return label(expression.key) !== undefined;
    case 'text': {
      const value = label(expression.key);
      return value !== undefined && passes(expression.test, value, expression.text);
    }
    case 'not':
      return !matchesLabels(expression.of, label);
    case 'and':
      return expression.of.every((part) => matchesLabels(part, label));
    case 'or':
      return expression.of.some((part) => matchesLabels(part, label));
  }
}

function passes(test: TextTest, value: string, text: string): boolean {
  if (test === 'contains') return value.includes(text);
  return test === 'starts' ? value.startsWith(text) : value.endsWith(text);
}

/** Every key that the answer may depend on. */
export function* keysOf(expression: LabelExpression): Generator<string> {
  if ('key' in expression) yield expression.key;
  else if (expression.op === 'not') yield* keysOf(expression.of);
  else if (expression.op === 'and' || expression.op === 'or') for (const part of expression.of) yield* keysOf(part);
}

/** The same text for the same expression. */
export function expressionKey(expression: LabelExpression): string {
  return JSON.stringify(expression);
}

/** Things with labels, by label: which of them an expression selects, all at once. */
export class LabelIndex {
  private readonly size: number;
  private readonly label: (thing: number, key: string) => string | undefined;
  private readonly byKey = new Map<string, ReadonlyMap<string, BitSet>>();
  private readonly known = new Map<string, BitSet>();

  constructor(size: number, label: (thing: number, key: string) => string | undefined) {
    this.size = size;
    this.label = label;
  }

  /** The set is shared: copy it before changing it. */
  select(expression: LabelExpression): BitSet {
    const key = expressionKey(expression);
    let set = this.known.get(key);
    if (set === undefined) {
      set = this.compute(expression);
      this.known.set(key, set);
    }
    return set;
  }

  private compute(expression: LabelExpression): BitSet {
    switch (expression.op) {
      case 'all':
        return BitSet.full(this.size);
      case 'none':
        return new BitSet(this.size);
      case 'in':
        return this.union(expression.key, (value) => expression.values.includes(value), expression.values);
      case 'has':
        return this.union(expression.key, () => true);
      case 'text':
        return this.union(expression.key, (value) => passes(expression.test, value, expression.text));
      case 'not':
        return this.select(expression.of).complement();
      case 'and': {
        const set = BitSet.full(this.size);
        for (const part of expression.of) set.and(this.select(part));
        return set;
      }
      case 'or': {
        const set = new BitSet(this.size);
        for (const part of expression.of) set.or(this.select(part));
        return set;
      }
    }
  }

  private union(key: string, wanted: (value: string) => boolean, values?: readonly string[]): BitSet {
    const postings = this.postings(key);
    const set = new BitSet(this.size);
    if (values !== undefined) {
      for (const value of values) {
        const posting = postings.get(value);
        if (posting !== undefined) set.or(posting);
      }
      return set;
    }
    for (const [value, posting] of postings) if (wanted(value)) set.or(posting);
    return set;
  }

  private postings(key: string): ReadonlyMap<string, BitSet> {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const postings = new Map<string, BitSet>();
    for (let thing = 0; thing < this.size; thing += 1) {
      const value = this.label(thing, key);
      if (value === undefined) continue;
      let posting = postings.get(value);
      if (posting === undefined) {
        posting = new BitSet(this.size);
        postings.set(value, posting);
      }
      posting.add(thing);
    }
    this.byKey.set(key, postings);
    return postings;
  }
}

/** Something that the API server would refuse, or that means nothing. */
export interface PolicyProblem {
  readonly path: Path;
  readonly message: string;
}

/**
 * The LabelSelector at `key` of `parent`, present or not: an empty one selects everything. What the API server refuses
 * is told in `problems`, and selects nothing. Source: apimachinery/pkg/apis/meta/v1/helpers.go (LabelSelectorAsSelector).
 */
export function readLabelSelector(parent: Reader, key: string, problems: PolicyProblem[]): LabelExpression {
  const before = parent.malformed.length;
  const reader = parent.object(key);
  const parts: LabelExpression[] = [];
  for (const [label, value] of reader.stringMap('matchLabels')) parts.push({ op: 'in', key: label, values: [value] });
  for (const term of reader.objects('matchExpressions')) parts.push(readTerm(term, problems));
  const wrong = parent.malformed.slice(before);
  if (wrong.length > 0) return { op: 'none' };
  if (parts.some(({ op }) => op === 'none')) return { op: 'none' };
  const [only] = parts;
  if (only === undefined) return everything;
  return parts.length === 1 ? only : { op: 'and', of: parts };
}

function readTerm(term: Reader, problems: PolicyProblem[]): LabelExpression {
  const refuse = (field: string, message: string): LabelExpression => {
    problems.push({ path: term.at(field), message: `${formatPath(term.at(field))} ${message}` });
    return { op: 'none' };
  };
  const key = term.string('key');
  if (key === undefined || key === '') return refuse('key', 'is not set: the API server refuses the selector');
  const operator = term.string('operator');
  const values = term.strings('values');
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) return refuse('values', `is empty: ${operator} needs a value`);
    const listed: LabelExpression = { op: 'in', key, values };
    return operator === 'In' ? listed : { op: 'not', of: listed };
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) return refuse('values', `must be empty with ${operator}`);
    const has: LabelExpression = { op: 'has', key };
    return operator === 'Exists' ? has : { op: 'not', of: has };
  }
  const found = operator === undefined ? describeType(term.get('operator')) : JSON.stringify(operator);
  return refuse('operator', `must be In, NotIn, Exists or DoesNotExist, found ${found}`);
}
