import { EvaluationError } from './error.ts';

const surrogate = /[\ud800-\udfff]/;

/** UTF-16 units that a text made by an expression may have: one that grows with each step would take all memory. */
const longestText = 16_000_000;

/** CEL counts code points. Without surrogates, those are UTF-16 units, which need no copy. */
export function codePointLength(text: string): number {
  if (!surrogate.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** The text from one code point to before another; undefined where those are not in it. */
export function sliceCodePoints(text: string, from: number, to: number): string | undefined {
  if (from < 0 || to < from) return undefined;
  if (!surrogate.test(text)) return to > text.length ? undefined : text.slice(from, to);
  const points = [...text];
  return to > points.length ? undefined : points.slice(from, to).join('');
}

/** The code points before the UTF-16 unit at `index`; -1 for -1, as `indexOf` says it. */
export function toCodePointIndex(text: string, index: number): number {
  return index === -1 ? -1 : codePointLength(text.slice(0, index));
}

/** The UTF-16 unit at which a code point starts; the text's length where it has fewer. */
export function fromCodePointIndex(text: string, index: number): number {
  if (!surrogate.test(text)) return Math.min(index, text.length);
  let units = 0;
  let points = 0;
  for (const character of text) {
    if (points === index) return units;
    units += character.length;
    points += 1;
  }
  return units;
}

/** Throws an EvaluationError where a text would get too long to be made. */
export function checkTextLength(units: number): void {
  if (units > longestText) throw new EvaluationError(`a text of ${units} characters is too long to be made`);
}
