import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEvent, EventOrigin } from '../../model/audit-event.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { everything } from './event-record.ts';
import { describeEvent, eventsIn, readAuditEvent } from './index.ts';

const origin: EventOrigin = { source: 'audit.log', offset: 42 };

function event(fields: JsonObject = {}): AuditEvent {
  const read = readAuditEvent(
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: '0a1b',
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/shop/secrets/db?pretty=true',
      verb: 'get',
      user: {
        username: 'alice',
        uid: 'u1',
        groups: ['dev', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] },
      },
      sourceIPs: ['198.51.100.7', '10.0.0.4'],
      userAgent: 'kubectl/v1.33.1',
      objectRef: { resource: 'secrets', namespace: 'shop', name: 'db', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 200 },
      requestReceivedTimestamp: '2026-11-20T20:06:05.021717Z',
      stageTimestamp: '2026-11-20T20:06:05.029685Z',
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': 'RBAC: allowed' },
      ...fields,
    },
    origin,
  );
  if (read === undefined) throw new Error('no event');
  return read;
}

const forbid = { 'authorization.k8s.io/decision': 'forbid' };
const allow = { 'authorization.k8s.io/decision': 'allow' };
const forbidden = (message = ''): JsonObject => ({ code: 403, reason: 'Forbidden', message });

describe('readAuditEvent', () => {
  it('reads every field', () => {
    expect(everything(event())).toEqual({
      id: '0a1b',
      level: 'Metadata',
      stage: 'ResponseComplete',
      received: Date.UTC(2026, 10, 20, 20, 6, 5) + 21.717,
      time: Date.UTC(2026, 10, 20, 20, 6, 5) + 29.685,
      verb: 'get',
      action: 'get',
      uri: '/api/v1/namespaces/shop/secrets/db?pretty=true',
      path: '/api/v1/namespaces/shop/secrets/db',
      user: {
        name: 'alice',
        uid: 'u1',
        groups: ['dev', 'system:authenticated'],
        extra: [['authentication.kubernetes.io/credential-id', ['JTI=1']]],
      },
      impersonated: undefined,
      source: '10.0.0.4',
      sources: ['198.51.100.7', '10.0.0.4'],
      userAgent: 'kubectl/v1.33.1',
      object: {
        group: '',
        version: 'v1',
        resource: 'secrets',
        subresource: '',
        namespace: 'shop',
        name: 'db',
        uid: '',
      },
      status: { code: 200, reason: '', message: '' },
      outcome: 'ok',
      isTerminal: true,
      annotations: [
        ['authorization.k8s.io/decision', 'allow'],
        ['authorization.k8s.io/reason', 'RBAC: allowed'],
      ],
      request: undefined,
      response: undefined,
    });
    expect(event().origin).toBe(origin);
  });

  it('keeps what it does not know', () => {
    const raw = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', futureField: { deep: [1] } };
    expect(readAuditEvent(raw, origin)?.raw).toBe(raw);
  });

  it('reads v1beta1, and the timestamp of old events', () => {
    const old = event({ apiVersion: 'audit.k8s.io/v1beta1', stageTimestamp: null, requestReceivedTimestamp: null });
    expect(old.time).toBe(0);
    const timed = event({ stageTimestamp: null, requestReceivedTimestamp: null, timestamp: '2018-01-01T00:00:00Z' });
    expect([timed.time, timed.received]).toEqual([Date.UTC(2018, 0), Date.UTC(2018, 0)]);
  });

  it('keeps microseconds apart', () => {
    const at = (stageTimestamp: string): number => event({ stageTimestamp }).time;
    expect(at('2026-11-20T20:06:05.000002Z')).toBeGreaterThan(at('2026-11-20T20:06:05.000001Z'));
  });

  it.each([
    ['a pod', { kind: 'Pod', apiVersion: 'v1' }],
    ['an event of the core group', { kind: 'Event', apiVersion: 'v1' }],
    ['a version that was never served here', { kind: 'Event', apiVersion: 'audit.k8s.io/v9' }],
    ['a string', 'Event'],
    ['null', null],
    ['a list', [{ kind: 'Event', apiVersion: 'audit.k8s.io/v1' }]],
  ])('is none: %s', (_, raw) => {
    expect(readAuditEvent(raw as Json, origin)).toBeUndefined();
  });

  it.each<[string, JsonObject, string]>([
    ['success', {}, 'ok'],
    ['a switch of protocols', { responseStatus: { code: 101 } }, 'ok'],
    ['not modified', { responseStatus: { code: 304 } }, 'ok'],
    ['not found', { responseStatus: { code: 404, reason: 'NotFound' } }, 'failed'],
    ['throttled', { responseStatus: { code: 429 } }, 'failed'],
    ['a failure without a code', { responseStatus: { status: 'Failure' } }, 'failed'],
    ['running', { stage: 'RequestReceived', responseStatus: null }, 'pending'],
    ['a panic', { stage: 'Panic', responseStatus: { code: 500 } }, 'failed'],
    [
      'a failed authentication',
      { stage: 'ResponseStarted', user: {}, annotations: null, responseStatus: { code: 401 } },
      'unauthenticated',
    ],
    ['the 401 of a service behind the proxy', { responseStatus: { code: 401 } }, 'failed'],
    ['denied', { responseStatus: forbidden(), annotations: forbid }, 'denied'],
    [
      'denied, with a name that pretends to be an impersonation',
      {
        responseStatus: forbidden('pods is forbidden: User "x cannot impersonate" cannot list resource "pods"'),
        annotations: forbid,
      },
      'denied',
    ],
    [
      'denied before decisions were annotated',
      { responseStatus: forbidden('pods is forbidden: User "bob" cannot list pods'), annotations: null },
      'denied',
    ],
    [
      'impersonation refused',
      {
        responseStatus: forbidden('users "root" is forbidden: User "bob" cannot impersonate resource "users"'),
        annotations: null,
      },
      'impersonation-refused',
    ],
    [
      'impersonation refused, with the message in the body',
      {
        responseStatus: { code: 403, reason: 'Forbidden' },
        responseObject: { kind: 'Status', message: 'groups "a" is forbidden: User "bob" cannot impersonate resource' },
        annotations: {},
      },
      'impersonation-refused',
    ],
    [
      'impersonation refused, without a message',
      { responseStatus: { code: 403 }, annotations: null },
      'impersonation-refused',
    ],
    [
      'escalation',
      {
        responseStatus: forbidden(
          'roles "x" is forbidden: user "bob" is attempting to grant RBAC permissions not held',
        ),
        annotations: allow,
      },
      'refused',
    ],
    [
      'a quota',
      { responseStatus: forbidden('pods "x" is forbidden: exceeded quota: q'), annotations: allow },
      'refused',
    ],
    [
      'admission, without annotations',
      { responseStatus: forbidden('exceeded quota: q'), annotations: null },
      'refused',
    ],
  ])('outcome: %s', (_, fields, outcome) => {
    expect(event(fields).outcome).toBe(outcome);
  });

  it.each<[string, JsonObject, string]>([
    ['exec over SPDY', { verb: 'create', objectRef: { resource: 'pods', subresource: 'exec' } }, 'exec'],
    ['exec over WebSocket', { verb: 'get', objectRef: { resource: 'pods', subresource: 'exec' } }, 'exec'],
    ['attach', { verb: 'get', objectRef: { resource: 'pods', subresource: 'attach' } }, 'attach'],
    ['port-forward', { verb: 'create', objectRef: { resource: 'pods', subresource: 'portforward' } }, 'portforward'],
    ['node proxy', { verb: 'get', objectRef: { resource: 'nodes', subresource: 'proxy' } }, 'proxy'],
    ['logs', { verb: 'get', objectRef: { resource: 'pods', subresource: 'log' } }, 'get'],
    ['no resource', { verb: 'post', objectRef: null }, 'post'],
  ])('action: %s', (_, fields, action) => {
    expect(event(fields).action).toBe(action);
  });

  it.each<[string, JsonObject, boolean]>([
    ['complete', {}, true],
    ['a panic', { stage: 'Panic' }, true],
    ['received', { stage: 'RequestReceived' }, false],
    ['an exec that began', { stage: 'ResponseStarted', objectRef: { resource: 'pods', subresource: 'exec' } }, true],
    ['a watch that began', { stage: 'ResponseStarted', verb: 'watch' }, true],
    ['a profile that began', { stage: 'ResponseStarted', objectRef: null, requestURI: '/debug/pprof/profile' }, true],
    ['a get that began', { stage: 'ResponseStarted' }, false],
    ['a failed authentication', { stage: 'ResponseStarted', user: {}, responseStatus: { code: 401 } }, true],
  ])('terminal: %s', (_, fields, terminal) => {
    expect(event(fields).isTerminal).toBe(terminal);
  });

  it('takes the audit level from beside the level that a forwarder wrote', () => {
    expect(event({ level: 'info', k8s_audit_level: 'Request' }).level).toBe('Request');
    expect(event({ level: 'default', openshift_audit_level: 'RequestResponse' }).level).toBe('RequestResponse');
    expect(event({ level: 7 }).level).toBe('Metadata');
  });

  it('has no body where a provider found it too large', () => {
    const cut = event({ requestObject: 'skipped-too-big-size-object', responseObject: null });
    expect([cut.request, cut.response]).toEqual([undefined, undefined]);
  });

  it('reads keys that JavaScript uses itself', () => {
    const raw = JSON.parse(
      '{"kind":"Event","apiVersion":"audit.k8s.io/v1","annotations":{"__proto__":"a","constructor":"b"},' +
        '"user":{"username":"x","extra":{"__proto__":["c"]}}}',
    ) as Json;
    const read = readAuditEvent(raw, origin);
    expect(read?.annotations).toEqual(
      new Map([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]),
    );
    expect(read?.user?.extra.get('__proto__')).toEqual(['c']);
  });

  it('survives anything in every field', () => {
    const fields = Object.keys(event().raw as JsonObject).filter((key) => key !== 'kind' && key !== 'apiVersion');
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const read = event({ [field]: value as Json });
        expect(Object.keys(everything(read)).length).toBeGreaterThan(10);
        expect(typeof describeEvent(read).target).toBe('string');
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect([...eventsIn(value as Json, origin)]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('describeEvent', () => {
  it.each<[JsonObject, string, string, string]>([
    [{}, 'alice', 'secrets shop/db', '200 ok'],
    [{ objectRef: { resource: 'secrets', namespace: 'shop' } }, 'alice', 'secrets in shop', '200 ok'],
    [
      { objectRef: { resource: 'secrets' }, impersonatedUser: { username: 'bob' } },
      'alice as bob',
      'secrets',
      '200 ok',
    ],
    [
      { objectRef: { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web' } },
      'alice',
      'pods shop/web exec',
      '200 ok',
    ],
    [
      { objectRef: { resource: 'deployments', apiGroup: 'apps', namespace: 'shop', name: 'web' } },
      'alice',
      'deployments.apps shop/web',
      '200 ok',
    ],
    [
      {
        verb: 'create',
        objectRef: { resource: 'pods', namespace: 'shop' },
        responseObject: { kind: 'Pod', metadata: { name: 'web-x7' } },
      },
      'alice',
      'pods shop/web-x7',
      '200 ok',
    ],
    [{ objectRef: { resource: 'namespaces', namespace: 'shop', name: 'shop' } }, 'alice', 'namespaces shop', '200 ok'],
    [
      { objectRef: null, requestURI: '/healthz?verbose', responseStatus: { code: 404, reason: 'NotFound' } },
      'alice',
      '/healthz',
      '404 NotFound',
    ],
    [
      { user: {}, stage: 'ResponseStarted', responseStatus: { code: 401 } },
      '(not authenticated)',
      'secrets shop/db',
      '401 unauthenticated',
    ],
    [{ responseStatus: null, stage: 'RequestReceived' }, 'alice', 'secrets shop/db', 'pending'],
    [{ responseStatus: { code: 403 }, annotations: null }, 'alice', 'secrets shop/db', '403 impersonation refused'],
  ])('%j', (fields, actor, target, outcome) => {
    expect(describeEvent(event(fields))).toMatchObject({ actor, target, outcome });
  });
});
