/**
 * Control characters, bidirectional overrides, lone surrogates, unusual line ends and characters that show as
 * nothing: any of them can make a terminal act, or a name look like another.
 */
export const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text from the input, with what is unsafe on a terminal spelt out as `\u001b` and the like. */
export function visible(text: string): string {
  if (printableAscii.test(text)) return text;
  return text.replaceAll(unsafe, (character) => {
    const short = shortEscapes.get(character);
    if (short !== undefined) return short;
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** Almost all text, and quick to know. */
export const printableAscii = /^[\x20-\x7e]*$/;

const shortEscapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** As `visible`, and no longer than `limit` characters: a name can be as long as its file. */
export function visibleShort(text: string, limit: number): string {
  if (text.length <= limit) return visible(text);
  return `${visible(text.slice(0, limit))}... (${text.length} characters)`;
}
