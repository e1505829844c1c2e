import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAuditEvent } from '../audit-event/index.ts';
import { rbacAuthorizer } from '../rbac/authorize.ts';
import { ruleAllows } from '../rbac/rule.ts';
import { shippedDefaults } from '../rbac/shipped-defaults.ts';
import { compactRules, type Right } from './compact.ts';
import { isGeneratedName } from './generated-name.ts';
import { proposedObjects } from './objects.ts';
import { ObservedSpan } from './observed-span.ts';
import { proposeRoles } from './propose.ts';
import { replay } from './replay.ts';
import { UsageRecorder } from './usage.ts';

const shipped = shippedDefaults(20)?.objects ?? [];
const web = 'system:serviceaccount:shop:web';

interface Request {
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly verb?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly code?: number;
  readonly decision?: string;
  readonly as?: { readonly username: string; readonly groups?: readonly string[] };
  readonly uri?: string;
}

function recorded(...requests: readonly Request[]): UsageRecorder {
  const recorder = new UsageRecorder();
  for (const [index, each] of requests.entries()) {
    const { user = web, groups = ['system:authenticated'], verb = 'get', code = 200, as, uri = '/api/v1/x' } = each;
    const {
      resource = 'pods',
      subresource = '',
      namespace = '',
      name = '',
      decision = code === 403 ? 'forbid' : 'allow',
    } = each;
    const raw = {
      ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', stage: 'ResponseComplete', auditID: `id-${index}` },
      ...{ requestURI: uri, verb, user: { username: user, groups }, responseStatus: { code } },
      ...(as !== undefined && { impersonatedUser: as }),
      ...(each.uri === undefined && { objectRef: { resource, subresource, namespace, name } }),
      annotations: { 'authorization.k8s.io/decision': decision },
      stageTimestamp: `2026-11-20T20:${String(index % 60).padStart(2, '0')}:05Z`,
    };
    const event = readAuditEvent(raw, { source: '', offset: 0 });
    if (event !== undefined) recorder.add(event);
  }
  return recorder;
}

function rolesOf(recorder: UsageRecorder, more: { mostNames?: number; mostNamespaces?: number } = {}) {
  const proposals = proposeRoles(recorder.used, {
    ...{ mostNames: 5, mostNamespaces: 3, companions: 'leave', ...more },
    defaults: rbacAuthorizer(shipped),
  });
  return proposals;
}

const told = (recorder: UsageRecorder, more = {}): readonly string[] =>
  rolesOf(recorder, more).flatMap(({ user, roles }) =>
    roles.flatMap(({ namespace, rules }) =>
      rules.map(({ verbs, resources, resourceNames, nonResourceURLs }) =>
        `${user.name} ${namespace ?? 'everywhere'}: ${verbs.join()} ${[...resources, ...nonResourceURLs].join()} ${resourceNames.join()}`.trimEnd(),
      ),
    ),
  );

describe('proposed roles', () => {
  it.each<[string, readonly Request[], readonly string[]]>([
    [
      'keep names and namespaces',
      [
        { namespace: 'shop', name: 'db' },
        { namespace: 'shop', name: 'cache' },
      ],
      [`${web} shop: get pods cache,db`],
    ],
    ['drop names that are made anew', [{ namespace: 'shop', name: 'web-6d4b75cb6d-hwxkz' }], [`${web} shop: get pods`]],
    [
      'drop the name that a create has in the log',
      [{ verb: 'create', namespace: 'shop', name: 'db' }],
      [`${web} shop: create pods`],
    ],
    [
      'keep the name of a subresource that is created',
      [{ verb: 'create', subresource: 'eviction', namespace: 'shop', name: 'db' }],
      [`${web} shop: create pods/eviction db`],
    ],
    [
      'take what was found not there, or refused by admission',
      [
        { namespace: 'shop', code: 404, name: 'a' },
        { verb: 'create', namespace: 'shop', code: 403, decision: 'allow' },
      ],
      [`${web} shop: get pods a`, `${web} shop: create pods`],
    ],
    ['leave out what was denied', [{ namespace: 'shop', code: 403 }], []],
    [
      'leave out what everybody has',
      [
        { verb: 'get', uri: '/healthz' },
        { verb: 'create', resource: 'x', uri: '/version' },
      ].slice(0, 1),
      [],
    ],
    ['take the path without its query', [{ uri: '/metrics?x=1' }], [`${web} everywhere: get /metrics`]],
    [
      'are for the whole cluster where no namespace was named',
      [{ verb: 'list' }, { verb: 'list', namespace: 'shop' }],
      [`${web} everywhere: list pods`],
    ],
    [
      'ask for a stream as v1.35 does',
      [{ subresource: 'exec', namespace: 'shop', name: 'db' }],
      [`${web} shop: get,create pods/exec db`],
    ],
    [
      'let one act as another, who has the right',
      [
        {
          user: 'anne',
          as: { username: 'robot', groups: ['ops', 'system:authenticated'] },
          namespace: 'shop',
          name: 'a',
        },
      ],
      ['robot shop: get pods a', 'anne everywhere: impersonate groups ops', 'anne everywhere: impersonate users robot'],
    ],
    [
      'are ClusterRoles for namespaces themselves',
      [{ resource: 'namespaces', namespace: 'shop', name: 'shop' }],
      [`${web} everywhere: get namespaces shop`],
    ],
  ])('%s', (_, requests, expected) => {
    expect(told(recorded(...requests))).toEqual(expected);
  });

  it('hold everywhere beyond a number of namespaces, and say so', () => {
    const recorder = recorded(...['a', 'b', 'c', 'd'].map((namespace) => ({ verb: 'list', namespace })));
    expect(told(recorder)).toEqual([`${web} everywhere: list pods`]);
    expect(rolesOf(recorder)[0]?.widened).toEqual(['list pods everywhere instead of in 4 namespaces']);
    expect(told(recorder, { mostNamespaces: 4 }).length).toBe(4);
  });

  it('tell what no request shows', () => {
    const { hidden } = recorded({ verb: 'create', resource: 'rolebindings', namespace: 'shop' });
    expect([...(hidden.get(web) ?? [])]).toEqual(['bindings']);
  });

  it('deny nothing that was allowed, whatever was asked', () => {
    const request = fc.record({
      user: fc.constantFrom(web, 'anne', 'robot', 'odd\nname', '__proto__'),
      verb: fc.constantFrom('get', 'list', 'create', 'delete', 'deletecollection', 'watch'),
      resource: fc.constantFrom('pods', 'secrets', 'namespaces', 'nodes'),
      subresource: fc.constantFrom('', '', 'exec', 'log'),
      namespace: fc.constantFrom('', 'shop', 'team', 'a', 'b', 'c'),
      name: fc.constantFrom(
        '',
        'db',
        'web-7',
        'x-6d4b75cb6d-hwxkz',
        ...Array.from({ length: 70 }, (_, index) => `n${index}`),
      ),
    });
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 120 }), fc.constantFrom(1, 5), (requests, mostNames) => {
        const recorder = recorded(...requests);
        const proposals = rolesOf(recorder, { mostNames });
        const objects = proposals.flatMap(({ roles }) => proposedObjects(roles));
        const { asked, denied } = replay(recorder.used, rbacAuthorizer([...shipped, ...objects]));
        expect(denied).toEqual([]);
        expect(asked).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });

  it('are caught by the replay where one is taken out', () => {
    const recorder = recorded({ namespace: 'shop', name: 'a' }, { namespace: 'team', name: 'b' });
    const objects = proposedObjects(rolesOf(recorder)[0]?.roles.slice(1) ?? []);
    expect(replay(recorder.used, rbacAuthorizer(objects)).denied).toEqual([
      { user: web, request: { verb: 'get', apiGroup: '', resource: 'pods', name: 'a' }, namespace: 'shop' },
    ]);
  });
});

describe('compact rules', () => {
  const right = fc.record<Right>({
    verb: fc.constantFrom('get', 'list', 'create'),
    apiGroup: fc.constantFrom('', 'apps'),
    resource: fc.constantFrom('pods', 'deployments', 'pods/log'),
    names: fc.constantFrom([], ['a'], ['a', 'b']),
    isUrl: fc.constant(false),
  });

  it('allow exactly the rights that they are made of', () => {
    fc.assert(
      fc.property(fc.array(right, { maxLength: 12 }), (rights) => {
        const rules = compactRules(rights);
        for (const verb of ['get', 'list', 'create']) {
          for (const apiGroup of ['', 'apps']) {
            for (const what of ['pods', 'deployments', 'pods/log']) {
              for (const name of ['', 'a', 'b', 'c']) {
                const [resource = '', subresource = ''] = what.split('/');
                const isWanted = rights.some(
                  (each) =>
                    each.verb === verb &&
                    each.apiGroup === apiGroup &&
                    each.resource === what &&
                    (each.names.length === 0 || each.names.includes(name)),
                );
                const asked = { verb, apiGroup, resource, subresource, name };
                expect(rules.some((rule) => ruleAllows(rule, asked))).toBe(isWanted);
              }
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('what was observed', () => {
  it.each([
    ['web-6d4b75cb6d-hwxkz', true],
    ['sync-28123456', true],
    ['0f8fad5b-d9cb-469f-a165-70867728950e', true],
    ['backup-2026-11-20', true],
    ['web-0', false],
    ['database', false],
    ['my-config-map', false],
    ['kube-root-ca.crt', false],
  ])('%s is made anew: %s', (name, expected) => {
    expect(isGeneratedName(name)).toBe(expected);
  });

  it('has gaps', () => {
    const span = new ObservedSpan();
    const minute = 60_000;
    for (const at of [0, 1, 2, 30, 31, 100]) span.add(at * minute);
    expect(span.silences(10 * minute)).toEqual([
      { from: 32 * minute, to: 100 * minute },
      { from: 3 * minute, to: 30 * minute },
    ]);
    expect(span.length).toBe(100 * minute);
  });
});
