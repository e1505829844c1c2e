import { printableAscii } from './visible.ts';

/** Ranges of code points that take two columns: East Asian Wide and Fullwidth (UAX #11), and emoji pictures. */
const wide: readonly (readonly [from: number, to: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

const takesNoColumn = /^\p{M}$/u;

/** Columns that text takes on a terminal. Text must be `visible` and hold no colour codes. */
export function textWidth(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let columns = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (takesNoColumn.test(character)) continue;
    columns += code >= 0x1100 && wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
  }
  return columns;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

export interface WrapOptions {
  readonly width: number;
  /** What stands before the first line, and as many columns of space before the others. */
  readonly lead?: string;
}

/** Text that `wrap` keeps on one line, such as a file name with spaces. Control characters must be escaped already. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', unbrokenSpace);
}

const unbrokenSpace = '\0';

/** Breaks text at spaces. A word that is wider than a line, such as a path with line and column, stays whole. */
export function wrap(text: string, { width, lead = '' }: WrapOptions): string[] {
  const indent = ' '.repeat(textWidth(lead));
  const lines: string[] = [];
  let line = lead;
  let columns = indent.length;
  let empty = true;
  for (const word of text.split(' ')) {
    const wordColumns = textWidth(word);
    if (!empty && columns + 1 + wordColumns > width) {
      lines.push(line);
      line = indent;
      columns = indent.length;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    columns += wordColumns + (empty ? 0 : 1);
    empty = false;
  }
  lines.push(line);
  return lines.map((text) => text.replaceAll(unbrokenSpace, ' '));
}
