import { describe, expect, it } from 'vitest';
import type { Json } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { eventField, eventJson, fieldNames, fieldText } from './event-fields.ts';
import { eventTime, shortEventTime } from './event-time.ts';

const event = readAuditEvent(
  {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    stage: 'ResponseComplete',
    verb: 'create',
    user: { username: 'alice', groups: ['a', 'b'], extra: { 'example.org/key': ['1'] } },
    objectRef: { resource: 'pods', namespace: 'shop', name: 'web' },
    responseStatus: { code: 201 },
    requestObject: {
      metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
      spec: { containers: [{ image: 'a' }, { image: 'b' }], n: 2 },
    },
    stageTimestamp: '2026-11-20T20:06:05.021717Z',
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    future: { field: true },
  },
  { source: 'audit.log', offset: 7 },
);

describe('eventField', () => {
  it.each([
    ['time', '2026-11-20T20:06:05.021717Z'],
    ['user.name', 'alice'],
    ['user.groups', 'a,b'],
    ['user.extra.example.org/key', '1'],
    ['target', 'pods shop/web'],
    ['code', '201'],
    ['annotations.authorization.k8s.io/decision', 'allow'],
    ['request.spec.containers[1].image', 'b'],
    ['request.spec.containers', '[{"image":"a"},{"image":"b"}]'],
    ['request.metadata.labels.app\\.kubernetes\\.io/name', 'web'],
    ['request.constructor', ''],
    ['response.metadata.name', ''],
    ['raw.future.field', 'true'],
    ['impersonated.name', ''],
    ['origin', 'audit.log:7'],
  ])('%s', (name, text) => {
    if (event === undefined) throw new Error('no event');
    expect(fieldText(eventField(name)?.(event))).toBe(text);
  });

  it('knows every field that it names, and no other', () => {
    for (const name of fieldNames)
      expect(eventField(name.replace('KEY', 'x').replace('PATH', 'x')), name).toBeDefined();
    for (const name of ['', 'use', 'user.', 'request.', 'annotations', '__proto__', 'constructor']) {
      expect(eventField(name), name).toBeUndefined();
    }
  });
});

describe('eventJson', () => {
  it('leaves out bodies that are nested too deeply to be written', () => {
    const body = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as Json;
    const raw = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', verb: 'create', requestObject: body };
    const read = readAuditEvent(raw, { source: '', offset: 0 });
    if (read === undefined) throw new Error('no event');
    expect(JSON.parse(eventJson(read))).toEqual({ ...raw, requestObject: '(nested too deeply)' });
    expect(fieldText(eventField('request')?.(read))).toBe('(nested too deeply)');
  });
});

describe('eventTime', () => {
  it.each([
    [Date.UTC(2026, 10, 20, 20, 6, 5) + 21.717, '2026-11-20T20:06:05.021717Z', '11-20 20:06:05'],
    [Date.UTC(2026, 10, 20, 20, 6, 5) + 0.9999, '2026-11-20T20:06:05.001000Z', '11-20 20:06:05'],
    [0, '1970-01-01T00:00:00.000000Z', '01-01 00:00:00'],
    [Number.NaN, '', ''],
  ])('%s', (ms, long, short) => {
    expect([eventTime(ms), shortEventTime(ms)]).toEqual([long, short]);
  });
});
