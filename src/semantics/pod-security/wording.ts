/*
 * The API server's messages are Go's: sets sorted by bytes, values quoted by %q.
 */

export interface Noun {
  readonly one: string;
  readonly many: string;
}

/** The form of a word for `count` things; none of them takes the plural. */
export function plural(count: number, noun: Noun): string {
  return count === 1 ? noun.one : noun.many;
}

/** `"a", "b"`: quotation marks, nothing escaped. */
export function quoteList(items: readonly string[]): string {
  return items.map((item) => `"${item}"`).join(', ');
}

const containerNoun: Noun = { one: 'container', many: 'containers' };

/** `containers "a", "b"`. */
export function nameContainers(containers: readonly { readonly name: string }[]): string {
  return `${plural(containers.length, containerNoun)} ${quoteList(containers.map(({ name }) => name))}`;
}

/** Each text once, in the order of its UTF-8 bytes, as Go sorts. */
export function sortedSet(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort(compareBytes);
}

function compareBytes(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return byteRank(left) - byteRank(right);
  }
  return a.length - b.length;
}

/** Half of a surrogate pair stands for a code point above all that fit in one unit, U+E000 to U+FFFF too. */
function byteRank(unit: number): number {
  return isSurrogate(unit) ? unit + 0x10000 : unit;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

const namedEscapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

const needsEscape = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** A Go string literal, as `%q` prints it. */
export function quoteGo(text: string): string {
  return `"${text.replace(needsEscape, escape)}"`;
}

function escape(character: string): string {
  const named = namedEscapes.get(character);
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  // Go's JSON decoder reads half a surrogate pair as U+FFFD.
  if (isSurrogate(code)) return '\ufffd';
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
