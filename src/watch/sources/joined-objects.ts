/**
 * The JSON objects that stand one behind the other in a text, as Kinesis Firehose joins its records and a lost newline
 * does; undefined where the text is anything else. Looks at braces and strings only: what is between them may be no JSON.
 */
export function joinedObjects(text: string): readonly string[] | undefined {
  const objects: string[] = [];
  let depth = 0;
  let begin = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
      if (at === -1 || depth === 0) return undefined;
    } else if (code === openBrace) {
      if (depth === 0) begin = at;
      depth += 1;
    } else if (code === closeBrace) {
      depth -= 1;
      if (depth < 0) return undefined;
      if (depth === 0) objects.push(text.slice(begin, at + 1));
      if (objects.length > mostObjects) return undefined;
    } else if (depth === 0 && code !== space && code !== tab && code !== carriageReturn) {
      return undefined;
    }
  }
  return depth === 0 && objects.length > 1 ? objects : undefined;
}

/** In one line. Each costs memory of its own, however small it is. */
const mostObjects = 100_000;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const space = 0x20;
const tab = 0x09;
const carriageReturn = 0x0d;

/** Where the string that begins at `from` ends, -1 if it does not. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return -1;
}
