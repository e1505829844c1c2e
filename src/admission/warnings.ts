const mostBytes = 256;
const mostBytesInAll = 4096;

/**
 * Warnings as they fit into HTTP headers: one line and at most 256 bytes each, less than 4096 in all. What does not
 * fit is counted in the last one. A longer warning is cut; its full text is in the audit log or in the denial.
 * Source: apiserver, endpoints/warning; kubectl prints no second line.
 */
export function shortWarnings(warnings: readonly string[]): readonly string[] {
  const short = [...new Set(warnings.map(shortWarning))].filter((text) => text !== '');
  const room = mostBytesInAll - 32;
  let used = 0;
  for (const [index, text] of short.entries()) {
    used += bytesOf(text);
    if (used >= room) return [...short.slice(0, index), `and ${short.length - index} more`];
  }
  return short;
}

function shortWarning(text: string): string {
  // A text far longer than a header needs no reading to its end.
  const line = text
    .slice(0, 4 * mostBytes)
    .replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
    .trim();
  if (bytesOf(line) <= mostBytes && text.length <= 4 * mostBytes) return line;
  const mark = '...';
  let bytes = mark.length;
  let kept = '';
  for (const character of line) {
    bytes += bytesOf(character);
    if (bytes > mostBytes) break;
    kept += character;
  }
  return `${kept.trimEnd()}${mark}`;
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
