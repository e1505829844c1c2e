import { describe, expect, it } from 'vitest';
import type { AuditEvent, EventOrigin } from '../../model/audit-event.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { everything } from './event-record.ts';
import { eventsIn, isLinePrefix, readAuditEvent } from './index.ts';

const origin: EventOrigin = { source: 'a', offset: 0 };

/** A refused list of Secrets, as an API server writes it to its own log. */
const native: JsonObject = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: 'b1a7c4de-0d3e-4a55-9f0e-3c1c5a0f8d11',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/shop/secrets?limit=500',
  verb: 'list',
  user: {
    username: 'system:serviceaccount:shop:web',
    uid: '4d1f',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/pod-name': ['web-5f6d'] },
  },
  sourceIPs: ['10.20.30.40'],
  userAgent: 'curl/8.9.1',
  objectRef: { resource: 'secrets', namespace: 'shop', apiVersion: 'v1' },
  responseStatus: {
    metadata: {},
    status: 'Failure',
    message: 'secrets is forbidden: User "system:serviceaccount:shop:web" cannot list resource "secrets"',
    reason: 'Forbidden',
    details: { kind: 'secrets' },
    code: 403,
  },
  requestReceivedTimestamp: '2026-05-04T08:15:30.123456Z',
  stageTimestamp: '2026-05-04T08:15:30.125001Z',
  annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
};
const text = JSON.stringify(native);
const expected = everything(readNative(native));

function readNative(raw: JsonObject): AuditEvent {
  const event = readAuditEvent(raw, origin);
  if (event === undefined) throw new Error('no event');
  return event;
}

const records = (value: Json): readonly unknown[] => [...eventsIn(value, origin)].map(everything);

function withoutType({ kind: _kind, apiVersion: _version, ...rest }: JsonObject): JsonObject {
  return rest;
}

const cloudWatch = {
  messageType: 'DATA_MESSAGE',
  owner: '111122223333',
  logGroup: '/aws/eks/prod/cluster',
  logStream: 'kube-apiserver-audit-0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  subscriptionFilters: ['to-bulwark'],
};

const azureRecord = {
  category: 'kube-audit',
  operationName: 'Microsoft.ContainerService/managedClusters/diagnosticLogs/Read',
  resourceId:
    '/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/PROD',
  time: '2026-05-04T08:15:30.0000000Z',
  Cloud: 'AzureCloud',
  Environment: 'prod',
};

describe('eventsIn: the same record from every wrapper', () => {
  it.each<[string, Json, number]>([
    ['the event itself', native, 1],
    ['a list of events', [native, native], 2],
    ['a webhook batch, whose items have no kind', eventList([withoutType(native), withoutType(native)]), 2],
    ['a webhook batch whose items have one', eventList([native]), 1],
    ['an item of a webhook batch on its own', withoutType(native), 1],
    ['something else with an audit id', { ...withoutType(native), level: 'info' }, 0],
    ['a stage that is none', { ...withoutType(native), stage: 'Begun' }, 0],
    ['a List', { kind: 'List', apiVersion: 'v1', items: [native] }, 1],
    [
      'EKS: subscription',
      { ...cloudWatch, logEvents: [0, 1].map((id) => ({ id: `3${id}`, timestamp: 1777882530123, message: text })) },
      2,
    ],
    [
      'EKS: subscription that announces itself',
      { ...cloudWatch, messageType: 'CONTROL_MESSAGE', logEvents: [{ id: '', timestamp: 1, message: 'CWL CONTROL' }] },
      0,
    ],
    [
      'EKS: another stream of the same group',
      { ...cloudWatch, logEvents: [{ id: '1', timestamp: 1, message: 'I0504 08:15:30 1 leaderelection.go:1] lost' }] },
      0,
    ],
    [
      'EKS: filter-log-events',
      {
        events: [{ logStreamName: cloudWatch.logStream, timestamp: 1777882530123, message: text, eventId: '38' }],
        searchedLogStreams: [],
      },
      1,
    ],
    ['EKS: one message', { timestamp: 1777882530123, message: text, ingestionTime: 1777882531000 }, 1],
    ['EKS: an Insights result', { '@timestamp': '2026-05-04 08:15:30.123', '@message': text }, 1],
    [
      'AKS: event hub',
      {
        records: [
          { ...azureRecord, properties: { log: `${text}\n`, stream: 'stdout', pod: 'kube-apiserver-7c9' } },
          { ...azureRecord, category: 'kube-scheduler', properties: { log: 'I0504 scheduled', pod: 'scheduler' } },
        ],
      },
      1,
    ],
    ['AKS: storage account', { ...azureRecord, properties: { log: text, pod: 'kube-apiserver-7c9' } }, 1],
    ['AKS: properties as text', { ...azureRecord, properties: JSON.stringify({ log: text }) }, 1],
    ['AKS: AzureDiagnostics', { TimeGenerated: azureRecord.time, Category: 'kube-audit', log_s: text }, 1],
    ['a container log', { log: `${text}\n`, stream: 'stdout', time: '2026-05-04T08:15:30.125001Z' }, 1],
    [
      'OpenShift: forwarded with fields beside',
      {
        ...native,
        level: 'default',
        k8s_audit_level: 'Metadata',
        '@timestamp': '2026-05-04T08:15:30.125001Z',
        log_type: 'audit',
        log_source: 'kubeAPI',
        hostname: 'master-0',
        openshift: { cluster_id: 'c', sequence: 7 },
      },
      1,
    ],
    ['OpenShift: forwarded as text', { '@timestamp': '2026', message: text, log_type: 'audit' }, 1],
    ['OpenShift: forwarded as a structure', { '@timestamp': '2026', structured: native, log_type: 'audit' }, 1],
    ['text that another program wrote around it', { message: `level=info msg="client said" ${text}` }, 0],
    ['an object of the API', { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'x' } }, 0],
    ['a record of another Google service', { protoPayload: { serviceName: 'iam.googleapis.com', methodName: 'x' } }, 0],
  ])('%s', (_, value, count) => {
    expect(records(value)).toEqual(Array(count).fill(expected));
  });

  it('makes an item of a batch a whole Event again, unknown fields and all', () => {
    const [event] = eventsIn(eventList([{ ...withoutType(native), future: 1 }]), origin);
    expect(event?.raw).toEqual({ ...native, future: 1 });
  });

  it('does not follow wrappers for ever', () => {
    let value: Json = native;
    for (let depth = 0; depth < 100_000; depth += 1) value = [value];
    expect(records(value)).toEqual([]);
  });
});

function eventList(items: readonly Json[]): JsonObject {
  return { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items };
}

const entry = {
  insertId: '5f2a1c9e-77b1-4c55-8f0d-1f6f0b0a9c3e',
  logName: 'projects/acme-prod/logs/cloudaudit.googleapis.com%2Fdata_access',
  operation: { id: '5f2a1c9e-77b1-4c55-8f0d-1f6f0b0a9c3e', producer: 'k8s.io', first: true, last: true },
  receiveTimestamp: '2026-05-04T08:15:31.000000000Z',
  resource: {
    type: 'k8s_cluster',
    labels: { cluster_name: 'prod', location: 'europe-west1', project_id: 'acme-prod' },
  },
  timestamp: '2026-05-04T08:15:30.123456Z',
};

interface Call {
  readonly method: string;
  readonly resource: string;
  readonly status?: JsonObject;
  readonly granted?: boolean;
  readonly labels?: JsonObject;
  readonly user?: string;
  readonly bodies?: JsonObject;
}

function logEntry({ method, resource, status, granted = true, labels = {}, user = 'dev@example.com', bodies }: Call) {
  return {
    ...entry,
    labels,
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      serviceName: 'k8s.io',
      methodName: method,
      resourceName: resource,
      authenticationInfo: user === '' ? {} : { principalEmail: user },
      authorizationInfo: [{ permission: method, resource, ...(granted && { granted }) }],
      requestMetadata: { callerIp: '203.0.113.9', callerSuppliedUserAgent: 'kubectl/v1.33.1' },
      ...(status !== undefined && { status }),
      ...bodies,
    },
  };
}

function gke(call: Call): AuditEvent {
  const [event] = eventsIn(logEntry(call), origin);
  if (event === undefined) throw new Error('no event');
  return event;
}

describe('eventsIn: GKE', () => {
  it('makes the whole record', () => {
    const event = gke({
      method: 'io.k8s.core.v1.secrets.list',
      resource: 'core/v1/namespaces/shop/secrets',
      status: { code: 7, message: 'secrets is forbidden: User "dev@example.com" cannot list resource "secrets"' },
      granted: false,
      labels: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
    });
    const at = Date.UTC(2026, 4, 4, 8, 15, 30) + 123.456;
    expect(everything(event)).toEqual({
      ...expected,
      id: entry.insertId,
      time: at,
      received: at,
      uri: '/api/v1/namespaces/shop/secrets',
      path: '/api/v1/namespaces/shop/secrets',
      source: '203.0.113.9',
      sources: ['203.0.113.9'],
      userAgent: 'kubectl/v1.33.1',
      user: { name: 'dev@example.com', uid: '', groups: [], extra: [] },
      status: {
        code: 403,
        reason: '',
        message: 'secrets is forbidden: User "dev@example.com" cannot list resource "secrets"',
      },
    });
  });

  it.each<[string, string, string, object]>([
    [
      'io.k8s.core.v1.pods.exec.create',
      'core/v1/namespaces/shop/pods/web/exec',
      '/api/v1/namespaces/shop/pods/web/exec',
      { resource: 'pods', namespace: 'shop', name: 'web', subresource: 'exec', group: '', version: 'v1' },
    ],
    [
      'io.k8s.core.v1.nodes.proxy.get',
      'core/v1/nodes/gke-1/proxy/pods',
      '/api/v1/nodes/gke-1/proxy/pods',
      { resource: 'nodes', namespace: '', name: 'gke-1', subresource: 'proxy' },
    ],
    [
      'io.k8s.authorization.rbac.v1.clusterrolebindings.create',
      'rbac.authorization.k8s.io/v1/clusterrolebindings/owner',
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/owner',
      { resource: 'clusterrolebindings', group: 'rbac.authorization.k8s.io', name: 'owner', namespace: '' },
    ],
    [
      'io.k8s.core.v1.namespaces.delete',
      'core/v1/namespaces/shop',
      '/api/v1/namespaces/shop',
      { resource: 'namespaces', namespace: 'shop', name: 'shop', subresource: '' },
    ],
    [
      'io.k8s.core.v1.namespaces.finalize.update',
      'core/v1/namespaces/shop/finalize',
      '/api/v1/namespaces/shop/finalize',
      { resource: 'namespaces', namespace: 'shop', name: 'shop', subresource: 'finalize' },
    ],
    [
      'com.coreos.monitoring.v1.servicemonitors.deletecollection',
      'monitoring.coreos.com/v1/namespaces/shop/servicemonitors',
      '/apis/monitoring.coreos.com/v1/namespaces/shop/servicemonitors',
      { resource: 'servicemonitors', group: 'monitoring.coreos.com', namespace: 'shop', name: '' },
    ],
  ])('%s', (method, resource, uri, object) => {
    const event = gke({ method, resource });
    expect(event.object).toMatchObject(object);
    expect([event.uri, event.verb]).toEqual([uri, method.split('.').at(-1)]);
    expect(event.outcome).toBe('ok');
  });

  it.each<[string, Omit<Call, 'method' | 'resource'>, number, string]>([
    ['ok', { status: {} }, 200, 'ok'],
    ['not found', { status: { code: 5, message: 'NotFound' } }, 404, 'failed'],
    ['conflict', { status: { code: 10 } }, 409, 'failed'],
    ['denied', { status: { code: 7 }, granted: false }, 403, 'denied'],
    ['refused by admission', { status: { code: 7, message: 'exceeded quota' } }, 403, 'refused'],
    [
      'impersonation',
      { status: { code: 7, message: 'users "a" is forbidden: User "b" cannot impersonate resource' }, granted: false },
      403,
      'impersonation-refused',
    ],
    ['not authenticated', { status: { code: 16 }, user: '', granted: false }, 401, 'unauthenticated'],
    [
      'the code in the body is exact',
      { status: { code: 3 }, bodies: { response: { '@type': 'core.k8s.io/v1.Status', code: 422, reason: 'Invalid' } } },
      422,
      'failed',
    ],
    ['a code that does not exist', { status: { code: 99 } }, 500, 'failed'],
  ])('status: %s', (_, call, code, outcome) => {
    const event = gke({ method: 'io.k8s.core.v1.pods.create', resource: 'core/v1/namespaces/shop/pods/x', ...call });
    expect([event.status?.code, event.outcome]).toEqual([code, outcome]);
    expect(event.isTerminal).toBe(true);
  });

  it('says in its level which bodies there are', () => {
    const call = { method: 'io.k8s.core.v1.pods.create', resource: 'core/v1/namespaces/shop/pods/x' };
    const pod = { '@type': 'core.k8s.io/v1.Pod', kind: 'Pod' };
    expect(gke(call).level).toBe('Metadata');
    expect(gke({ ...call, bodies: { request: pod } })).toMatchObject({ level: 'Request', request: pod });
    expect(gke({ ...call, bodies: { response: pod } })).toMatchObject({ level: 'RequestResponse', response: pod });
  });

  it('reads what is no resource, and what began', () => {
    const path = gke({ method: 'io.k8s.get', resource: 'readyz', user: 'system:anonymous' });
    expect([path.path, path.object, path.user?.name]).toEqual(['/readyz', undefined, 'system:anonymous']);
    const call = logEntry({ method: 'io.k8s.core.v1.pods.exec.create', resource: 'core/v1/namespaces/a/pods/b/exec' });
    const [began] = eventsIn({ ...call, operation: { first: true } }, origin);
    expect(began).toMatchObject({ stage: 'ResponseStarted', isTerminal: true, id: entry.insertId, action: 'exec' });
  });
});

describe('isLinePrefix', () => {
  it.each([
    ['', true],
    ['2026-05-04T08:15:30.123Z ', true],
    ['ip-10-0-140-97.ec2.internal ', true],
    ['2026-05-04T08:15:30.123456789Z stdout F ', true],
    ['time="2026-05-04T08:15:30Z" level=info msg=', false],
    ['127.0.0.1 - "GET /', false],
    [`${'a '.repeat(5000)}`, false],
    [`${'a'.repeat(5000)}`, false],
  ])('%j', (prefix, is) => {
    expect(isLinePrefix(prefix)).toBe(is);
  });
});
