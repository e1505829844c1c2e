import { parseTimestamp } from '../semantics/audit-event/index.ts';

/** What a line of the API server's own log says of itself before it is parsed. */
export interface Glance {
  readonly id: string;
  readonly stage: string;
  /** Milliseconds since 1970; 0 where it is not to be found. */
  readonly time: number;
}

const head = /"auditID":"([^"\\]{1,128})","stage":"(\w{1,32})"/;
const timeKey = Buffer.from('"stageTimestamp":"');
/** The head stands before the request URI, which a client can make long. */
const headBytes = 256;
/** Timestamps are 27 characters long, and an annotation may follow that is of any length. */
const timeBytes = 27;

/** Looks at both ends of a line; far cheaper than to parse it. */
export function glanceAt(line: Buffer): Glance {
  const match = head.exec(line.toString('latin1', 0, Math.min(line.length, headBytes)));
  const at = line.lastIndexOf(timeKey);
  const begin = at + timeKey.length;
  const time =
    at === -1
      ? Number.NaN
      : parseTimestamp(timestampIn(line.toString('latin1', begin, Math.min(line.length, begin + timeBytes + 8))));
  return { id: match?.[1] ?? '', stage: match?.[2] ?? '', time: time >= 0 ? time : 0 };
}

function timestampIn(text: string): string {
  const end = text.indexOf('"');
  return end === -1 ? text : text.slice(0, end);
}
