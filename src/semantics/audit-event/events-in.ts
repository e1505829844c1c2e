import { type AuditEvent, auditLevels, auditStages, type EventOrigin } from '../../model/audit-event.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { readAuditEvent } from './event.ts';
import { eventOfLogEntry } from './gke.ts';

/**
 * The events in one JSON value, in order: an Event, an EventList or List, a list of any of these, or what managed
 * clusters and forwarders wrap them in:
 *
 * - EKS: a CloudWatch Logs subscription (`logEvents[].message`), `filter-log-events` (`events[].message`), one message;
 * - AKS: diagnostic settings to an event hub (`records[].properties.log`) or a storage account, AzureDiagnostics (`log_s`);
 * - GKE: Cloud Logging entries (`protoPayload`), made into the Event that they were made of;
 * - OpenShift and others: the Event with fields added, or as text in `message`, `log` or `structured`;
 * - collectors behind the audit webhook: the items of an EventList on their own, without kind and version.
 *
 * What is none of these holds no events. `origin` is that of all.
 */
export function eventsIn(value: Json, origin: EventOrigin): Iterable<AuditEvent> {
  const event = readAuditEvent(value, origin);
  if (event !== undefined) return [event];
  const found: AuditEvent[] = [];
  collect(value, { origin, found, depth: 0 });
  return found;
}

interface Collected {
  readonly origin: EventOrigin;
  readonly found: AuditEvent[];
  readonly depth: number;
}

/** Wrappers go this deep: a list of entries, whose records hold text, which holds an event. */
const deepest = 6;

function collect(value: Json, into: Collected): void {
  if (into.depth > deepest) return;
  const inner = { ...into, depth: into.depth + 1 };
  if (isList(value)) {
    for (const item of value) collect(item, inner);
    return;
  }
  if (!isObject(value)) return;
  const event = readAuditEvent(value, into.origin) ?? itemOf(value, into.origin) ?? eventOfLogEntry(value, into.origin);
  if (event !== undefined) {
    into.found.push(event);
    return;
  }
  const items = listOf(value);
  if (items !== undefined) {
    for (const item of items) collect(isTyped(value) ? withType(item, value) : item, inner);
    return;
  }
  for (const wrapped of wrappedIn(value)) collect(wrapped, inner);
}

/** An EventList of the audit group: its items come without the kind and version that are in the list's name. */
function isTyped({ kind, apiVersion }: JsonObject): boolean {
  return kind === 'EventList' && typeof apiVersion === 'string' && apiVersion.startsWith('audit.k8s.io/');
}

function withType(item: Json, { apiVersion = null }: JsonObject): Json {
  return isObject(item) && item.kind === undefined ? { kind: 'Event', apiVersion, ...item } : item;
}

/** An item of an EventList without its list: nothing else has an audit id, a stage and a level of the audit group. */
function itemOf(value: JsonObject, origin: EventOrigin): AuditEvent | undefined {
  const { kind, apiVersion, auditID, stage, level } = value;
  if (kind !== undefined || apiVersion !== undefined || typeof auditID !== 'string' || auditID === '') return undefined;
  if (!auditStages.some((each) => each === stage) || !auditLevels.some((each) => each === level)) return undefined;
  return readAuditEvent({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...value }, origin);
}

function listOf(value: JsonObject): readonly Json[] | undefined {
  const { kind, items } = value;
  if (isList(items) && typeof kind === 'string' && kind.endsWith('List')) return items;
  if (isList(value.logEvents)) return value.logEvents;
  if (isList(value.records)) return value.records;
  return isList(value.events) ? value.events : undefined;
}

const textFields = ['message', 'log', 'log_s', 'structured', '@message'] as const;

function* wrappedIn(value: JsonObject): Iterable<Json> {
  const properties = parsed(own(value, 'properties'));
  if (isObject(properties)) {
    const log = parsed(own(properties, 'log'));
    if (log !== undefined) yield log;
    return;
  }
  for (const field of textFields) {
    const held = parsed(own(value, field));
    if (held === undefined) continue;
    yield held;
    return;
  }
}

const prefix = /^(?:[\w.:+-]{1,253}\s+){0,4}$/;

/**
 * Whether what stands before the JSON of a line is of those that tools put there: the time of a CloudWatch export, the
 * node of `oc adm node-logs`, the `stdout F` of a container's log. Anything else is another program's line, in which a
 * client could have its own words repeated.
 */
export function isLinePrefix(text: string): boolean {
  return text === '' || (text.length <= 600 && prefix.test(text));
}

/** An object, or one that text holds; undefined for what is neither. */
function parsed(value: Json | undefined): JsonObject | undefined {
  if (isObject(value)) return value;
  if (typeof value !== 'string') return undefined;
  const begin = value.indexOf('{');
  if (begin === -1 || !isLinePrefix(value.slice(0, begin))) return undefined;
  try {
    const held: unknown = JSON.parse(begin === 0 ? value : value.slice(begin));
    return typeof held === 'object' && held !== null && !Array.isArray(held) ? (held as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
