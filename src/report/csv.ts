import { fingerprint } from '../engine/fingerprint.ts';
import type { Judgement } from '../engine/judge.ts';
import { locationOf } from './location.ts';
import { sortFindings, sortPlaces } from './order.ts';
import { visible } from './visible.ts';

const columns = [
  'severity',
  'control',
  'kind',
  'namespace',
  'name',
  'container',
  'message',
  'file',
  'line',
  'column',
  'field',
  'places',
  'fingerprint',
] as const;

/** A row a finding, gravest first, under a row of names. RFC 4180, with CR LF. */
export function* csv(judgement: Judgement): Generator<string> {
  yield line(columns);
  for (const finding of sortFindings(judgement.findings)) {
    const { control, severity, owner, subject, message, places } = finding;
    const [first] = sortPlaces(places);
    const { file = '', line: row = '', column = '', path = '' } = first === undefined ? {} : locationOf(first);
    yield line([
      severity,
      control.id,
      owner.kind,
      owner.namespace ?? '',
      owner.name,
      subject.container?.name ?? '',
      message,
      file,
      String(row),
      String(column),
      path,
      String(places.length),
      fingerprint(finding),
    ]);
  }
}

function line(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** Names come from the input, and a spreadsheet would compute what starts like a formula: an apostrophe stops it. */
function cell(raw: string): string {
  const text = visible(raw);
  const inert = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
