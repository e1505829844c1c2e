import type { AuditEvent, AuditUser, Outcome } from '../model/audit-event.ts';
import { type EventField, fieldText } from './event-fields.ts';
import { shortGroup, shortUser } from './event-names.ts';
import { eventTime, shortEventTime } from './event-time.ts';
import type { Cell, Column } from './stream-columns.ts';
import type { Style } from './style.ts';
import { visible, visibleShort } from './visible.ts';

/** What a listing of events looks like: its columns, and the row of an event. */
export interface EventLayout {
  readonly columns: readonly Column[];
  readonly row: (event: AuditEvent) => readonly Cell[];
  /** A line above the events that have it in common. */
  readonly heading?: (event: AuditEvent) => string;
}

const longest = 400;

/** For people: what fits a line. A narrow terminal shows the day above the events, and codes without their reasons. */
export function shortLayout(style: Style, width: number): EventLayout {
  const isNarrow = width < 100;
  const columns: readonly Column[] = [
    { title: 'TIME', widest: 14 },
    { title: 'USER', widest: 44, usual: 28, gives: 1.2, narrowest: 14 },
    { title: 'VERB', widest: 11, usual: 6 },
    { title: 'RESOURCE', widest: 70, usual: 40, gives: 1, narrowest: 20 },
    { title: 'RESULT', widest: 25, usual: isNarrow ? 11 : 19, gives: 0.5, narrowest: 17 },
    ...(isNarrow ? [] : [{ title: 'SOURCE', widest: 39 }]),
  ];
  const row = (event: AuditEvent): readonly Cell[] => [
    { text: shortEventTime(event.time).slice(isNarrow ? 6 : 0), style: style.faint },
    cell(actor(event, ({ name }) => shortUser(name))),
    { ...cell(event.action), style: changes.has(event.action) ? style.strong : undefined },
    cell(target(event, isNarrow ? () => '' : shortGroup)),
    result(event, { style, isNarrow }),
    ...(isNarrow ? [] : [{ ...cell(event.source), style: style.faint }]),
  ];
  if (!isNarrow) return { columns, row };
  return { columns, row, heading: ({ time }) => style.faint(`${eventTime(time).slice(0, 10)} (UTC)`) };
}

/** Everything that is told of an event in a line, nothing of it cut. */
export function wideLayout(style: Style): EventLayout {
  return {
    columns: [
      { title: 'TIME', widest: 27 },
      { title: 'USER', widest: 60, usual: 50 },
      { title: 'VERB', widest: 11, usual: 6 },
      { title: 'RESOURCE', widest: 80, usual: 50 },
      { title: 'RESULT', widest: 25, usual: 19 },
      { title: 'SOURCE', widest: 39, usual: 15 },
      { title: 'AGENT', widest: 40, usual: 40 },
      { title: 'MESSAGE', widest: 40 },
    ],
    row: (event) => [
      { text: eventTime(event.time), style: style.faint },
      cell(actor(event, ({ name }) => name)),
      { ...cell(event.action), style: changes.has(event.action) ? style.strong : undefined },
      cell(target(event, (group) => group)),
      result(event, { style, isNarrow: false }),
      cell(event.source),
      cell(event.userAgent),
      cell(event.outcome === 'ok' ? '' : (event.status?.message ?? '')),
    ],
  };
}

/** The fields that were asked for. */
export function fieldLayout(fields: readonly { readonly name: string; readonly read: EventField }[]): EventLayout {
  return {
    columns: fields.map(({ name }) => ({ title: visible(name.toUpperCase()), widest: 60, usual: 20 })),
    row: (event) => fields.map(({ read }) => ({ text: visible(fieldText(read(event))) || '<none>' })),
  };
}

function cell(text: string): Cell {
  return { text: visibleShort(text, longest) || '-' };
}

/** Verbs that change something, or reach into something. */
const changes: ReadonlySet<string> = new Set([
  ...['create', 'update', 'patch', 'delete', 'deletecollection'],
  ...['exec', 'attach', 'portforward', 'proxy', 'post', 'put'],
]);

function actor({ user, impersonated }: AuditEvent, named: (user: AuditUser) => string): string {
  if (user === undefined) return '(not authenticated)';
  return impersonated === undefined ? named(user) : `${named(user)} as ${named(impersonated)}`;
}

/** `pods shop/web`, `pods/log shop/web`, `secrets in shop`; with the command of an exec. */
function target({ object, path, uri, action }: AuditEvent, named: (group: string) => string): string {
  if (object === undefined) return path;
  const { group, resource, subresource, namespace, name } = object;
  const suffix = named(group);
  const kind = `${resource}${suffix === '' ? '' : `.${suffix}`}`;
  const part = subresource === '' || subresource === action ? '' : `/${subresource}`;
  const inside = resource === 'namespaces' && group === '' ? '' : namespace;
  const place = name === '' ? (inside === '' ? '' : ` in ${inside}`) : ` ${inside === '' ? '' : `${inside}/`}${name}`;
  return `${kind}${part}${place}${action === 'exec' ? command(uri) : ''}`;
}

/** An exec carries its command in the query, a word a parameter. */
function command(uri: string): string {
  const words = new URLSearchParams(uri.slice(uri.indexOf('?') + 1, 4096)).getAll('command');
  return words.length === 0 ? '' : `: ${words.join(' ')}`;
}

/** The user column says it already, or it has to be short. */
const briefly: ReadonlyMap<Outcome, string> = new Map([
  ['unauthenticated', ''],
  ['impersonation-refused', 'impersonation'],
]);

function result(event: AuditEvent, { style, isNarrow }: { style: Style; isNarrow: boolean }): Cell {
  const { outcome, status } = event;
  const code = status === undefined || status.code === 0 ? '' : `${status.code}`;
  if (outcome === 'ok') return { text: code || 'ok', style: style.faint };
  if (outcome === 'pending') return { text: outcome, style: style.faint };
  if (outcome !== 'failed') {
    const words = isNarrow ? briefly.get(outcome) : undefined;
    return { text: `${code} ${words ?? outcome.replace('-', ' ')}`.trim(), style: style.alarming };
  }
  const reason = isNarrow ? '' : (status?.reason ?? '');
  const text = visibleShort(`${code} ${reason}`.trim(), longest) || outcome;
  return { text, style: (shown) => style.severity('medium', shown) };
}
