import { costSize, traversal, twoTraversals } from '../cost.ts';
import { fail } from '../error.ts';
import { type Library, overload } from '../function.ts';
import { indexNumber } from '../int.ts';
import { checkTextLength, codePointLength, fromCodePointIndex, sliceCodePoints, toCodePointIndex } from '../text.ts';
import type { Int, Value } from '../value.ts';
import { formatText } from './format-text.ts';

function charAt(text: string, index: Int): string {
  const at = indexNumber(index);
  if (at === codePointLength(text)) return '';
  return sliceCodePoints(text, at, at + 1) ?? fail(`index out of range: ${index}`);
}

function indexOf(text: string, part: string, from: Int = 0): number {
  const start = indexNumber(from);
  if (start < 0) return fail(`index out of range: ${from}`);
  // An empty part is found where it is looked for, and past the end, too.
  if (part === '') return start;
  if (start >= codePointLength(text)) return start > codePointLength(text) ? fail(`index out of range: ${from}`) : -1;
  return toCodePointIndex(text, text.indexOf(part, fromCodePointIndex(text, start)));
}

function lastIndexOf(text: string, part: string, from?: Int): number {
  const length = codePointLength(text);
  if (from === undefined) return part === '' ? length : toCodePointIndex(text, text.lastIndexOf(part));
  const start = indexNumber(from);
  if (start < 0 || start > length) return fail(`index out of range: ${from}`);
  if (part === '') return start;
  return toCodePointIndex(text, text.lastIndexOf(part, fromCodePointIndex(text, start)));
}

function substring(text: string, from: Int, to: Int = codePointLength(text)): string {
  const [start, end] = [indexNumber(from), indexNumber(to)];
  if (start > end) return fail(`invalid substring range. start: ${from}, end: ${to}`);
  return sliceCodePoints(text, start, end) ?? fail(`index out of range: ${start < 0 || to === from ? from : to}`);
}

/** As Go's strings.Replace: a negative limit replaces all. */
function replace(text: string, old: string, replacement: string, limit: Int = -1): string {
  const most = indexNumber(limit);
  if (most === 0) return text;
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  const times = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  checkTextLength(text.length + times * replacement.length);
  const head = parts.slice(0, times + 1).join(replacement);
  return times === parts.length - 1 ? head : [head, ...parts.slice(times + 1)].join(old);
}

/** As Go's strings.SplitN: what is beyond the limit stays in the last part. */
function split(text: string, separator: string, limit: Int = -1): readonly string[] {
  const most = indexNumber(limit);
  if (most === 0) return [];
  const parts = separator === '' ? [...text] : text.split(separator);
  if (most < 0 || parts.length <= most) return parts;
  return [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

function join(list: readonly Value[], separator = ''): string {
  let length = 0;
  const texts: string[] = [];
  for (const item of list) {
    if (typeof item !== 'string') return fail('no such overload');
    texts.push(item);
    length += item.length + separator.length;
  }
  checkTextLength(length);
  return texts.join(separator);
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** Unicode's white space, as Go's strings.TrimSpace has it. */
const edges = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

function trim(text: string): string {
  const start = text.replace(edges, '');
  let end = start.length;
  while (end > 0 && edges.test(start[end - 1] ?? '')) end -= 1;
  return start.slice(0, end);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

function quote(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const isLoneSurrogate = character.length === 1 && /[\ud800-\udfff]/.test(character);
    quoted += isLoneSurrogate ? '\ufffd' : (escapes.get(character) ?? character);
  }
  return `${quoted}"`;
}

const read = { cost: traversal };
const rewrite = { cost: twoTraversals };
const joined = { cost: (_list: Value, _separator: Value, result: Value) => twoTraversals(result) };

/** Source: cel-go ext/strings.go, version 0. */
export const strings: Library = {
  name: 'strings',
  since: 0,
  overloads: [
    overload('string..charAt(int): string', { run: charAt }),
    overload('string..indexOf(string): int', { run: (text: string, part: string) => indexOf(text, part), ...read }),
    overload('string..indexOf(string, int): int', { run: indexOf, ...read }),
    overload('string..lastIndexOf(string): int', {
      run: (text: string, part: string) => lastIndexOf(text, part),
      ...read,
    }),
    overload('string..lastIndexOf(string, int): int', { run: lastIndexOf, ...read }),
    overload('string..lowerAscii(): string', { run: lowerAscii, ...read }),
    overload('string..upperAscii(): string', { run: upperAscii, ...read }),
    overload('string..replace(string, string): string', {
      run: (text: string, old: string, replacement: string) => replace(text, old, replacement),
      ...rewrite,
    }),
    overload('string..replace(string, string, int): string', { run: replace, ...rewrite }),
    overload('string..split(string): list<string>', {
      run: (text: string, separator: string) => split(text, separator),
      ...rewrite,
    }),
    overload('string..split(string, int): list<string>', { run: split, ...rewrite }),
    overload('string..substring(int): string', { run: (text: string, from: Int) => substring(text, from), ...read }),
    overload('string..substring(int, int): string', { run: substring, ...read }),
    overload('string..trim(): string', { run: trim, ...read }),
    overload('list<string>..join(): string', { run: (list: readonly Value[]) => join(list), ...joined }),
    overload('list<string>..join(string): string', { run: join, ...joined }),
  ],
};

/** Source: cel-go ext/strings.go, what versions 1 and 2 add. */
export const stringsOfVersionTwo: Library = {
  name: 'strings',
  since: 29,
  overloads: [
    overload('string..format(list<dyn>): string', { run: formatText, cost: (text) => Math.ceil(costSize(text) * 0.1) }),
    overload('strings.quote(string): string', { run: quote, ...read }),
  ],
};
