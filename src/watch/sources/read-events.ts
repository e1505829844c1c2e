import { isUtf8 } from 'node:buffer';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { Json } from '../../model/json.ts';
import { eventsIn, isLinePrefix, readAuditEvent } from '../../semantics/audit-event/index.ts';
import { joinedObjects } from './joined-objects.ts';
import { opensDocument, PrintedDocument } from './printed-document.ts';
import type { Damage, ReadingOptions } from './source.ts';
import { type Line, LineSplitter } from './split-lines.ts';

const mebibyte = 1_048_576;

/** A line may be as long as the API server's largest event with both bodies, and as long again. */
const longestLine = 16 * mebibyte;

/** A document that was printed over several lines has to be held whole. */
const longestDocument = 64 * mebibyte;

export interface ReadEvents {
  readonly events: readonly AuditEvent[];
  readonly damages: readonly Damage[];
  readonly others: number;
}

export interface EventReaderOptions extends Pick<ReadingOptions, 'wanted'> {
  readonly source: string;
  readonly offset?: number;
  /** Of a line, in bytes. */
  readonly limit?: number;
}

/** Turns the bytes of one log, in whatever pieces they come, into events. */
export class EventReader {
  private readonly source: string;
  private readonly wanted: ((line: Buffer) => boolean) | undefined;
  private readonly lines: LineSplitter;
  private readonly limit: number;
  private document: PrintedDocument | undefined;

  constructor({ source, wanted, offset = 0, limit = longestLine }: EventReaderOptions) {
    this.source = source;
    this.wanted = wanted;
    this.limit = limit;
    this.lines = new LineSplitter({ limit, offset });
  }

  /** Behind the last record that was read whole. */
  get offset(): number {
    return this.document?.offset ?? this.lines.offset;
  }

  /** Behind the last byte that was taken. */
  get end(): number {
    return this.lines.end;
  }

  push(chunk: Buffer): ReadEvents {
    const into = new Collection(this.source);
    // Nearly every chunk is sound as a whole: then its lines need no look.
    const sound = isUtf8(chunk);
    let first = true;
    for (const line of this.lines.push(chunk)) {
      // The first line may have begun in another chunk.
      this.read(line, { into, sound: sound && !first });
      first = false;
    }
    return into;
  }

  /** What is left of a log that has ended without a newline. */
  finish(): ReadEvents {
    const into = new Collection(this.source);
    const line = this.lines.rest();
    if (line !== undefined) this.read(line, { into, sound: false });
    this.abandon(into, this.end);
    return into;
  }

  private read(line: Line, { into, sound }: Reading): void {
    const { bytes, offset, end } = line;
    if (bytes === undefined) {
      this.abandon(into, offset);
      into.blame({ offset, end }, `is longer than ${Math.floor(this.limit / mebibyte)} MiB`);
      return;
    }
    const native = startsNative(bytes);
    if (this.document === undefined && !native && opensDocument(bytes)) {
      this.document = new PrintedDocument({ offset, limit: longestDocument });
    }
    if (this.document !== undefined) {
      if (!native) {
        this.continueDocument(this.document, { bytes, end, into });
        return;
      }
      this.abandon(into, offset);
    }
    if (native && this.wanted?.(bytes) === false) return;
    const from = native ? 0 : beginOf(bytes);
    if (from === -1) return;
    if (!sound && !isUtf8(bytes)) into.blame(line, 'is not valid UTF-8');
    else into.take(bytes.toString('utf8', from), line);
  }

  private continueDocument(document: PrintedDocument, { bytes, end, into }: DocumentLine): void {
    const state = document.add(bytes);
    if (state === 'open') return;
    const place = { offset: document.offset, end };
    this.document = undefined;
    if (state === 'closed') into.take(document.text, place);
    else into.blame(place, 'is a document of many lines, and longer than 64 MiB: write a record a line, as jq -c does');
  }

  private abandon(into: Collection, end: number): void {
    if (this.document === undefined) return;
    into.blame({ offset: this.document.offset, end }, 'is a document of many lines that does not end');
    this.document = undefined;
  }
}

interface Reading {
  readonly into: Collection;
  /** Whether the line is known to be valid UTF-8. */
  readonly sound: boolean;
}

interface DocumentLine {
  readonly bytes: Buffer;
  readonly end: number;
  readonly into: Collection;
}

type Place = Pick<Line, 'offset' | 'end'>;

class Collection implements ReadEvents {
  readonly events: AuditEvent[] = [];
  readonly damages: Damage[] = [];
  others = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  blame({ offset, end }: Place, problem: string): void {
    this.damages.push({ source: this.source, offset, bytes: end - offset, problem });
  }

  take(text: string, place: Place): void {
    const value = parsed(text);
    if (value !== undefined) {
      this.keep(value, place);
      return;
    }
    const objects = joinedObjects(text)?.map(parsed);
    if (objects === undefined || objects.includes(undefined)) {
      this.blame(place, text.startsWith('{') ? 'is not valid JSON' : 'is no JSON');
      return;
    }
    for (const object of objects) this.keep(object ?? null, place);
  }

  private keep(value: Json, { offset }: Place): void {
    const origin = { source: this.source, offset };
    const event = readAuditEvent(value, origin);
    if (event !== undefined) {
      this.events.push(event);
      return;
    }
    const before = this.events.length;
    for (const inner of eventsIn(value, origin)) this.events.push(inner);
    if (this.events.length === before) this.others += 1;
  }
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value as Json;
  } catch {
    return undefined;
  }
}

/** What every line of the API server's own log begins with. */
const nativeBegin = Buffer.from('{"kind":"Event"');

function startsNative(line: Buffer): boolean {
  if (line.length < nativeBegin.length) return false;
  for (let at = 0; at < nativeBegin.length; at += 1) {
    if (line[at] !== nativeBegin[at]) return false;
  }
  return true;
}

const openBrace = 0x7b;
const openBracket = 0x5b;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Where the JSON of a line begins, -1 in a blank one. Passes over what stands before it without being part of it: the
 * prefix of a tool, a byte order mark, the zeros that a truncated file is filled with.
 */
function beginOf(line: Buffer): number {
  let at = 0;
  while (line[at] === 0) at += 1;
  if (line.subarray(at, at + 3).equals(byteOrderMark)) at += 3;
  while (at < line.length && isBlank(line[at])) at += 1;
  if (at === line.length) return -1;
  if (line[at] === openBrace || line[at] === openBracket) return at;
  const brace = line.subarray(at, at + 1024).indexOf(openBrace);
  return brace !== -1 && isLinePrefix(line.toString('latin1', at, at + brace)) ? at + brace : at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
