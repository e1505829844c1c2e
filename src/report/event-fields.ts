import type { AuditEvent, AuditUser } from '../model/audit-event.ts';
import { isList, isObject, type Json, own } from '../model/json.ts';
import { targetText } from '../semantics/audit-event/index.ts';
import { eventTime } from './event-time.ts';

/** Reads one field of an event; undefined where the event has none. */
export type EventField = (event: AuditEvent) => Json | undefined;

const fields: ReadonlyMap<string, EventField> = new Map<string, EventField>([
  ['time', ({ time }) => eventTime(time)],
  ['received', ({ received }) => eventTime(received)],
  ['id', ({ id }) => id],
  ['level', ({ level }) => level],
  ['stage', ({ stage }) => stage],
  ['verb', ({ verb }) => verb],
  ['action', ({ action }) => action],
  ['uri', ({ uri }) => uri],
  ['path', ({ path }) => path],
  ['user', ({ user }) => user?.name],
  ...userFields('user', ({ user }) => user),
  ['impersonated', ({ impersonated }) => impersonated?.name],
  ...userFields('impersonated', ({ impersonated }) => impersonated),
  ['source', ({ source }) => source],
  ['sources', ({ sources }) => sources],
  ['userAgent', ({ userAgent }) => userAgent],
  ['target', (event) => targetText(event)],
  ['group', ({ object }) => object?.group],
  ['version', ({ object }) => object?.version],
  ['resource', ({ object }) => object?.resource],
  ['subresource', ({ object }) => object?.subresource],
  ['namespace', ({ object }) => object?.namespace],
  ['name', ({ object }) => object?.name],
  ['code', ({ status }) => status?.code],
  ['reason', ({ status }) => status?.reason],
  ['message', ({ status }) => status?.message],
  ['outcome', ({ outcome }) => outcome],
  ['origin', ({ origin }) => `${origin.source}:${origin.offset}`],
]);

function userFields(name: string, of: (event: AuditEvent) => AuditUser | undefined): readonly [string, EventField][] {
  return [
    [`${name}.name`, (event) => of(event)?.name],
    [`${name}.uid`, (event) => of(event)?.uid],
    [`${name}.groups`, (event) => of(event)?.groups],
  ];
}

/** What fields there are, for a hint. */
export const fieldNames: readonly string[] = [
  ...fields.keys(),
  'user.extra.KEY',
  'annotations.KEY',
  'request.PATH',
  'response.PATH',
  'raw.PATH',
];

/** A field by its name; undefined where there is none of that name. */
export function eventField(name: string): EventField | undefined {
  const plain = fields.get(name);
  if (plain !== undefined) return plain;
  const rest = (prefix: string): string | undefined =>
    name.startsWith(prefix) && name.length > prefix.length ? name.slice(prefix.length) : undefined;
  const extra = rest('user.extra.');
  if (extra !== undefined) return ({ user }) => user?.extra.get(extra);
  const annotation = rest('annotations.');
  if (annotation !== undefined) return ({ annotations }) => annotations.get(annotation);
  for (const part of ['request', 'response', 'raw'] as const) {
    if (name === part) return (event) => event[part];
    const path = rest(`${part}.`);
    if (path === undefined) continue;
    const steps = stepsOf(path);
    return (event) => valueAt(event[part], steps);
  }
  return undefined;
}

/** `spec.containers[0].image`; a dot in a key is written `\.`. */
function stepsOf(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = [];
  for (const part of path.split(/(?<!\\)\./)) {
    const [, key = '', indexes = ''] = /^(.*?)((?:\[\d+\])*)$/s.exec(part) ?? [];
    if (key !== '') steps.push(key.replaceAll('\\.', '.'));
    for (const [, index] of indexes.matchAll(/\[(\d+)\]/g)) steps.push(Number(index));
  }
  return steps;
}

function valueAt(value: Json | undefined, steps: readonly (string | number)[]): Json | undefined {
  let at = value;
  for (const step of steps) {
    if (typeof step === 'number') at = isList(at) ? at[step] : undefined;
    else at = isObject(at) ? own(at, step) : undefined;
  }
  return at;
}

/** A value in a column: text as it is, lists of plain values with commas, anything else as JSON. */
export function fieldText(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'string') return value;
  if (isList(value) && value.every((item) => typeof item !== 'object' || item === null)) return value.join(',');
  try {
    return JSON.stringify(value);
  } catch {
    return tooDeep;
  }
}

/** What stands for JSON that is nested deeper than it can be written: the API server takes 10,000 levels. */
const tooDeep = '(nested too deeply)';

/** An event as one line of JSON; without what is nested deeper than it can be written. */
export function eventJson({ raw }: AuditEvent): string {
  try {
    return JSON.stringify(raw);
  } catch {
    const fields = isObject(raw) ? Object.entries(raw) : [];
    return JSON.stringify(Object.fromEntries(fields.map(([key, value]) => [key, writable(value)])));
  }
}

function writable(value: Json): Json {
  try {
    JSON.stringify(value);
    return value;
  } catch {
    return tooDeep;
  }
}
