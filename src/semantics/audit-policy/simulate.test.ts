import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { readAuditEvent } from '../audit-event/index.ts';
import { IdentityReader, readAuditPolicy, requestOf, Simulator, strayUsers } from './index.ts';

const policyOf = (rules: readonly Json[], omitStages: readonly string[] = ['RequestReceived']) =>
  readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages, rules }).policy;

function rawOf(fields: JsonObject): JsonObject {
  return {
    ...{
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      auditID: 'a',
      stage: 'ResponseComplete',
    },
    ...{ requestURI: '/api/v1/namespaces/a/pods', verb: 'create', user: { username: 'jane', groups: ['dev'] } },
    objectRef: { resource: 'pods', namespace: 'a', name: 'given-later', apiVersion: 'v1' },
    requestReceivedTimestamp: '2026-11-20T20:00:00.000000Z',
    stageTimestamp: '2026-11-20T20:00:00.000000Z',
    ...fields,
  };
}

function event(fields: JsonObject = {}): AuditEvent {
  const read = readAuditEvent(rawOf(fields), { source: 'test', offset: 0 });
  if (read === undefined) throw new Error('no event');
  return read;
}

function simulate(rules: readonly Json[], events: readonly AuditEvent[], omitStages?: readonly string[]) {
  const simulator = new Simulator(policyOf(rules, omitStages));
  for (const each of events) simulator.add(each);
  return simulator.result();
}

const bodies = { requestObject: { a: '<&>' }, responseObject: { b: [1, 2], metadata: { managedFields: [{ x: 1 }] } } };
const written = (value: Json) =>
  JSON.stringify(value).replace(/[<>&]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);

describe('Simulator', () => {
  it('counts bytes as the server would write them at each level', () => {
    const full = rawOf(bodies);
    const { responseObject: _, ...request } = full;
    const { requestObject: __, ...metadata } = request;
    const sizes = ['RequestResponse', 'Request', 'Metadata', 'None'].map(
      (level) => simulate([{ level }], [event(bodies)]).kept.bytes,
    );
    expect(sizes).toEqual([written(full).length + 1, written(request).length + 1, written(metadata).length + 1, 0]);
  });

  it('leaves managed fields out where the rule says so', () => {
    const [whole, less] = [false, true].map(
      (omitManagedFields) => simulate([{ level: 'RequestResponse', omitManagedFields }], [event(bodies)]).kept.bytes,
    );
    expect((whole ?? 0) - (less ?? 0)).toBe(',"managedFields":[{"x":1}]'.length);
  });

  it('estimates bodies that the sample lacks, and says so', () => {
    const low = event({ level: 'Metadata' });
    const size = written(rawOf({ level: 'Metadata' })).length + 1;
    const { kept, notes } = simulate([{ level: 'Request' }], [low]);
    expect(kept).toEqual({ events: 1, bytes: size + 1100, estimatedBytes: 1100 });
    expect(notes[0]).toBe(
      'The policy asks for bodies that 1 events of the sample do not have, as it was taken at a lower level: their size is estimated from what bodies usually measure.',
    );
    const mixed = simulate([{ level: 'RequestResponse' }], [low, event(bodies)]);
    const seen = written({ requestObject: bodies.requestObject, responseObject: bodies.responseObject }).length;
    // A comma before each, and not the braces around both.
    expect(mixed.kept.estimatedBytes).toBe(seen - 1);
    expect(mixed.notes[0]).toContain('from other events of the same kind');
  });

  it('estimates the stage that the sample omits', () => {
    const { kept, notes } = simulate([{ level: 'Metadata' }], [event()], []);
    expect(kept.events).toBe(2);
    expect(notes[0]).toContain('RequestReceived, which the sample omits: 1 events are estimated');
    const both = simulate([{ level: 'Metadata' }], [event({ stage: 'RequestReceived' }), event()], []);
    expect(both.kept).toMatchObject({ events: 2, estimatedBytes: 0 });
  });

  it('counts requests by rule, what no rule matches, and the largest contributors', () => {
    const secrets = {
      objectRef: { resource: 'secrets', namespace: 'a', name: 'x' },
      requestURI: '/api/v1/namespaces/a/secrets/x',
      verb: 'get',
    };
    const { rules, contributors, span } = simulate(
      [{ level: 'Metadata', resources: [{ group: '', resources: ['secrets'] }] }],
      [event(), event(secrets), event({ ...secrets, stageTimestamp: '2026-11-20T21:00:00.000000Z' })],
    );
    expect(rules.map(({ rule, seen, events }) => [rule?.path.join('.') ?? 'none', seen, events])).toEqual([
      ['rules.0', 2, 2],
      ['none', 1, 0],
    ]);
    expect(contributors.map(({ user, verb, resource, events }) => [user, verb, resource, events])).toEqual([
      ['jane', 'get', 'secrets', 2],
    ]);
    expect(span).toBe(3_600_000);
  });

  it('keeps a refused login at ResponseStarted', () => {
    const refused = event({ stage: 'ResponseStarted', user: {}, responseStatus: { code: 401 } });
    expect(simulate([{ level: 'Metadata' }], [refused]).kept.events).toBe(1);
    expect(simulate([{ level: 'Metadata', userGroups: ['system:unauthenticated'] }], [refused]).kept.events).toBe(0);
    expect(simulate([{ level: 'Metadata' }], [refused], ['ResponseStarted']).kept.events).toBe(0);
  });
});

describe('requestOf', () => {
  it('takes the name of a created object for unknown, as the policy did', () => {
    expect(requestOf(event()).resource).toMatchObject({ name: '', namespace: 'a' });
    const exec = event({
      requestURI: '/api/v1/namespaces/a/pods/p/exec',
      objectRef: { resource: 'pods', subresource: 'exec', namespace: 'a', name: 'p' },
    });
    expect(requestOf(exec).resource).toMatchObject({ name: 'p', subresource: 'exec' });
  });
});

describe('identities', () => {
  it('finds who the components are, and users of rules that nobody is', () => {
    const policy = policyOf([
      { level: 'None', users: ['system:kube-proxy', 'kubelet', 'system:kube-scheduler', 'someone-else'] },
      { level: 'Metadata' },
    ]);
    const reader = new IdentityReader(policy);
    const by = (username: string, userAgent: string) => reader.add(event({ user: { username }, userAgent }));
    by('system:serviceaccount:kube-system:kube-proxy', 'kube-proxy/v1.33.0 (linux/amd64)');
    by('system:node:worker-1', 'kubelet/v1.33.0');
    by('system:kube-scheduler', 'kube-scheduler/v1.33.0');
    by('jane', 'kube-scheduler/v1.33.0');
    const identities = reader.identities();
    expect(identities.map(({ component, name }) => `${component}: ${name}`)).toEqual([
      'kube-proxy: system:serviceaccount:kube-system:kube-proxy',
      'kubelet: system:node:worker-1',
      'kube-scheduler: system:kube-scheduler',
    ]);
    expect(identities.map(({ levels }) => [...(levels.get('changes') ?? [])])).toEqual([
      [['Metadata', 1]],
      [['Metadata', 1]],
      [['None', 1]],
    ]);
    expect(
      strayUsers(policy, { identities, others: reader.users }).map(({ message, fix }) => `${message}; ${fix}`),
    ).toEqual([
      'nobody is system:kube-proxy: kube-proxy arrives as system:serviceaccount:kube-system:kube-proxy; write system:serviceaccount:kube-system:kube-proxy',
      'nobody is kubelet: kubelets arrive as system:node:worker-1; use userGroups: ["system:nodes"]',
    ]);
  });
});
