import { isObject, type Json } from '../model/json.ts';

const start = Buffer.from('{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"');
const objectRef = Buffer.from(',"objectRef":{');
const responseStatus = Buffer.from(',"responseStatus":{');
const codeKey = Buffer.from('"code":');
const received = Buffer.from('"requestReceivedTimestamp":"');
const annotations = Buffer.from(',"annotations":{');
const quote = 0x22;
const backslash = 0x5c;
const longestHeader = 4096;

/** Stages of a request; `arrived` is RequestReceived, which tells nothing that a later stage does not. */
export type LineStage = 'arrived' | 'later';

/**
 * Finds the header in a line as the API server writes it, fields in the order of its Go type. Every field is found where
 * it stands, past strings whose quotes are escaped, so that nothing that a client put into a name, a user agent or a
 * body is taken for it. One scanner reads one line after the other: it makes nothing that has to be collected.
 */
export class HeaderScanner {
  code = 0;
  private line: Buffer = start;
  private stageFrom = 0;
  private stageTo = 0;
  /** From the verb to what follows the user agent. */
  private from = 0;
  private to = 0;
  private hasObject = false;
  private readonly resource = new Range();
  private readonly group = new Range();
  private readonly subresource = new Range();
  private readonly tail = new Range();

  /** False for a line that has another form: it has to be parsed. */
  scan(line: Buffer): boolean {
    this.line = line;
    if (line.length < 100 || line.compare(start, 0, start.length, 0, start.length) !== 0) return false;
    const id = expect(line, stringEnd(line, start.length), ',"auditID":"');
    const idEnd = stringEnd(line, id);
    // A rule may ask about ids that a client chose.
    if (idEnd - id !== 37 || !isUuidAt(line, id)) return false;
    this.stageFrom = expect(line, idEnd, ',"stage":"');
    const stageEnd = stringEnd(line, this.stageFrom);
    this.stageTo = stageEnd - 1;
    const uri = stringEnd(line, expect(line, stageEnd, ',"requestURI":"'));
    this.from = expect(line, uri, ',"verb":"');
    if (this.from === -1) return false;
    return this.readObject(line) && this.readTail(line);
  }

  get stage(): LineStage {
    return this.stageTo - this.stageFrom === 15 && this.line[this.stageFrom + 7] === 0x52 ? 'arrived' : 'later';
  }

  /** Of the header's text. Others may have the same: `matches` tells. */
  hash(): number {
    const { line, from, to, tail, resource, group, subresource } = this;
    let hash = Math.imul(this.code + 1009 * (this.stageTo - this.stageFrom) + 31 * (to - from), 0x01000193);
    // Users differ at the beginning, in a few letters; what follows mostly differs in more.
    const early = Math.min(to, from + 160);
    for (let at = from; at < early; at += 1) hash = Math.imul(hash ^ (line[at] ?? 0), 0x01000193);
    for (let at = early; at < to; at += 3) hash = Math.imul(hash ^ (line[at] ?? 0), 0x01000193);
    for (let at = tail.from; at < tail.to; at += 5) hash = Math.imul(hash ^ (line[at] ?? 0), 0x01000193);
    for (const range of [resource, group, subresource]) {
      hash = Math.imul(hash ^ (range.to - range.from), 0x01000193);
      for (let at = range.from; at < range.to; at += 1) hash = Math.imul(hash ^ (line[at] ?? 0), 0x01000193);
    }
    return hash;
  }

  /** The header to compare others with: everything that a rule may read of it. */
  copy(): KnownHeader {
    const { line, from, to, stageFrom, stageTo, code, hasObject } = this;
    const bytes = (range: Range): Buffer => Buffer.from(line.subarray(range.from, range.to));
    return {
      code,
      hasObject,
      stage: Buffer.from(line.subarray(stageFrom, stageTo)),
      common: Buffer.from(line.subarray(from, to)),
      resource: bytes(this.resource),
      group: bytes(this.group),
      subresource: bytes(this.subresource),
      tail: bytes(this.tail),
    };
  }

  matches(known: KnownHeader): boolean {
    const { line, code, hasObject } = this;
    return (
      code === known.code &&
      hasObject === known.hasObject &&
      same(line, this.stageFrom, this.stageTo, known.stage) &&
      same(line, this.resource.from, this.resource.to, known.resource) &&
      same(line, this.group.from, this.group.to, known.group) &&
      same(line, this.subresource.from, this.subresource.to, known.subresource) &&
      same(line, this.from, this.to, known.common) &&
      same(line, this.tail.from, this.tail.to, known.tail)
    );
  }

  private readObject(line: Buffer): boolean {
    this.resource.clear();
    this.group.clear();
    this.subresource.clear();
    const object = line.indexOf(objectRef, this.from);
    this.hasObject = object !== -1;
    this.to = object === -1 ? line.indexOf(responseStatus, this.from) : object;
    if (this.to === -1 || this.to - this.from > longestHeader) return false;
    const end = object === -1 ? this.to : this.readReference(line, object + objectRef.length);
    return end !== -1 && this.readCode(line, end);
  }

  /** An objectRef: strings only. Its keys are told by their first letter and length. Gives the offset behind it, or -1. */
  private readReference(line: Buffer, from: number): number {
    let at = from;
    for (let fields = 0; fields < 10; fields += 1) {
      if (line[at] !== quote) return -1;
      const first = line[at + 1];
      const keyEnd = stringEnd(line, at + 1);
      const length = keyEnd - at - 2;
      if (keyEnd === -1 || line[keyEnd] !== 0x3a || line[keyEnd + 1] !== quote) return -1;
      const valueEnd = stringEnd(line, keyEnd + 2);
      if (valueEnd === -1) return -1;
      if (length === 8 && first === 0x72) this.resource.set(keyEnd + 2, valueEnd - 1);
      else if (length === 8 && first === 0x61) this.group.set(keyEnd + 2, valueEnd - 1);
      else if (length === 11) this.subresource.set(keyEnd + 2, valueEnd - 1);
      if (line[valueEnd] === 0x7d) return valueEnd + 1;
      if (line[valueEnd] !== 0x2c) return -1;
      at = valueEnd + 1;
    }
    return -1;
  }

  /** The response's code, 0 without one: its Status holds no other `code`. */
  private readCode(line: Buffer, at: number): boolean {
    this.code = 0;
    if (line.compare(responseStatus, 0, responseStatus.length, at, at + responseStatus.length) !== 0) return true;
    const found = line.indexOf(codeKey, at);
    if (found === -1 || found - at > longestHeader) return false;
    for (let digit = found + 7; digit < found + 11; digit += 1) {
      const value = (line[digit] ?? 0) - 0x30;
      if (value < 0 || value > 9) break;
      this.code = this.code * 10 + value;
    }
    return true;
  }

  /** The annotations as they are written, if any: behind the timestamps, and so behind the bodies. */
  private readTail(line: Buffer): boolean {
    this.tail.clear();
    const times = line.lastIndexOf(received);
    if (times === -1) return false;
    const found = line.indexOf(annotations, times);
    if (found === -1) return true;
    let end = line.length;
    while (end > found && line[end - 1] !== 0x7d) end -= 1;
    this.tail.set(found + annotations.length - 1, end - 1);
    return end - found <= longestHeader;
  }
}

class Range {
  from = 0;
  to = 0;

  set(from: number, to: number): void {
    this.from = from;
    this.to = to;
  }

  clear(): void {
    this.set(0, 0);
  }
}

/** A header that was seen before, as its bytes. */
export interface KnownHeader {
  readonly code: number;
  readonly hasObject: boolean;
  readonly stage: Buffer;
  readonly common: Buffer;
  readonly resource: Buffer;
  readonly group: Buffer;
  readonly subresource: Buffer;
  readonly tail: Buffer;
}

/** An event with the header's fields alone; undefined where they are no JSON. */
export function headerEvent(known: KnownHeader): Json | undefined {
  const { code, hasObject, stage, common, resource, group, subresource, tail } = known;
  const more = tail.length === 0 ? '' : `,"annotations":${tail.toString()}`;
  try {
    const value = JSON.parse(
      `{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"${common.toString()}${more}}`,
    ) as Json;
    if (!isObject(value)) return undefined;
    const asked = { resource: text(resource), apiGroup: text(group), subresource: text(subresource) };
    const auditID = '00000000-0000-0000-0000-000000000000';
    return {
      ...value,
      auditID,
      stage: stage.toString(),
      responseStatus: { code },
      ...(hasObject && { objectRef: asked }),
    };
  } catch {
    return undefined;
  }
}

/** The text of a JSON string, which may hold escapes. */
function text(bytes: Buffer): string {
  return JSON.parse(`"${bytes.toString()}"`) as string;
}

function same(line: Buffer, from: number, to: number, known: Buffer): boolean {
  return to - from === known.length && line.compare(known, 0, known.length, from, to) === 0;
}

/** The offset behind `text` where it stands at `at`; -1 where something else does, or `at` is -1. */
function expect(line: Buffer, at: number, word: string): number {
  if (at === -1) return -1;
  for (let index = 0; index < word.length; index += 1) {
    if (line[at + index] !== word.charCodeAt(index)) return -1;
  }
  return at + word.length;
}

/** The offset behind the quote that ends the string whose text begins at `at`; -1 where none does. */
function stringEnd(line: Buffer, at: number): number {
  if (at === -1) return -1;
  for (let stop = at; stop < line.length; stop += 1) {
    const byte = line[stop];
    if (byte === backslash) stop += 1;
    else if (byte === quote) return stop + 1;
  }
  return -1;
}

function isUuidAt(line: Buffer, at: number): boolean {
  for (let index = 0; index < 36; index += 1) {
    const byte = line[at + index] ?? 0;
    const dash = index === 8 || index === 13 || index === 18 || index === 23;
    const hex = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
    if (dash ? byte !== 0x2d : !hex) return false;
  }
  return true;
}
