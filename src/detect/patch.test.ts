import { describe, expect, it } from 'vitest';
import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { detectionCoverage, readAuditPolicy } from '../semantics/audit-policy/index.ts';
import { builtInRules } from './built-in.ts';
import { createDetector } from './detector.ts';
import { objectSetBy } from './json-patch.ts';

const begin = Date.UTC(2026, 0, 5, 12);
const deployment = { resource: 'deployments', apiGroup: 'apps', apiVersion: 'v1', namespace: 'shop', name: 'web' };
const clusterRole = { resource: 'clusterroles', apiGroup: 'rbac.authorization.k8s.io', apiVersion: 'v1', name: 'r' };

/** Requests as the API server logs them at level Request, one a second. */
function eventsOf(sketches: readonly JsonObject[]): readonly AuditEvent[] {
  return sketches.flatMap((sketch, index) => {
    const stamp = new Date(begin + index * 1000).toISOString();
    const raw = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Request',
      auditID: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      stage: 'ResponseComplete',
      requestURI: '/',
      verb: 'patch',
      user: { username: 'jane', groups: ['system:authenticated'] },
      sourceIPs: ['10.0.0.7'],
      responseStatus: { code: 200 },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
      requestReceivedTimestamp: stamp,
      stageTimestamp: stamp,
      ...sketch,
    };
    return readAuditEvent(raw, { source: 'test', offset: 0 }) ?? [];
  });
}

function alertsOf(...sketches: readonly JsonObject[]): readonly Alert[] {
  const detector = createDetector({ rules: builtInRules() });
  return eventsOf(sketches).flatMap((event) => detector.feed(event));
}

function firedBy(...sketches: readonly JsonObject[]): readonly string[] {
  return alertsOf(...sketches).map(({ rule }) => rule);
}

const privileged = { name: 'web', securityContext: { privileged: true } };
const strategic: JsonObject = {
  spec: {
    template: { spec: { '$setElementOrder/containers': [{ name: 'web' }], containers: [privileged] } },
  },
};

describe('patches as kubectl sends them', () => {
  const rows: readonly (readonly [string, JsonObject, Json, string])[] = [
    ['kubectl patch of a container', deployment, strategic, 'privileged-container'],
    [
      'kubectl patch of the pod',
      deployment,
      { spec: { template: { spec: { hostPID: true, hostNetwork: true } } } },
      'host-namespaces',
    ],
    [
      'a JSON patch of a field',
      deployment,
      [{ op: 'replace', path: '/spec/template/spec/containers/0/securityContext', value: { privileged: true } }],
      'privileged-container',
    ],
    [
      'a JSON patch of a flag',
      deployment,
      [{ op: 'add', path: '/spec/template/spec/hostPID', value: true }],
      'host-namespaces',
    ],
    [
      'a JSON patch that appends',
      deployment,
      [{ op: 'add', path: '/spec/template/spec/containers/-', value: privileged }],
      'privileged-container',
    ],
    [
      'a JSON patch of a cron job',
      { ...deployment, resource: 'cronjobs', apiGroup: 'batch' },
      [{ op: 'add', path: '/spec/jobTemplate/spec/template/spec/hostIPC', value: true }],
      'host-namespaces',
    ],
    [
      'a rule appended to a role',
      clusterRole,
      [{ op: 'add', path: '/rules/-', value: { verbs: ['get'], resources: ['nodes/proxy'], apiGroups: [''] } }],
      'node-proxy-role',
    ],
    [
      'a subject appended to a binding',
      { ...clusterRole, resource: 'clusterrolebindings' },
      [{ op: 'add', path: '/subjects/-', value: { kind: 'User', name: 'system:anonymous' } }],
      'anonymous-binding',
    ],
  ];

  it.each(rows)('%s', (_, objectRef, requestObject, rule) => {
    expect(firedBy({ objectRef, requestObject })).toContain(rule);
  });

  it.each<readonly [string, Json]>([
    ['replicas', { spec: { replicas: 3 } }],
    ['replicas, as a JSON patch', [{ op: 'replace', path: '/spec/replicas', value: 3 }]],
    ['what is taken away', [{ op: 'remove', path: '/spec/template/spec/hostPID' }]],
    [
      'what is moved, of which the value is not told',
      [{ op: 'move', from: '/a', path: '/spec/template/spec/hostPID' }],
    ],
    ['no operations', [null, 3, { op: 'add' }]],
  ])('%s: silent', (_, requestObject) => {
    expect(firedBy({ objectRef: deployment, requestObject })).toEqual([]);
  });
});

describe('server-side apply', () => {
  const namespace = { resource: 'namespaces', apiVersion: 'v1', namespace: 'x', name: 'x' };
  const requestObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } };

  it('creates with the verb patch and the code 201', () => {
    expect(firedBy({ objectRef: namespace, requestObject, responseStatus: { code: 201 } })).toContain(
      'namespace-created',
    );
  });

  it('of what there is, is none', () => {
    expect(firedBy({ objectRef: namespace, requestObject })).not.toContain('namespace-created');
  });

  it('is among what create rules need', () => {
    const rule = builtInRules().find(({ name }) => name === 'namespace-created');
    const needed = rule?.needs.requests.find(({ resource }) => resource === 'namespaces');
    expect(needed?.verbs).toEqual(expect.arrayContaining(['create', 'patch']));
  });
});

describe('what a policy that logs no responses of patches leaves out', () => {
  const rules = builtInRules();
  const needs = (name: string) => {
    const rule = rules.find((each) => each.name === name);
    if (rule === undefined) throw new Error(`there is no rule ${name}`);
    return rule.needs;
  };
  const stateUnder = (name: string, level: string) => {
    const all = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level }] };
    const { policy } = readAuditPolicy(all);
    if (policy === undefined) throw new Error('the policy is one');
    const { state, lost } = detectionCoverage(policy, [needs(name)])(needs(name));
    return [state, lost.flatMap(({ verbs }) => verbs)];
  };

  it.each([
    ['administrator-binding', 'Request', 'degraded', ['patch']],
    ['administrator-binding', 'RequestResponse', 'visible', []],
    ['privileged-container', 'Request', 'visible', []],
    ['daemon-set-created', 'Metadata', 'visible', []],
  ])('%s at %s: %s', (name, level, ...expected) => {
    expect(stateUnder(name, level)).toEqual(expected);
  });
});

describe('dry runs', () => {
  const asked = { objectRef: deployment, requestObject: strategic };

  it.each([
    ['changes nothing', '/apis/apps/v1/namespaces/shop/deployments/web?dryRun=All', []],
    ['however it is written', '/apis/apps/v1/namespaces/shop/deployments/web?a=b&dry%52un=All', []],
    ['another parameter', '/apis/apps/v1/namespaces/shop/deployments/web?dryRun=', ['privileged-container']],
  ])('%s', (_, requestURI, expected) => {
    expect(firedBy({ ...asked, requestURI })).toEqual(expected);
  });

  it('of an exec is an exec', () => {
    const objectRef = { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web' };
    const requestURI = '/api/v1/namespaces/shop/pods/web/exec?dryRun=All&command=id';
    expect(firedBy({ verb: 'create', objectRef, requestURI, responseStatus: { code: 101 } })).toContain('exec');
  });

  it('of a deletion stands in its body', () => {
    const requestObject = { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'] };
    const objectRef = { resource: 'namespaces', namespace: 'shop', name: 'shop' };
    expect(firedBy({ verb: 'delete', objectRef, requestObject })).toEqual([]);
    expect(firedBy({ verb: 'delete', objectRef })).toContain('namespace-deleted');
  });
});

describe('a workload that a patch changed', () => {
  const controller = (name: string) => ({
    username: `system:serviceaccount:kube-system:${name}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  });
  const spec = { containers: [privileged] };
  const replicaSet = (name: string): JsonObject => ({
    verb: 'create',
    user: controller('deployment-controller'),
    objectRef: { ...deployment, resource: 'replicasets', name: `${name}-7d9c` },
    responseStatus: { code: 201 },
    requestObject: {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { ownerReferences: [{ kind: 'Deployment', name }] },
      spec: { template: { spec } },
    },
  });
  const touched = (name: string): JsonObject => ({
    objectRef: { ...deployment, name },
    requestObject: { spec: { template: { metadata: { annotations: { a: 'b' } } } } },
  });

  it('is told of by what its controller makes', () => {
    const alerts = alertsOf(touched('web'), replicaSet('web')).filter(({ rule }) => rule === 'privileged-container');
    expect(alerts).toMatchObject([
      { actor: { user: 'jane' }, targets: ['deployments.apps shop/web', 'replicasets.apps shop/web-7d9c'] },
    ]);
    expect(alerts[0]?.message).toMatch(/^jane wrote deployments\.apps shop\/web with/);
  });

  it('updates the incident of another', () => {
    const alerts = alertsOf(touched('web'), replicaSet('web'), touched('db'), replicaSet('db')).filter(
      ({ rule }) => rule === 'privileged-container',
    );
    expect(alerts.map(({ revision }) => revision)).toEqual([0, 1]);
    expect(alerts[1]?.targets).toContain('deployments.apps shop/db');
  });
});

describe('a refused impersonation', () => {
  it.each([
    [
      'users "root" is forbidden: User "web" cannot impersonate resource "users" in API group "" at the cluster scope',
      'the user "root"',
    ],
    [
      'groups "system:masters" is forbidden: User "web" cannot impersonate resource "groups" in API group ""',
      'the group "system:masters"',
    ],
    ['', 'somebody else'],
  ])('%s', (message, whom) => {
    const alerts = alertsOf({
      verb: 'get',
      requestURI: '/version',
      responseStatus: { code: 403, message },
      annotations: {},
    });
    expect(alerts.map((alert) => alert.message)).toEqual([
      `jane tried to act as ${whom} to get /version and was not allowed to`,
    ]);
  });
});

describe('the object that a JSON patch sets', () => {
  it.each<readonly [string, readonly Json[], JsonObject]>([
    ['a map of names', [{ op: 'add', path: '/metadata/labels/0', value: 'x' }], { metadata: { labels: { '0': 'x' } } }],
    [
      'escapes',
      [{ op: 'add', path: '/metadata/labels/a~1b~01', value: 'x' }],
      { metadata: { labels: { 'a/b~1': 'x' } } },
    ],
    ['the whole', [{ op: 'replace', path: '', value: { a: 1 } }], { a: 1 }],
    ['two elements', [1, 2].map((value) => ({ op: 'add', path: '/l/0', value })), { l: [1, 2] }],
    [
      'within what was set',
      [
        { op: 'add', path: '/l', value: [{ a: 1 }] },
        { op: 'add', path: '/l/0/b', value: 2 },
      ],
      { l: [{ a: 1, b: 2 }] },
    ],
    [
      'what is taken back',
      [
        { op: 'add', path: '/a', value: 1 },
        { op: 'remove', path: '/a' },
      ],
      {},
    ],
    ['nothing', [{ op: 'copy', from: '/a', path: '/b' }, 3], {}],
  ])('%s', (_, operations, expected) => {
    expect(objectSetBy(operations)).toEqual(expected);
  });

  it('may have any key', () => {
    const made = objectSetBy([{ op: 'add', path: '/__proto__/polluted', value: true }]);
    expect(Object.keys(made)).toEqual(['__proto__']);
    expect(({} as JsonObject).polluted).toBeUndefined();
  });
});
