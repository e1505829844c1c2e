import { describe, expect, it } from 'vitest';
import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { createDetector, type Detector, type DetectorOptions } from './detector.ts';
import { loadRules } from './load.ts';

const begin = Date.UTC(2026, 0, 5, 12);

interface Sketch extends JsonObject {
  readonly verb: string;
}

let number = 0;

/** An event `at` seconds after the beginning. */
function event(at: number, sketch: Sketch): AuditEvent {
  number += 1;
  const stamp = new Date(begin + at * 1000).toISOString();
  const raw = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: '/',
    user: { username: 'jane' },
    sourceIPs: ['203.0.113.7'],
    responseStatus: { code: 200 },
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    requestReceivedTimestamp: stamp,
    stageTimestamp: stamp,
    ...sketch,
  };
  const read = readAuditEvent(raw, { source: 'test', offset: 0 });
  if (read === undefined) throw new Error('no event');
  return read;
}

function rulesOf(text: string): DetectorOptions['rules'] {
  const { rules, problems } = loadRules([{ path: 'r.yml', text }]);
  expect(problems).toEqual([]);
  return rules;
}

function base(name: string, selection: string, more = ''): string {
  return `title: ${name}\nname: ${name}\nlogsource: {product: kubernetes, service: audit}\ndetection:\n  s: {${selection}}\n  condition: s\n${more}`;
}

function correlation(body: string): string {
  return `title: many\nname: many\ncorrelation: {${body}}\n`;
}

const get = (name: string, more: JsonObject = {}): Sketch => ({
  verb: 'get',
  objectRef: { resource: 'secrets', namespace: 'shop', name },
  ...more,
});

function feed(detector: Detector, events: readonly AuditEvent[]): readonly Alert[] {
  return events.flatMap((one) => detector.feed(one));
}

describe('windows', () => {
  const counting = rulesOf(
    `${base('one', 'verb: get')}---\n${correlation('type: event_count, rules: [one], group-by: [user.username], timespan: 1m, condition: {gte: 3}')}`,
  );

  it.each([
    ['three within a minute', [0, 20, 40], 1],
    ['three over more', [0, 40, 80], 0],
    ['the last three of more', [0, 50, 90, 105], 1],
    ['out of order', [40, 0, 20], 1],
  ])('%s', (_, times, expected) => {
    const alerts = feed(
      createDetector({ rules: counting }),
      times.map((at) => event(at, get('db'))),
    );
    expect(alerts.filter(({ revision }) => revision === 0).map(({ rule }) => rule)).toEqual(
      Array.from({ length: expected }, () => 'many'),
    );
  });

  it('names the events that it counted, and says when they began', () => {
    const events = [0, 20, 40].map((at) => event(at, get('db')));
    const [alert] = feed(createDetector({ rules: counting }), events);
    expect(alert).toMatchObject({
      count: 3,
      first: '2026-01-05T12:00:00.000Z',
      last: '2026-01-05T12:00:40.000Z',
      events: events.map(({ id }) => id),
    });
  });

  it('keeps users apart', () => {
    const events = [0, 1, 2].map((at) => event(at, get('db', { user: { username: `user-${at}` } })));
    expect(feed(createDetector({ rules: counting }), events)).toEqual([]);
  });

  it('counts what comes after its window has passed, and nothing else of it', () => {
    const detector = createDetector({ rules: counting });
    feed(detector, [event(0, get('db')), event(3600, get('db')), event(10, get('db')), event(20, get('db'))]);
    expect(detector.counts.late).toBe(2);
    expect(detector.counts.rules.get('many')?.fired).toBe(0);
  });

  it('counts distinct values', () => {
    const rules = rulesOf(
      `${base('one', 'verb: get')}---\n${correlation('type: value_count, rules: [one], group-by: [user.username], timespan: 1m, condition: {field: objectRef.name, gte: 3}')}`,
    );
    const names = ['a', 'a', 'b', 'a', 'c'];
    const alerts = feed(
      createDetector({ rules }),
      names.map((name, at) => event(at, get(name))),
    );
    expect(alerts.map(({ count, targets }) => [count, targets])).toEqual([[3, ['secrets shop/c']]]);
  });

  it('finds sequences in order only', () => {
    const rules = rulesOf(
      `${base('first', 'verb: get')}---\n${base('second', 'verb: list')}---\n${correlation('type: temporal_ordered, rules: [first, second], group-by: [user.username], timespan: 1m')}`,
    );
    const list = { ...get('db'), verb: 'list' };
    expect(feed(createDetector({ rules }), [event(0, list), event(1, get('db'))])).toEqual([]);
    expect(feed(createDetector({ rules }), [event(0, get('db')), event(61, list)])).toEqual([]);
    expect(feed(createDetector({ rules }), [event(0, get('db')), event(59, list)]).map(({ rule }) => rule)).toEqual([
      'many',
    ]);
  });

  it('finds what happens together in any order', () => {
    const rules = rulesOf(
      `${base('first', 'verb: get')}---\n${base('second', 'verb: list')}---\n${correlation('type: temporal, rules: [first, second], group-by: [user.username], timespan: 1m')}`,
    );
    expect(
      feed(createDetector({ rules }), [event(0, { ...get('db'), verb: 'list' }), event(30, get('db'))]),
    ).toHaveLength(1);
  });

  it('learns before anything is new', () => {
    const rules = rulesOf(
      `${base('one', 'verb: get')}---\n${correlation('type: first_seen, rules: [one], group-by: [user.username], field: objectRef.name, learning: 1h, timespan: 1d')}`,
    );
    const alerts = feed(createDetector({ rules }), [
      event(0, get('a')),
      event(60, get('b')),
      event(7200, get('a')),
      event(7201, get('c')),
      event(7202, get('c')),
    ]);
    expect(alerts.map(({ targets }) => targets)).toEqual([['secrets shop/c']]);
  });

  it('lets go of what was not used for long when there are too many, and counts it', () => {
    const detector = createDetector({ rules: counting, maxKeys: 100 });
    feed(
      detector,
      Array.from({ length: 1000 }, (_, at) => event(at, get('db', { user: { username: `user-${at}` } }))),
    );
    expect(detector.counts.evicted).toBe(900);
    expect(detector.counts.keys).toBeLessThanOrEqual(200);
  });
});

describe('incidents', () => {
  const rules = rulesOf(base('one', 'verb: get', 'bulwark: {cooldown: 10m}\n'));

  it('are one for one actor, told again as they double', () => {
    const alerts = feed(
      createDetector({ rules }),
      Array.from({ length: 9 }, (_, at) => event(at, get(`s${at}`))),
    );
    expect(alerts.map(({ revision, count }) => [revision, count])).toEqual([
      [0, 1],
      [1, 2],
      [2, 4],
      [3, 8],
    ]);
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(1);
  });

  it('are told in full when the log has ended', () => {
    const detector = createDetector({ rules });
    feed(
      detector,
      [0, 1, 2].map((at) => event(at, get(`s${at}`))),
    );
    expect(detector.flush().map(({ count, targets }) => [count, targets])).toEqual([
      [3, ['secrets shop/s0', 'secrets shop/s1', 'secrets shop/s2']],
    ]);
    expect(detector.flush()).toEqual([]);
  });

  it('end when it was quiet for the cool-down', () => {
    const alerts = feed(createDetector({ rules }), [event(0, get('a')), event(601, get('a'))]);
    expect(alerts.map(({ revision }) => revision)).toEqual([0, 0]);
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(2);
  });

  it('of anonymous requests are one for each address', () => {
    const anonymous = (address: string) =>
      event(0, get('a', { user: { username: 'system:anonymous' }, sourceIPs: [address] }));
    expect(feed(createDetector({ rules }), [anonymous('203.0.113.1'), anonymous('203.0.113.2')])).toHaveLength(2);
  });
});

describe('requests', () => {
  const rules = rulesOf(base('one', 'action: exec'));
  const exec = (at: number, stage: string, more: JsonObject = {}) =>
    event(at, {
      verb: 'get',
      stage,
      auditID: '11111111-1111-4111-8111-111111111111',
      requestURI: '/api/v1/namespaces/shop/pods/web/exec?command=id',
      objectRef: { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web' },
      responseStatus: { code: 101 },
      ...more,
    });

  it('that run long count once, whichever stages the policy logs', () => {
    const count = (events: readonly AuditEvent[]): number | undefined => {
      const detector = createDetector({ rules });
      feed(detector, events);
      return detector.counts.rules.get('one')?.fired;
    };
    expect(count([exec(0, 'RequestReceived'), exec(0, 'ResponseStarted'), exec(9, 'ResponseComplete')])).toBe(1);
    expect(count([exec(9, 'ResponseComplete')])).toBe(1);
  });

  it('with an audit id that a client uses again are seen all the same', () => {
    const detector = createDetector({ rules });
    feed(detector, [
      exec(0, 'ResponseStarted'),
      exec(1, 'ResponseComplete', { requestURI: '/api/v1/namespaces/shop/pods/web/exec?command=sh' }),
    ]);
    expect(detector.counts.rules.get('one')?.fired).toBe(2);
  });

  it('are seen in every stage by a rule that names one', () => {
    const staged = rulesOf(base('one', 'stage: RequestReceived, verb: get'));
    expect(feed(createDetector({ rules: staged }), [exec(0, 'RequestReceived')])).toHaveLength(1);
  });
});

describe('attribution', () => {
  const rules = rulesOf(base('one', '"pod.privileged|exists": true, actor.trusted: false'));
  const spec = { containers: [{ name: 'c', securityContext: { privileged: true } }] };
  const controller = (name: string) => ({
    username: `system:serviceaccount:kube-system:${name}`,
    groups: ['system:serviceaccounts:kube-system'],
  });
  const owned = (kind: string, name: string) => ({ ownerReferences: [{ kind, name }] });
  const changed = (level: string) =>
    event(0, {
      verb: 'create',
      level,
      objectRef: { resource: 'deployments', apiGroup: 'apps', namespace: 'shop', name: 'web' },
      ...(level === 'Metadata'
        ? {}
        : { requestObject: { apiVersion: 'apps/v1', kind: 'Deployment', spec: { template: { spec } } } }),
    });
  const made = [
    event(1, {
      verb: 'create',
      user: controller('deployment-controller'),
      objectRef: { resource: 'replicasets', apiGroup: 'apps', namespace: 'shop', name: 'web-7d9c' },
      requestObject: {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: owned('Deployment', 'web'),
        spec: { template: { spec } },
      },
    }),
    event(2, {
      verb: 'create',
      user: controller('replicaset-controller'),
      objectRef: { resource: 'pods', namespace: 'shop', name: 'web-7d9c-x2b4k' },
      requestObject: { apiVersion: 'v1', kind: 'Pod', metadata: owned('ReplicaSet', 'web-7d9c'), spec },
    }),
  ];

  it('folds what controllers make into the incident of whoever changed the workload', () => {
    const detector = createDetector({ rules });
    const alerts = [...feed(detector, [changed('RequestResponse'), ...made]), ...detector.flush()];
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(1);
    expect(alerts.at(-1)).toMatchObject({
      count: 3,
      actor: { user: 'jane' },
      targets: ['deployments.apps shop/web', 'replicasets.apps shop/web-7d9c', 'pods shop/web-7d9c-x2b4k'],
    });
  });

  it('tells of the pod where the change itself could not be judged', () => {
    const alerts = feed(createDetector({ rules }), [changed('Metadata'), ...made]);
    expect(alerts[0]).toMatchObject({
      actor: { user: 'jane' },
      targets: ['deployments.apps shop/web', 'replicasets.apps shop/web-7d9c'],
    });
    expect(alerts[0]?.message).toMatch(/deployments\.apps shop\/web .*seen in replicasets\.apps shop\/web-7d9c/);
  });

  it('stays silent on what was there before the log', () => {
    expect(feed(createDetector({ rules }), made)).toEqual([]);
  });
});

describe('trust', () => {
  const rules = rulesOf(base('one', 'verb: list, actor.trusted: false'));
  const collector = {
    username: 'system:serviceaccount:kube-system:generic-garbage-collector',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'],
  };
  const list = (user: JsonObject, at = 1) => event(at, { ...get(''), verb: 'list', user });

  it.each([
    ['the control plane', collector, 0],
    ['a certificate that claims its name', { ...collector, groups: ['system:authenticated'] }, 1],
    [
      'an account that is named like one',
      { ...collector, username: 'system:serviceaccount:kube-system:evil-controller' },
      1,
    ],
    ['the administrator', { username: 'kubernetes-admin', groups: ['system:masters'] }, 1],
  ])('%s', (_, user, alerts) => {
    expect(feed(createDetector({ rules }), [list(user)])).toHaveLength(alerts);
  });

  it('ends with a token that somebody else got', () => {
    const minted = event(0, {
      verb: 'create',
      objectRef: {
        resource: 'serviceaccounts',
        subresource: 'token',
        namespace: 'kube-system',
        name: 'generic-garbage-collector',
      },
    });
    const detector = createDetector({ rules });
    expect(feed(detector, [list(collector, 0), minted, list(collector)])).toHaveLength(1);
  });

  it('of the settings ends when they say so', () => {
    const trusted = { users: [{ user: 'jane', reason: 'migration', until: '2026-01-05T12:00:30Z' }] };
    const alerts = feed(createDetector({ rules, trusted }), [
      list({ username: 'jane' }, 10),
      list({ username: 'jane' }, 40),
    ]);
    expect(alerts.map(({ first }) => first)).toEqual(['2026-01-05T12:00:40.000Z']);
  });

  it('is learnt of service accounts, where the rule allows for it, and never of people', () => {
    const learning = rulesOf(base('one', 'verb: list', 'bulwark: {learn: true}\n'));
    const detector = createDetector({ rules: learning, trusted: { users: [], learning: 60_000 } });
    const operator = { username: 'system:serviceaccount:ops:operator' };
    const alerts = feed(detector, [
      list(operator, 0),
      list({ username: 'jane' }, 1),
      list(operator, 100),
      list({ username: 'system:serviceaccount:shop:web' }, 101),
    ]);
    expect(alerts.map(({ actor }) => actor.user)).toEqual(['jane', 'system:serviceaccount:shop:web']);
    expect(detector.counts.learnt).toBe(2);
  });
});

describe('state', () => {
  const rules = rulesOf(
    `${base('one', 'verb: get')}---\n${correlation('type: value_count, rules: [one], group-by: [user.username], timespan: 1h, condition: {field: objectRef.name, gte: 3}')}`,
  );
  const events = Array.from({ length: 40 }, (_, at) =>
    event(at * 100, get(`s${at % 7}`, { user: { username: `user-${at % 3}` } })),
  );

  it('gives the same alerts with the same ids when it is kept and taken up anywhere', () => {
    const whole = feed(createDetector({ rules }), events);
    for (let cut = 0; cut <= events.length; cut += 1) {
      const before = createDetector({ rules });
      const alerts = [...feed(before, events.slice(0, cut))];
      const after = createDetector({ rules });
      after.restore(JSON.parse(JSON.stringify(before.save())) as Json);
      expect([...alerts, ...feed(after, events.slice(cut))]).toEqual(whole);
    }
  });

  it.each([[null], [1], [{}], [{ version: 1, incidents: [['x', { id: 1 }]], correlations: 'x', attribution: [[]] }]])(
    'takes nothing from %j',
    (state) => {
      const detector = createDetector({ rules });
      detector.restore(state as Json);
      expect(feed(detector, events)).toEqual(feed(createDetector({ rules }), events));
    },
  );
});
