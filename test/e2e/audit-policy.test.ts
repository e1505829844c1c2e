import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallestPolicy } from '../../src/generate/audit-policy.ts';
import { policyValue, policyYaml, ruleOf } from '../../src/generate/audit-policy-text.ts';
import { profileRules } from '../../src/generate/audit-profiles.ts';
import type { AuditEvent } from '../../src/model/audit-event.ts';
import { readAuditEvent } from '../../src/semantics/audit-event/index.ts';
import { isLongRunning } from '../../src/semantics/audit-policy/api-resources.ts';
import {
  type AuditedRequest,
  decideAudit,
  lintAuditPolicy,
  readAuditPolicy,
  recordedStages,
  requestInfo,
  requestOf,
} from '../../src/semantics/audit-policy/index.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';

warnIfNoLab('the audit policy against a real API server');

const minor = 20;

/** What the generator makes, for some detections and for a profile, after rules with conditions that it does not use. */
const rules = [
  ruleOf({
    level: 'RequestResponse',
    namespaces: ['audited'],
    resources: [{ group: '', resources: ['configmaps'], resourceNames: ['chosen'] }],
    comment: ['An object by its name.'],
  }),
  ruleOf({
    level: 'Request',
    namespaces: ['audited', ''],
    verbs: ['list', 'watch'],
    resources: [{ group: '', resources: ['configmaps', 'pods/*', '*/status'] }],
    comment: ['Reads of one namespace, and of all at once.'],
  }),
  ruleOf({ level: 'None', userGroups: ['system:masters'], nonResourceURLs: ['/api*'], comment: ['A prefix.'] }),
  ...smallestPolicy(
    [
      {
        name: 'privileged-pod',
        needs: {
          ...{ level: 'Request', stage: 'ResponseComplete', paths: [], unauthenticated: false },
          requests: [{ group: '', resource: 'pods', verbs: ['create', 'update', 'patch'] }],
        },
      },
      {
        name: 'role-widened',
        needs: {
          ...{ level: 'RequestResponse', stage: 'ResponseComplete', paths: [], unauthenticated: false },
          requests: [{ group: 'rbac.authorization.k8s.io', resource: 'roles', verbs: ['create', 'update', 'patch'] }],
        },
      },
    ],
    { minor },
  ).rules,
  ...profileRules('low-cost'),
];
const { policy, problems } = readAuditPolicy(policyValue({ rules, minor }), { minor });

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly as: 'admin' | 'workload' | 'anonymous' | 'wrong-token';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const patch = { 'content-type': 'application/merge-patch+json' };
const base = '/api/v1/namespaces/audited';
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/audited/roles';
const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r' }, rules: [] };
const pod = {
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
  spec: { containers: [{ name: 'c', image: 'i' }], automountServiceAccountToken: false },
};

const requests: readonly Sent[] = [
  { method: 'POST', url: `${base}/configmaps`, as: 'admin', body: configMap('chosen') },
  { method: 'POST', url: `${base}/configmaps`, as: 'admin', body: configMap('other') },
  { method: 'GET', url: `${base}/configmaps/chosen`, as: 'admin' },
  { method: 'GET', url: `${base}/configmaps/other`, as: 'admin' },
  { method: 'HEAD', url: `${base}/configmaps/chosen`, as: 'admin' },
  { method: 'PATCH', url: `${base}/configmaps/chosen`, as: 'admin', headers: patch, body: { data: { a: 'b' } } },
  { method: 'GET', url: `${base}/configmaps?fieldSelector=metadata.name%3Dchosen`, as: 'admin' },
  { method: 'GET', url: `${base}/configmaps?fieldSelector=metadata.name%3Dother`, as: 'admin' },
  { method: 'GET', url: `${base}/configmaps?watch=true&timeoutSeconds=1`, as: 'admin' },
  { method: 'GET', url: `${base}/configmaps?watch=false&limit=1`, as: 'admin' },
  { method: 'GET', url: '/api/v1/watch/namespaces/audited/configmaps?timeoutSeconds=1', as: 'admin' },
  { method: 'GET', url: '/api/v1/configmaps?limit=1', as: 'admin' },
  { method: 'DELETE', url: `${base}/configmaps/chosen`, as: 'admin' },
  { method: 'DELETE', url: `${base}/configmaps?fieldSelector=metadata.name%3Dchosen`, as: 'admin' },
  { method: 'DELETE', url: `${base}/configmaps`, as: 'admin' },
  { method: 'POST', url: `${base}/pods`, as: 'admin', body: pod },
  { method: 'GET', url: `${base}/pods/p`, as: 'admin' },
  { method: 'GET', url: `${base}/pods/p/status`, as: 'admin' },
  { method: 'PATCH', url: `${base}/pods/p/status`, as: 'admin', headers: patch, body: {} },
  { method: 'GET', url: `${base}/pods/p/log`, as: 'admin' },
  { method: 'POST', url: `${base}/pods/p/exec?command=id&stdout=true`, as: 'admin' },
  { method: 'GET', url: `${base}/pods/p/exec?command=id&stdout=true`, as: 'workload' },
  { method: 'GET', url: `${base}/pods/p/proxy/some/path`, as: 'workload' },
  { method: 'DELETE', url: `${base}/pods/p?gracePeriodSeconds=0`, as: 'admin' },
  { method: 'POST', url: rbac, as: 'admin', body: role },
  { method: 'PUT', url: `${rbac}/r`, as: 'admin', body: role },
  { method: 'POST', url: rbac, as: 'workload', body: role },
  { method: 'GET', url: `${base}/secrets`, as: 'workload' },
  { method: 'GET', url: '/api/v1/namespaces/audited', as: 'admin' },
  { method: 'GET', url: '/api/v1/nodes', as: 'workload' },
  { method: 'GET', url: '/apis/apps/v1/deployments', as: 'anonymous' },
  { method: 'GET', url: '/apis/metrics.example.com/v1/things', as: 'admin' },
  { method: 'GET', url: '/api', as: 'admin' },
  { method: 'GET', url: '/apis/apps/v1', as: 'admin' },
  { method: 'GET', url: '/apis/apps/v1', as: 'workload' },
  { method: 'GET', url: '/healthz?verbose', as: 'anonymous' },
  { method: 'GET', url: '/metrics', as: 'workload' },
  { method: 'GET', url: '/healthz', as: 'wrong-token' },
  { method: 'GET', url: `${base}/secrets/x`, as: 'wrong-token' },
  { method: 'GET', url: `${base}/secrets`, as: 'admin', headers: { 'impersonate-user': 'jane' } },
  { method: 'DELETE', url: '/apis/events.k8s.io/v1/namespaces/audited/events/none', as: 'admin' },
  { method: 'GET', url: '/apis/events.k8s.io/v1/namespaces/audited/events', as: 'admin' },
  { method: 'OPTIONS', url: '/version', as: 'admin' },
];

describe.skipIf(!labAvailable)('a generated policy in a real API server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-audit-'));
  const log = join(folder, 'audit.log');
  let lab: Lab | undefined;
  let all: readonly AuditEvent[] = [];
  const answered = new Map<Sent, { readonly id: string; readonly status: number }>();

  beforeAll(async () => {
    writeFileSync(join(folder, 'policy.yaml'), policyYaml({ rules, minor }, ['For a test.']));
    const serverFlags = [`--audit-policy-file=${join(folder, 'policy.yaml')}`, `--audit-log-path=${log}`];
    lab = await startLab({ port: Number(process.env['LAB_PORT'] ?? 18300), serverFlags });
    await lab.kubectl(['create', 'namespace', 'audited']);
    await lab.kubectl(['create', 'serviceaccount', 'workload', '--namespace', 'audited']);
    const send = await sender(lab);
    for (const request of requests) answered.set(request, await send(request));
    // The log is written before the answer, but for the end of what runs long.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    all = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .flatMap((line) => readAuditEvent(JSON.parse(line), { source: log, offset: 0 }) ?? []);
  }, 180_000);

  afterAll(async () => {
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 100_000);

  it('is valid, and says what it seems to', () => {
    expect(problems).toEqual([]);
    const { findings } = lintAuditPolicy(policyValue({ rules, minor }), { minor });
    // The first rule is not of the generator: it logs a ConfigMap whole, to see that a name decides.
    const wrong = findings.filter(({ severity, path }) => severity !== 'note' && path[1] !== 0);
    expect(wrong.map(({ message }) => message)).toEqual([]);
  });

  it('logs each request at the level and the stages that are foretold, and leaves out the others', () => {
    const foretold: string[] = [];
    const seen: string[] = [];
    for (const [request, { id, status }] of answered) {
      const { method, url, as } = request;
      const asked = askedOf(request);
      const decision = decideAudit(policy, asked);
      const name = `${method} ${url} by ${as} (${status})`;
      const stages =
        asked.user === undefined && decision.level !== 'None'
          ? ['ResponseStarted']
          : recordedStages(decision, isLongRunning(asked.verb, asked.resource?.subresource ?? ''));
      const events = all.filter((event) => event.id === id);
      // A long request that is refused at once never starts.
      const reached =
        status >= 400 ? stages.filter((stage) => stage !== 'ResponseStarted' || asked.user === undefined) : stages;
      const expected = status >= 400 && events.length === stages.length ? stages : reached;
      foretold.push(`${name}: ${decision.level} ${expected.join()}`);
      const level = events[0]?.level ?? 'None';
      seen.push(`${name}: ${level} ${events.map(({ stage }) => stage).join()}`);
      expect(new Set(events.map((event) => event.level)).size, name).toBeLessThan(2);
      for (const { verb, object } of events.slice(0, 1)) {
        expect(verb, name).toBe(asked.verb);
        expect(object?.resource ?? '', name).toBe(asked.resource?.resource ?? '');
        expect(object?.subresource ?? '', name).toBe(asked.resource?.subresource ?? '');
        expect(object?.namespace ?? '', name).toBe(asked.resource?.namespace ?? '');
      }
    }
    expect(seen).toEqual(foretold);
    expect(new Set(foretold.map((line) => line.split('): ')[1]?.split(' ')[0])).size).toBe(4);
  });

  it('logs everything else in the cluster as foretold too', () => {
    expect(all.length).toBeGreaterThan(100);
    const wrong = all
      .map((event) => ({ event, level: decideAudit(policy, requestOf(event)).level }))
      .filter(({ event, level }) => event.level !== level);
    expect(wrong.map(({ event, level }) => `${event.verb} ${event.uri}: ${event.level}, not ${level}`)).toEqual([]);
  });

  function askedOf({ method, url, as }: Sent): AuditedRequest {
    const user = users[as];
    return { ...(user !== undefined && { user }), ...requestInfo({ method, url }) };
  }
});

const users: Readonly<Record<Sent['as'], AuditedRequest['user']>> = {
  admin: { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
  workload: {
    name: 'system:serviceaccount:audited:workload',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:audited', 'system:authenticated'],
  },
  anonymous: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
  'wrong-token': undefined,
};

async function sender(lab: Lab): Promise<(sent: Sent) => Promise<{ id: string; status: number }>> {
  const config = JSON.parse(await lab.kubectl(['config', 'view', '--raw', '--output', 'json']));
  const { 'client-certificate-data': cert, 'client-key-data': key } = config.users[0].user;
  const decode = (text: string): Buffer => Buffer.from(text, 'base64');
  const ca = decode(config.clusters[0].cluster['certificate-authority-data']);
  const token = (await lab.kubectl(['create', 'token', 'workload', '--namespace', 'audited'])).trim();
  return ({ method, url, as, body, headers = {} }) => {
    const id = randomUUID();
    const credential = as === 'workload' ? token : as === 'wrong-token' ? 'nobody-knows-this' : undefined;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = https.request(
        new URL(url, lab.server),
        {
          ...{ method, ca, agent: false },
          ...(as === 'admin' && { cert: decode(cert), key: decode(key) }),
          headers: {
            'audit-id': id,
            ...(text !== undefined && { 'content-type': 'application/json' }),
            ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
            ...headers,
          },
        },
        (response) => {
          response.resume();
          response.on('close', () => resolve({ id, status: response.statusCode ?? 0 }));
        },
      );
      request.on('error', reject);
      request.end(text);
    });
  };
}
