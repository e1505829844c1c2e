/*
 * Values as the API server prints them in errors: Go's %v, %q and %#v. Source: fmt, strconv.Quote and
 * apimachinery/pkg/util/validation/field/errors.go (ErrorBody).
 */

const escapes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ '\u0007': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' },
    ...{ '"': '\\"', '\\': '\\\\' },
  }),
);

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** `%q`: what is not printable is escaped, by byte below 0x80 and else by code point. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const escape = escapes.get(character);
    if (escape !== undefined) quoted += escape;
    else if (code >= 0xd800 && code <= 0xdfff) quoted += '\ufffd';
    else if (printable.test(character)) quoted += character;
    else if (code < 0x80) quoted += `\\x${hex(code, 2)}`;
    else quoted += code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  }
  return `${quoted}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** `%#v` of a slice of strings of the Go type `type`; `undefined` is nil. */
export function goStrings(type: string, items: readonly string[] | undefined): string {
  return items === undefined ? `[]${type}(nil)` : `[]${type}{${items.map(goQuote).join(', ')}}`;
}

/** `%#v` of `[]int64`. */
export function goIntegers(items: readonly number[] | undefined): string {
  return items === undefined ? '[]int64(nil)' : `[]int64{${items.join(', ')}}`;
}

/** `%v` of a slice of ranges. */
export function goRanges(ranges: readonly { readonly min: number; readonly max: number }[]): string {
  return `[${ranges.map(({ min, max }) => `{${min} ${max}}`).join(' ')}]`;
}
