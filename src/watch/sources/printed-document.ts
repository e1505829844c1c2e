/**
 * A JSON document that was printed over several lines, as `jq`, `aws` and `gcloud` do: it begins with a line that is
 * a brace or bracket, and ends with one in the first column.
 */
export class PrintedDocument {
  readonly offset: number;
  private readonly limit: number;
  private lines: string[] = [];
  private size = 0;

  constructor({ offset, limit }: { readonly offset: number; readonly limit: number }) {
    this.offset = offset;
    this.limit = limit;
  }

  /** `full` where it has grown over its limit: what was kept is let go. */
  add(line: Buffer): 'open' | 'closed' | 'full' {
    this.size += line.length + 1;
    if (this.size > this.limit) {
      this.lines = [];
      return 'full';
    }
    this.lines.push(line.toString('utf8'));
    return line[0] === closeBrace || line[0] === closeBracket ? 'closed' : 'open';
  }

  get text(): string {
    return this.lines.join('\n');
  }
}

const closeBrace = 0x7d;
const closeBracket = 0x5d;

/** Whether a line is nothing but the brace or bracket that a printed document begins with. */
export function opensDocument(line: Buffer): boolean {
  const ends = line.length === 1 || (line.length === 2 && line[1] === 0x0d);
  return ends && (line[0] === 0x7b || line[0] === 0x5b);
}
