import { type Field, isKnown, type KnownFrom } from './field.ts';
import { type FieldValue, type Truth, truth } from './truth.ts';
import type { EventView } from './view.ts';

/** A condition as it was read: fields and their tests, joined. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | FieldTest;

export interface FieldTest {
  readonly kind: 'test';
  readonly field: Field;
  /** Other fields that the test reads (`fieldref`). */
  readonly others: readonly Field[];
  readonly test: (value: FieldValue, view: EventView) => Truth;
  /** Plain values that the field is compared with, for what needs them: which resources a rule is about. */
  readonly values: readonly string[];
}

export type Predicate = (view: EventView) => Truth;

/**
 * A closure that decides the condition from what is known up to `have`; tests of any other field are unknown, so `no`
 * stays `no` whatever the rest of the event holds.
 */
export function compile(expression: Expression, have: KnownFrom): Predicate {
  if (expression.kind === 'not') {
    const part = compile(expression.part, have);
    return (view) => (truth.yes - part(view)) as Truth;
  }
  if (expression.kind === 'test') {
    const { field, others, test } = expression;
    if (![field, ...others].every(({ known }) => isKnown(known, have))) return () => truth.unknown;
    return (view) => test(field.read(view), view);
  }
  // What is cheap and known early is asked first: the order changes nothing else.
  const parts = [...expression.parts].sort((a, b) => cost(a) - cost(b)).map((part) => compile(part, have));
  const [first, second] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const stop = expression.kind === 'and' ? truth.no : truth.yes;
  if (first !== undefined && second !== undefined && parts.length === 2) {
    const lesser = expression.kind === 'and';
    return (view) => {
      const a = first(view);
      if (a === stop) return a;
      const b = second(view);
      return lesser ? (a < b ? a : b) : a > b ? a : b;
    };
  }
  const start = expression.kind === 'and' ? truth.yes : truth.no;
  return (view) => {
    let result: Truth = start;
    for (const part of parts) {
      const answer = part(view);
      if (answer === stop) return stop;
      if (answer === truth.unknown) result = truth.unknown;
    }
    return result;
  };
}

const costs: Readonly<Record<KnownFrom, number>> = { shape: 1, caller: 2, header: 3, event: 4 };

function cost(expression: Expression): number {
  if (expression.kind === 'not') return cost(expression.part);
  if (expression.kind !== 'test') return Math.max(0, ...expression.parts.map(cost));
  return costs[expression.field.known] + (expression.field.level === 'Metadata' ? 0 : 4);
}

/** Every field that the condition reads. */
export function fieldsOf(expression: Expression): readonly Field[] {
  if (expression.kind === 'test') return [expression.field, ...expression.others];
  if (expression.kind === 'not') return fieldsOf(expression.part);
  return expression.parts.flatMap(fieldsOf);
}

/** Plain values that a field of this name is compared with. */
export function valuesOf(expression: Expression, name: string): readonly string[] {
  if (expression.kind === 'test') return expression.field.name === name ? expression.values : [];
  if (expression.kind === 'not') return valuesOf(expression.part, name);
  return expression.parts.flatMap((part) => valuesOf(part, name));
}
