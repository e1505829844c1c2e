/** Where lines begin and end around an offset. Line ends are LF or CRLF. */

/** The line end that the text uses: that of its first line. */
export function lineBreakOf(text: string): '\n' | '\r\n' {
  const at = text.indexOf('\n');
  return at > 0 && text[at - 1] === '\r' ? '\r\n' : '\n';
}

/** Offset of the line break that ends the line of `offset`, or the end of the text. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  if (at === -1) return text.length;
  return at > offset && text[at - 1] === '\r' ? at - 1 : at;
}

/** Offset of the first character of the line of `offset`. */
export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** The white space before `offset` where nothing else precedes it on its line; undefined where something does. */
export function indentBefore(text: string, offset: number): string | undefined {
  let at = offset;
  while (at > 0 && (text[at - 1] === ' ' || text[at - 1] === '\t')) at -= 1;
  return at === 0 || text[at - 1] === '\n' ? text.slice(at, offset) : undefined;
}

/** Whether nothing but white space and a comment stands between `offset` and the end of its line. */
export function endsLine(text: string, offset: number): boolean {
  let at = offset;
  while (at < text.length && (text[at] === ' ' || text[at] === '\t')) at += 1;
  return at === text.length || text[at] === '\n' || text[at] === '\r' || (text[at] === '#' && at > offset);
}

/** The range of whole lines from `start` to `end`, with the line break before them where there is one, else after. */
export function wholeLines(text: string, start: number, end: number): { start: number; end: number } {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  if (from > 0) return { start: from > 1 && text[from - 2] === '\r' ? from - 2 : from - 1, end: to };
  const next = text.indexOf('\n', to);
  return { start: 0, end: next === -1 ? text.length : next + 1 };
}

/** The first offset from `offset` on that holds no white space. */
export function skipBlank(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && ' \t\r\n'.includes(text[at] ?? '')) at += 1;
  return at;
}
