import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInRules, createDetector } from '../../detect/index.ts';
import type { Alert } from '../../model/alert.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { Json } from '../../model/json.ts';
import { readAuditEvent } from '../../semantics/audit-event/index.ts';
import { partitionNames, partitionOf } from './names.ts';
import { PartitionDetector } from './partition-detector.ts';
import { Router } from './router.ts';
import { splitRules } from './split-rules.ts';

const count = 4;
const options = { rules: builtInRules() };

/** Enough of one user's requests to fire what counts them. */
interface Burst {
  readonly user: string;
  readonly request: Json;
  readonly times: number;
}

const kube = 'system:serviceaccount:kube-system:';

const people = ['alice', 'bob', 'carol', 'system:anonymous', 'system:serviceaccount:shop:web', 'system:node:n1'];
const template = {
  spec: { containers: [{ name: 'c', image: 'evil/x', securityContext: { privileged: true } }], hostNetwork: true },
};
const owner = (kind: string, name: string): Json => ({ metadata: { name: 'x', ownerReferences: [{ kind, name }] } });

const requests: readonly Json[] = [
  { verb: 'get', resource: 'secrets', name: '#' },
  { verb: 'list', resource: 'secrets', code: 403 },
  { verb: 'create', resource: 'pods', subresource: 'exec', name: '#', code: 101 },
  { verb: 'delete', resource: 'deployments', group: 'apps', name: '#' },
  { verb: 'create', resource: 'pods', name: '#', body: { apiVersion: 'v1', kind: 'Pod', ...template } },
  {
    verb: 'create',
    resource: 'deployments',
    group: 'apps',
    name: 'web',
    body: { apiVersion: 'apps/v1', kind: 'Deployment', spec: { template } },
  },
  {
    verb: 'update',
    resource: 'clusterroles',
    group: 'rbac.authorization.k8s.io',
    name: 'reader',
    body: { kind: 'ClusterRole', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
  },
  {
    verb: 'update',
    resource: 'clusterroles',
    group: 'rbac.authorization.k8s.io',
    name: 'reader',
    body: { kind: 'ClusterRole', rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  },
  {
    verb: 'create',
    resource: 'serviceaccounts',
    subresource: 'token',
    namespace: 'kube-system',
    name: 'replicaset-controller',
  },
];

const made: readonly Burst[] = [
  {
    user: `${kube}deployment-controller`,
    request: {
      verb: 'create',
      resource: 'replicasets',
      group: 'apps',
      name: 'web-1',
      body: { apiVersion: 'apps/v1', kind: 'ReplicaSet', spec: { template }, ...Object(owner('Deployment', 'web')) },
    },
    times: 1,
  },
  {
    user: `${kube}replicaset-controller`,
    request: {
      verb: 'create',
      resource: 'pods',
      name: 'web-1-#',
      body: { apiVersion: 'v1', kind: 'Pod', ...template, ...Object(owner('ReplicaSet', 'web-1')) },
    },
    times: 3,
  },
  { user: `${kube}replicaset-controller`, request: { verb: 'get', resource: 'secrets', name: '#' }, times: 12 },
  { user: '', request: { verb: 'get', resource: 'pods', code: 401 }, times: 25 },
];

const bursts = fc.array(
  fc.oneof(
    fc.record({
      user: fc.constantFrom(...people),
      request: fc.constantFrom(...requests),
      times: fc.constantFrom(1, 2, 12),
    }),
    fc.constantFrom(...made),
  ),
  { minLength: 5, maxLength: 40 },
);

describe('partitions together', () => {
  it('find what one process finds, whoever did what', () => {
    fc.assert(
      fc.property(bursts, (list) => {
        const events = eventsOf(list);
        const detector = createDetector(options);
        const alone = events.flatMap((event) => detector.feed(event).map(told));
        alone.push(...detector.flush().map(told));
        expect(together(events).toSorted()).toEqual(alone.toSorted());
      }),
      { numRuns: 25 },
    );
  });

  it('find it when publisher and workers start anew from what they saved', () => {
    const list = [...made, ...people.flatMap((user) => requests.map((request) => ({ user, request, times: 12 })))];
    const events = eventsOf([...list, ...made, ...list]);
    const whole = together(events);
    expect(whole.length).toBeGreaterThan(40);
    expect(together(events, { restartEvery: 90 })).toEqual(whole);
  });
});

describe('splitRules', () => {
  it('leaves to the shared partition what does not group by the actor, and what looks at that', () => {
    const { byActor, across, sharedNames } = splitRules(options.rules);
    expect([...sharedNames]).toContain('brute-force-succeeded');
    expect([...sharedNames]).toContain('failed-authentication-burst');
    expect([...sharedNames]).not.toContain('many-secrets-read');
    expect(across.map(({ name }) => name)).toContain('brute-force-authenticated');
    const alone = byActor.map(({ name }) => name);
    expect(alone).toContain('many-secrets-read-event');
    expect(alone.filter((name) => sharedNames.has(name))).toEqual([]);
    // Every rule that alerts does so from one place.
    const told = [...byActor.filter(({ alerts }) => alerts).map(({ name }) => name)];
    for (const name of sharedNames) if (options.rules.find((rule) => rule.name === name)?.alerts) told.push(name);
    expect(told.toSorted()).toEqual(options.rules.flatMap(({ name, alerts }) => (alerts ? [name] : [])).toSorted());
  });
});

describe('partitionOf', () => {
  // Of nats-server 2.9.10, partition(8,1) and partition(1000,1).
  it.each([['abc', 8, '3']])('%s of %d is %s', (token, of, partition) => {
    expect(partitionOf(token, of)).toBe(partition);
  });
});

function together(events: readonly AuditEvent[], { restartEvery = 0 } = {}): string[] {
  let router = new Router(options, count);
  const detectors = new Map(partitionNames(count).map((name) => [name, partitionDetector(name)]));
  const alerts: string[] = [];
  events.forEach((event, index) => {
    if (restartEvery > 0 && index % restartEvery === 0) {
      const state = router.save();
      router = new Router(options, count);
      router.restore(JSON.parse(JSON.stringify(state)));
      for (const [name, before] of detectors) {
        const after = partitionDetector(name);
        after.restore(JSON.parse(JSON.stringify(before.save())));
        detectors.set(name, after);
      }
    }
    const line = Buffer.from(JSON.stringify(event.raw));
    if (!router.wants(line)) return;
    const { home, copies } = router.route(event, line);
    const names = home === undefined ? copies : [home.partition, ...copies];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) alerts.push(...(detectors.get(name)?.feed(event) ?? []).map(told));
  });
  for (const detector of detectors.values()) alerts.push(...detector.flush().map(told));
  return alerts;
}

function partitionDetector(partition: string): PartitionDetector {
  return new PartitionDetector(options, { partition, count });
}

function told({ id, revision, rule, count: events, actor, targets }: Alert): string {
  return `${rule} ${id} ${revision} ${events} ${actor.user} ${targets.join()}`;
}

function eventsOf(list: readonly Burst[]): AuditEvent[] {
  let number = 0;
  return list.flatMap(({ user, request, times }) =>
    Array.from({ length: times }, () => {
      number += 1;
      const event = readAuditEvent(rawEvent(user, request, number), { source: 'test', offset: number });
      if (event === undefined) throw new Error('no event');
      return event;
    }),
  );
}

function rawEvent(user: string, request: Json, number: number): Json {
  const {
    verb,
    resource,
    subresource = '',
    group = '',
    namespace = 'shop',
    name = '',
    code = 200,
    body,
  } = Object(request);
  const time = new Date(Date.UTC(2026, 10, 20, 20) + number * 1000).toISOString().replace('Z', '000Z');
  const groups = user.startsWith('system:serviceaccount:')
    ? ['system:serviceaccounts', `system:serviceaccounts:${user.split(':')[2]}`, 'system:authenticated']
    : [user === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'];
  const named = String(name).replace('#', String(number));
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: `/${group === '' ? 'api/v1' : `apis/${group}/v1`}/namespaces/${namespace}/${resource}/${named}`,
    verb,
    ...(user !== '' && { user: { username: user, groups } }),
    sourceIPs: [`10.0.0.${number % 3}`],
    userAgent: 'test',
    objectRef: { resource, namespace, name: named, apiGroup: group, apiVersion: 'v1', subresource },
    responseStatus: { metadata: {}, code },
    ...(body !== undefined && { requestObject: body, responseObject: body }),
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  };
}
