import type { AuditEvent } from '../model/audit-event.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import type { RuleExample } from './rule.ts';

const begin = Date.UTC(2026, 0, 5, 12);
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const maxRepeats = 5_000;

/** Keys of an example's event that are instructions, not fields. */
const instructions: ReadonlySet<string> = new Set(['repeat', 'after']);

/**
 * The events of an example: fields as in an audit event, with defaults for what every event has, so that an example
 * shows what matters. `repeat: 20` makes as many, with `{n}` in any text as their number from 1; `after: 10m` is how
 * long each comes after the one before (a second unless told).
 */
export function exampleEvents({ events }: RuleExample): readonly AuditEvent[] {
  const made: AuditEvent[] = [];
  let time = begin;
  for (const template of events) {
    const repeat = own(template, 'repeat');
    const count = typeof repeat === 'number' ? Math.min(maxRepeats, repeat) : 1;
    const step = spanOf(own(template, 'after'));
    for (let number = 1; number <= count; number += 1) {
      time += step;
      const event = readAuditEvent(completed(numbered(template, number), { time, index: made.length }), {
        source: 'example',
        offset: made.length,
      });
      if (event !== undefined) made.push(event);
    }
  }
  return made;
}

function spanOf(value: Json | undefined): number {
  const match = typeof value === 'string' ? /^(\d+)([smhd])$/.exec(value) : null;
  return match === null ? 1000 : Number(match[1]) * (units[match[2] ?? ''] ?? 0);
}

function completed(
  template: JsonObject,
  { time, index }: { readonly time: number; readonly index: number },
): JsonObject {
  const stamp = new Date(time).toISOString().replace('Z', '000Z');
  const code = isObject(template.responseStatus) ? template.responseStatus.code : 200;
  const fields = Object.fromEntries(Object.entries(template).filter(([key]) => !instructions.has(key)));
  const decided = code === 401 ? {} : { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' };
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    stage: code === 401 ? 'ResponseStarted' : 'ResponseComplete',
    requestURI: uriOf(template),
    verb: 'get',
    user: code === 401 ? {} : { username: 'jane', groups: ['system:authenticated'] },
    sourceIPs: ['203.0.113.7'],
    userAgent: 'kubectl/v1.33.0 (linux/amd64)',
    responseStatus: { code: 200 },
    requestReceivedTimestamp: stamp,
    stageTimestamp: stamp,
    ...fields,
    annotations: isObject(template.annotations) ? template.annotations : decided,
  };
}

function uriOf({ objectRef }: JsonObject): string {
  if (!isObject(objectRef)) return '/';
  const { resource = '', namespace, name, subresource, apiGroup } = objectRef;
  const root = apiGroup === undefined ? '/api/v1' : `/apis/${String(apiGroup)}/v1`;
  const parts = [namespace === undefined ? '' : `namespaces/${String(namespace)}`, resource, name, subresource];
  return `${root}/${parts.filter((part) => typeof part === 'string' && part !== '').join('/')}`;
}

function numbered(value: JsonObject, number: number): JsonObject {
  const visit = (json: Json): Json => {
    if (typeof json === 'string') return json.replaceAll('{n}', String(number));
    if (isList(json)) return json.map(visit);
    return isObject(json) ? Object.fromEntries(Object.entries(json).map(([key, item]) => [key, visit(item)])) : json;
  };
  const result = visit(value);
  return isObject(result) ? result : value;
}
