import type { AuditUser } from '../model/audit-event.ts';
import { isObject, own } from '../model/json.ts';
import type { Field, KnownFrom } from './field.ts';
import { type FieldValue, hidden } from './truth.ts';
import type { EventView } from './view.ts';
import { stepsOf, valueAt } from './walk.ts';

type Read = (view: EventView) => FieldValue;

function set(text: string | undefined): FieldValue {
  return text === undefined || text === '' ? undefined : text;
}

function raw(key: string): Read {
  return ({ event }) => (isObject(event.raw) ? own(event.raw, key) : undefined);
}

function userFields(prefix: string, of: (view: EventView) => AuditUser | undefined): [string, KnownFrom, Read][] {
  return [
    [`${prefix}.username`, prefix === 'user' ? 'caller' : 'header', (view) => set(of(view)?.name)],
    [`${prefix}.uid`, 'header', (view) => set(of(view)?.uid)],
    [`${prefix}.groups`, prefix === 'user' ? 'caller' : 'header', (view) => of(view)?.groups],
  ];
}

/** The fields of an audit.k8s.io/v1 Event that have a fixed name, as Sigma rules for Kubernetes write them. */
const rows: readonly (readonly [name: string, known: KnownFrom, read: Read])[] = [
  ['kind', 'event', raw('kind')],
  ['apiVersion', 'event', raw('apiVersion')],
  ['level', 'event', ({ event }) => event.level],
  ['auditID', 'event', ({ event }) => set(event.id)],
  ['stage', 'event', ({ event }) => event.stage],
  ['requestURI', 'event', ({ event }) => set(event.uri)],
  ['verb', 'shape', ({ verb }) => set(verb)],
  ...userFields('user', ({ event }) => event.user),
  ...userFields('impersonatedUser', ({ event }) => event.impersonated),
  [
    'authenticationMetadata.impersonationConstraint',
    'event',
    ({ event }) =>
      isObject(event.raw) ? valueAt(event.raw, ['authenticationMetadata', 'impersonationConstraint']) : undefined,
  ],
  ['sourceIPs', 'caller', ({ event }) => event.sources],
  ['userAgent', 'caller', ({ event }) => set(event.userAgent)],
  ['objectRef.resource', 'shape', ({ event }) => set(event.object?.resource)],
  ['objectRef.subresource', 'shape', ({ event }) => set(event.object?.subresource)],
  ['objectRef.apiGroup', 'shape', ({ event }) => set(event.object?.group)],
  ['objectRef.apiVersion', 'event', ({ event }) => set(event.object?.version)],
  ['objectRef.namespace', 'event', ({ event }) => set(event.object?.namespace)],
  ['objectRef.name', 'event', ({ event }) => set(event.object?.name)],
  ['objectRef.uid', 'event', ({ event }) => set(event.object?.uid)],
  [
    'objectRef.resourceVersion',
    'event',
    ({ event }) => (isObject(event.raw) ? valueAt(event.raw, ['objectRef', 'resourceVersion']) : undefined),
  ],
  ['responseStatus.code', 'shape', ({ event }) => event.status?.code || undefined],
  ['responseStatus.reason', 'event', ({ event }) => set(event.status?.reason)],
  ['responseStatus.message', 'event', ({ event }) => set(event.status?.message)],
  [
    'responseStatus.status',
    'event',
    ({ event }) => (isObject(event.raw) ? valueAt(event.raw, ['responseStatus', 'status']) : undefined),
  ],
  ['requestReceivedTimestamp', 'event', raw('requestReceivedTimestamp')],
  ['stageTimestamp', 'event', raw('stageTimestamp')],
];

export const eventFields: readonly Field[] = rows.map(([name, known, read]) => ({
  name,
  known,
  level: 'Metadata',
  read,
}));

/** Prefixes below which a path may go on as the event's own data does. */
export const openPrefixes: readonly string[] = [
  ...['annotations.', 'user.extra.', 'impersonatedUser.extra.', 'responseStatus.details.', 'requestObject.'],
  ...['responseObject.', 'object.', 'before.'],
];

/** A field below one of `openPrefixes`; undefined for any other name. */
export function openField(name: string): Field | undefined {
  const prefix = openPrefixes.find((open) => name.startsWith(open) && name.length > open.length);
  if (prefix === undefined) return undefined;
  const rest = name.slice(prefix.length);
  const plain = { name, level: 'Metadata' } as const;
  if (prefix === 'annotations.') return { ...plain, known: 'header', read: ({ event }) => event.annotations.get(rest) };
  if (prefix === 'user.extra.') return { ...plain, known: 'header', read: ({ event }) => event.user?.extra.get(rest) };
  if (prefix === 'impersonatedUser.extra.')
    return { ...plain, known: 'header', read: ({ event }) => event.impersonated?.extra.get(rest) };
  const steps = stepsOf(rest);
  if (prefix === 'responseStatus.details.') {
    const path = ['responseStatus', 'details', ...steps];
    return { ...plain, known: 'event', read: ({ event }) => valueAt(event.raw, path) };
  }
  if (prefix === 'requestObject.') {
    const read: Read = ({ request }) => (request === hidden ? hidden : valueAt(request, steps));
    return { name, known: 'event', level: 'Request', read };
  }
  if (prefix === 'responseObject.') {
    const read: Read = ({ response }) => (response === hidden ? hidden : valueAt(response, steps));
    return { name, known: 'event', level: 'RequestResponse', read };
  }
  if (prefix === 'before.') {
    const read: Read = ({ event, around }) => {
      const before = around.before(event);
      return before === undefined ? hidden : valueAt(before, steps);
    };
    return { name, known: 'event', level: 'RequestResponse', read };
  }
  return { name, known: 'event', level: 'Request', read: fromObject((value) => valueAt(value, steps)) };
}

/**
 * Reads the object as it is after the request. What a patch does not show may still be there: only what it sets is
 * known.
 */
export function fromObject(
  read: (value: Readonly<Record<string, import('../model/json.ts').Json>>, view: EventView) => FieldValue,
): Read {
  return (view) => {
    const { object } = view;
    if (object === undefined || object === hidden) return object;
    const value = read(object.value, view);
    if (!object.partial) return value;
    const says = value !== undefined && value !== false && value !== 0 && !(Array.isArray(value) && value.length === 0);
    return says ? value : hidden;
  };
}
