import { isObject, type Json } from '../model/json.ts';
import { isUuid } from './request-fields.ts';

/** What a raw line shows before anything of it is parsed. */
export interface LineHeader {
  readonly stage: string;
  /** Everything that a rule may read of the header, the same for requests that differ only in name and bodies. */
  readonly key: string;
  readonly code: number;
  /** An event with the header's fields alone. */
  event(): Json | undefined;
}

const start = Buffer.from('{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"');
const quote = 0x22;
const backslash = 0x5c;
const longestHeader = 4096;

/**
 * The header of a line as the API server writes it, fields in the order of its Go type; undefined for any other, which
 * then has to be parsed. Every field is found where it stands, past strings whose quotes are escaped, so nothing that a
 * client put into a name, a user agent or a body is taken for it.
 */
export function readHeader(line: Buffer): LineHeader | undefined {
  if (line.length < 100 || line.compare(start, 0, start.length, 0, start.length) !== 0) return undefined;
  const level = stringEnd(line, start.length);
  const idStart = expect(line, level, ',"auditID":"');
  const id = stringEnd(line, idStart);
  const stageStart = expect(line, id, ',"stage":"');
  const stageStop = stringEnd(line, stageStart);
  if (stageStop === -1) return undefined;
  const stage = line.toString('latin1', stageStart, stageStop - 1);
  // A rule may ask about ids that a client chose.
  if (!isUuid(line.toString('latin1', idStart, id - 1))) return undefined;
  const uriStart = expect(line, stageStop, ',"requestURI":"');
  const uri = stringEnd(line, uriStart);
  const verb = expect(line, uri, ',"verb":"');
  if (verb === -1) return undefined;
  const object = line.indexOf(',"objectRef":{', verb);
  const status = object === -1 ? line.indexOf(',"responseStatus":{', verb) : object;
  if (status === -1 || status - verb > longestHeader) return undefined;
  const reference = object === -1 ? undefined : readReference(line, object + 14);
  if (object !== -1 && reference === undefined) return undefined;
  const tail = readTail(line);
  const code = readCode(line, reference?.end ?? status);
  if (tail === undefined || code === undefined) return undefined;
  const common = line.toString('latin1', verb, status);
  const { resource = '', group = '', subresource = '' } = reference ?? {};
  const key = `${stage} ${resource}.${group}/${subresource} ${code} ${common} ${tail}`;
  return {
    stage,
    key,
    code,
    event: () => {
      const text = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"00000000-0000-0000-0000-000000000000","stage":"${stage}","verb":"${line.toString('utf8', verb, status)}${tail === '' ? '' : `,"annotations":${tail}`}}`;
      return headerEvent(text, { resource, group, subresource, code, isResource: reference !== undefined });
    },
  };
}

function headerEvent(
  text: string,
  { resource, group, subresource, code, isResource }: { readonly resource: string; readonly group: string; readonly subresource: string; readonly code: number; readonly isResource: boolean },
): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    if (!isObject(value)) return undefined;
    const objectRef = { resource, apiGroup: group, subresource };
    return { ...value, responseStatus: { code }, ...(isResource && { objectRef }) };
  } catch {
    return undefined;
  }
}

/** The offset behind `text` where it stands at `at`; -1 where something else does, or `at` is -1. */
function expect(line: Buffer, at: number, text: string): number {
  if (at === -1) return -1;
  for (let index = 0; index < text.length; index += 1) {
    if (line[at + index] !== text.charCodeAt(index)) return -1;
  }
  return at + text.length;
}

/** The offset behind the quote that ends the string whose text begins at `at`. */
function stringEnd(line: Buffer, at: number): number {
  if (at === -1) return -1;
  let stop = line.indexOf(quote, at);
  while (stop !== -1) {
    let slashes = 0;
    while (line[stop - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return stop + 1;
    stop = line.indexOf(quote, stop + 1);
  }
  return -1;
}

interface Reference {
  readonly resource: string;
  readonly group: string;
  readonly subresource: string;
  readonly end: number;
}

/** An objectRef: strings only. */
function readReference(line: Buffer, from: number): Reference | undefined {
  let resource = '';
  let group = '';
  let subresource = '';
  let at = from;
  for (let fields = 0; fields < 10; fields += 1) {
    if (line[at] !== quote) return undefined;
    const keyStop = stringEnd(line, at + 1);
    const key = line.toString('latin1', at + 1, keyStop - 1);
    const valueStart = expect(line, keyStop, ':"');
    const valueStop = stringEnd(line, valueStart);
    if (valueStop === -1) return undefined;
    if (key === 'resource') resource = line.toString('latin1', valueStart, valueStop - 1);
    else if (key === 'apiGroup') group = line.toString('latin1', valueStart, valueStop - 1);
    else if (key === 'subresource') subresource = line.toString('latin1', valueStart, valueStop - 1);
    if (line[valueStop] === 0x7d) return { resource, group, subresource, end: valueStop + 1 };
    if (line[valueStop] !== 0x2c) return undefined;
    at = valueStop + 1;
  }
  return undefined;
}

/** The response's code, 0 without one: its Status holds no other `code`. */
function readCode(line: Buffer, at: number): number | undefined {
  const status = expect(line, at, ',"responseStatus":{');
  if (status === -1) return 0;
  const found = line.indexOf('"code":', status);
  if (found === -1 || found - status > longestHeader) return undefined;
  let code = 0;
  for (let digit = found + 7; digit < found + 11; digit += 1) {
    const value = (line[digit] ?? 0) - 0x30;
    if (value < 0 || value > 9) break;
    code = code * 10 + value;
  }
  return code;
}

const received = Buffer.from('"requestReceivedTimestamp":"');
const annotations = Buffer.from(',"annotations":{');

/** The annotations as they are written, empty without any: behind the timestamps, and so behind the bodies. */
function readTail(line: Buffer): string | undefined {
  const times = line.lastIndexOf(received);
  if (times === -1) return undefined;
  const found = line.indexOf(annotations, times);
  if (found === -1) return '';
  let end = line.length;
  while (end > found && line[end - 1] !== 0x7d) end -= 1;
  return end - found > longestHeader ? undefined : line.toString('utf8', found + annotations.length - 1, end - 1);
}
