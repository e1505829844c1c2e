import { padEnd, textWidth } from './text-width.ts';

/** A cell of a column: text that is `visible`, and how it looks. */
export interface Cell {
  readonly text: string;
  readonly style?: ((text: string) => string) | undefined;
}

export interface Column {
  readonly title: string;
  /** Columns that it never gets wider than; what is longer is not cut where there is room for all. */
  readonly widest: number;
  /** How wide it usually gets: where rows come one by one, the first few cannot tell. */
  readonly usual?: number;
  /** The share of what is too much that this column gives up, down to `narrowest`. */
  readonly gives?: number;
  readonly narrowest?: number;
}

export interface StreamColumnsOptions {
  readonly columns: readonly Column[];
  /** Of the terminal; infinite where there is none, and then nothing is cut. */
  readonly width: number;
  readonly header: ((text: string) => string) | undefined;
  /** Whether rows come one by one, so that the first ones are not to wait for others. */
  readonly isLive?: boolean;
}

/** How many rows are seen before the widths of columns are settled. */
const sample = 200;
const gap = 2;

/** Lines up rows that keep coming: the first ones settle how wide the columns are. */
export class StreamColumns {
  private readonly options: StreamColumnsOptions;
  private waiting: (readonly Cell[] | string)[] = [];
  private widths: readonly number[] | undefined;

  constructor(options: StreamColumnsOptions) {
    this.options = options;
  }

  /** Lines that are ready: none while the first rows are gathered. */
  add(row: readonly Cell[]): string {
    if (this.widths !== undefined) return this.line(row, this.widths);
    this.waiting.push(row);
    return this.waiting.length < sample ? '' : this.flush();
  }

  /** A line across all columns, in its place between the rows. */
  addLine(text: string): string {
    if (this.widths !== undefined) return `${text}\n`;
    this.waiting.push(text);
    return '';
  }

  /** What was gathered, where nothing more is to be waited for. */
  flush(): string {
    const rows = this.waiting;
    if (rows.length === 0) return '';
    this.waiting = [];
    const { columns, header } = this.options;
    let text = '';
    if (this.widths === undefined) {
      this.widths = this.settle(rows.filter((row) => typeof row !== 'string'));
      if (header !== undefined) {
        text += this.line(
          columns.map(({ title }) => ({ text: title, style: header })),
          this.widths,
        );
      }
    }
    for (const row of rows) text += typeof row === 'string' ? `${row}\n` : this.line(row, this.widths);
    return text;
  }

  private settle(rows: readonly (readonly Cell[])[]): readonly number[] {
    const { columns, width, isLive } = this.options;
    const widths = columns.map(({ title, widest, usual = 0 }, index) => {
      const least = isLive === true ? Math.max(usual, title.length) : title.length;
      const most = rows.reduce((max, row) => Math.max(max, textWidth(row[index]?.text ?? '')), least);
      return Math.max(title.length, Math.min(most, widest));
    });
    let over = widths.reduce((sum, columns) => sum + columns + gap, -gap) - width;
    // The widest of those that give goes first, column by column, until the line fits.
    while (over > 0) {
      const index = this.widestThatGives(widths);
      if (index === -1) break;
      widths[index] = (widths[index] ?? 0) - 1;
      over -= 1;
    }
    return widths;
  }

  private widestThatGives(widths: readonly number[]): number {
    let best = -1;
    let most = 0;
    for (const [index, { gives = 0, narrowest = 0 }] of this.options.columns.entries()) {
      const columns = widths[index] ?? 0;
      if (columns > narrowest && columns * gives > most) {
        most = columns * gives;
        best = index;
      }
    }
    return best;
  }

  private line(row: readonly Cell[], widths: readonly number[]): string {
    const fits = Number.isFinite(this.options.width);
    let line = '';
    for (const [index, { text, style }] of row.entries()) {
      const columns = widths[index] ?? 0;
      const shown = fits ? cut(text, columns) : text;
      const padded = index === row.length - 1 ? shown : padEnd(shown, columns);
      const tail = padded.slice(shown.length);
      line += `${index === 0 ? '' : '  '}${style === undefined ? shown : style(shown)}${tail}`;
    }
    return `${line.trimEnd()}\n`;
  }
}

/** The middle goes: both ends of a name tell more. */
function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 8) return text.slice(0, columns);
  const tail = Math.floor((columns - 3) / 2);
  const cutText = `${text.slice(0, columns - 3 - tail)}...${text.slice(text.length - tail)}`;
  // Wide characters count twice: then less of them is shown.
  return textWidth(cutText) <= columns ? cutText : `${text.slice(0, Math.floor((columns - 3) / 2))}...`;
}
