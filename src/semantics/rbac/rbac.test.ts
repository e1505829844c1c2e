import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { accessOf } from './access.ts';
import { rbacAuthorizer } from './authorize.ts';
import { covers } from './covers.ts';
import { identityOf, readIdentity } from './identity.ts';
import { constrainedRequests, impersonationRequests, mayImpersonate } from './impersonate.ts';
import { kubeletRequests, streamRequests } from './needed-requests.ts';
import { diffPowers } from './power-diff.ts';
import { type RbacRequest, type RoleRule, ruleAllows } from './rule.ts';
import { whoCan } from './who-can.ts';
import { refusalOf } from './why-not.ts';

const api = 'rbac.authorization.k8s.io/v1';

function read(...objects: readonly object[]): readonly KubeObject[] {
  return decodeManifest(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }), 'x.json').objects;
}

const clusterRole = (name: string, rules: readonly object[], more: object = {}, labels: object = {}) => ({
  ...{ apiVersion: api, kind: 'ClusterRole', metadata: { name, labels }, rules },
  ...more,
});
const role = (namespace: string, name: string, rules: readonly object[]) => ({
  ...{ apiVersion: api, kind: 'Role', metadata: { name, namespace }, rules },
});
const clusterBinding = (name: string, subjects: readonly object[], to = name) => ({
  ...{ apiVersion: api, kind: 'ClusterRoleBinding', metadata: { name }, subjects },
  roleRef: { kind: 'ClusterRole', name: to },
});
const binding = (
  namespace: string,
  name: string,
  subjects: readonly object[],
  to: object = { kind: 'Role', name },
) => ({
  ...{ apiVersion: api, kind: 'RoleBinding', metadata: { name, namespace }, subjects },
  roleRef: to,
});
const anne = { kind: 'User', name: 'anne' };
const web = { kind: 'ServiceAccount', name: 'web', namespace: 'shop' };
const resource = (verb: string, what: string, name = ''): RbacRequest => {
  const [plural = '', subresource] = what.split('/');
  return { verb, apiGroup: '', resource: plural, name, ...(subresource !== undefined && { subresource }) };
};
const rule = (verbs: readonly string[], resources: readonly string[], more: object = {}) => ({
  ...{ apiGroups: [''], resources, verbs },
  ...more,
});

/** What peers get wrong, each a row: a rule, a request, and what the API server says. */
describe('a rule', () => {
  const full = (given: object): RoleRule => ({
    ...{ index: 0, verbs: [], apiGroups: [''], resources: [], resourceNames: [], nonResourceURLs: [] },
    ...given,
  });
  it.each<[string, object, RbacRequest, boolean]>([
    ['pods/* is no wildcard', rule(['*'], ['pods/*']), resource('create', 'pods/exec'), false],
    ['*/exec is one', rule(['create'], ['*/exec']), resource('create', 'pods/exec'), true],
    ['pods leaves out its subresources', rule(['*'], ['pods']), resource('get', 'pods/log'), false],
    ['* has the subresources', rule(['get'], ['*']), resource('get', 'nodes/proxy'), true],
    ['*/ is nothing', rule(['*'], ['*/']), resource('get', 'pods'), false],
    ['core is no group', rule(['get'], ['pods'], { apiGroups: ['core'] }), resource('get', 'pods'), false],
    ['no group is none', rule(['get'], ['pods'], { apiGroups: [] }), resource('get', 'pods'), false],
    [
      'names limit a create of a subresource',
      rule(['create'], ['pods/exec'], { resourceNames: ['a'] }),
      resource('create', 'pods/exec', 'a'),
      true,
    ],
    [
      'names do not match a request without one',
      rule(['list'], ['secrets'], { resourceNames: ['a'] }),
      resource('list', 'secrets'),
      false,
    ],
    [
      'the empty name matches one',
      rule(['list'], ['secrets'], { resourceNames: [''] }),
      resource('list', 'secrets'),
      true,
    ],
    ['verbs have a case', rule(['GET'], ['pods']), resource('get', 'pods'), false],
    ['plurals alone', rule(['get'], ['secret']), resource('get', 'secrets'), false],
    ['/foo/* leaves out /foo', { verbs: ['get'], nonResourceURLs: ['/foo/*'] }, { verb: 'get', path: '/foo' }, false],
    ['/foo* has /foobar', { verbs: ['get'], nonResourceURLs: ['/foo*'] }, { verb: 'get', path: '/foobar' }, true],
    ['a star inside is none', { verbs: ['get'], nonResourceURLs: ['/a/*/b'] }, { verb: 'get', path: '/a/x/b' }, false],
    [
      'unknown verbs are legal',
      rule(['impersonate:user-info'], ['users']),
      resource('impersonate:user-info', 'users'),
      true,
    ],
  ])('%s', (_, given, request, allowed) => {
    expect(ruleAllows(full(given), request)).toBe(allowed);
  });
});

describe('decisions', () => {
  it.each<[string, readonly object[], string, readonly string[], RbacRequest, string | undefined, string]>([
    [
      'fields of two rules are not combined',
      [role('shop', 'r', [rule(['get'], ['pods']), rule(['list'], ['secrets'])]), binding('shop', 'r', [anne])],
      'anne',
      [],
      resource('get', 'secrets'),
      'shop',
      'denied',
    ],
    [
      'a service account of another namespace',
      [role('team', 'r', [rule(['get'], ['pods'])]), binding('team', 'r', [web])],
      'system:serviceaccount:shop:web',
      [],
      resource('get', 'pods'),
      'team',
      'allowed',
    ],
    [
      'the group of all service accounts',
      [
        clusterRole('r', [rule(['get'], ['pods'])]),
        clusterBinding('r', [{ kind: 'Group', name: 'system:serviceaccounts' }]),
      ],
      'system:serviceaccount:shop:any',
      [],
      resource('get', 'pods'),
      undefined,
      'allowed',
    ],
    [
      'everybody',
      [
        clusterRole('r', [rule(['get'], ['pods'])]),
        clusterBinding('r', [{ kind: 'Group', name: 'system:authenticated' }]),
      ],
      'anne',
      [],
      resource('get', 'pods'),
      'shop',
      'allowed',
    ],
    [
      'but not those without credentials',
      [
        clusterRole('r', [rule(['get'], ['pods'])]),
        clusterBinding('r', [{ kind: 'Group', name: 'system:authenticated' }]),
      ],
      'system:anonymous',
      [],
      resource('get', 'pods'),
      'shop',
      'denied',
    ],
    [
      'a ClusterRole in a RoleBinding holds there alone',
      [clusterRole('r', [rule(['get'], ['pods'])]), binding('shop', 'b', [anne], { kind: 'ClusterRole', name: 'r' })],
      'anne',
      [],
      resource('get', 'pods'),
      undefined,
      'denied',
    ],
    [
      'paths are never in a namespace',
      [
        clusterRole('r', [{ verbs: ['get'], nonResourceURLs: ['*'] }]),
        binding('shop', 'b', [anne], { kind: 'ClusterRole', name: 'r' }),
      ],
      'anne',
      [],
      { verb: 'get', path: '/metrics' },
      undefined,
      'denied',
    ],
    [
      'system:masters, without any binding',
      [],
      'anne',
      ['system:masters'],
      resource('get', 'secrets'),
      undefined,
      'allowed',
    ],
    [
      'a role that was not read',
      [binding('shop', 'r', [anne])],
      'anne',
      [],
      resource('get', 'pods'),
      'shop',
      'unknown',
    ],
    [
      'a role that was not read, elsewhere',
      [binding('shop', 'r', [anne])],
      'anne',
      [],
      resource('get', 'pods'),
      'team',
      'denied',
    ],
    [
      'a role of Kubernetes that was not read',
      [binding('shop', 'r', [anne], { kind: 'ClusterRole', name: 'view' })],
      'anne',
      [],
      resource('get', 'pods'),
      'shop',
      'allowed',
    ],
    [
      'a bare account in a ClusterRoleBinding is nobody',
      [clusterRole('r', [rule(['get'], ['pods'])]), clusterBinding('r', [{ kind: 'ServiceAccount', name: 'web' }])],
      'system:serviceaccount:default:web',
      [],
      resource('get', 'pods'),
      undefined,
      'denied',
    ],
  ])('%s', (_, objects, name, groups, request, namespace, kind) => {
    const access = accessOf({ objects: read(...objects), minor: 20, evidence: 'files' });
    expect(access.decide(identityOf(name, groups), request, namespace).kind).toBe(kind);
  });

  it('put aggregated roles together through a cycle', () => {
    const by = (label: string) => ({
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
    });
    const objects = read(
      clusterRole('a', [], by('b'), { a: 'true' }),
      clusterRole('b', [], by('a'), { b: 'true' }),
      clusterRole('part', [rule(['get'], ['pods'])], {}, { a: 'true' }),
      clusterBinding('a', [anne]),
    );
    const grant = rbacAuthorizer(objects).grantOf(identityOf('anne'), resource('get', 'pods'), undefined);
    expect([grant?.binding.role.name, grant?.role.name]).toEqual(['a', 'part']);
  });

  it('take names apart into who is meant', () => {
    expect(readIdentity('sa:shop/web').name).toBe('system:serviceaccount:shop:web');
    expect(readIdentity('sa:shop/web').groups).toContain('system:serviceaccounts:shop');
    expect(readIdentity('group:ops')).toEqual({ name: '', groups: ['ops'] });
    expect(identityOf('system:node:n1').groups).toEqual(['system:nodes', 'system:authenticated']);
  });
});

describe('covers', () => {
  const of = (given: object): RoleRule => ({
    ...{ index: 0, verbs: [], apiGroups: [''], resources: [], resourceNames: [], nonResourceURLs: [] },
    ...given,
  });
  it.each<[string, readonly object[], object, boolean]>([
    ['two rules together', [rule(['get'], ['pods']), rule(['list'], ['pods'])], rule(['get', 'list'], ['pods']), true],
    [
      'a list of verbs is not all verbs',
      [rule(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'], ['pods'])],
      rule(['*'], ['pods']),
      false,
    ],
    ['a subresource by */', [rule(['get'], ['*/log'])], rule(['get'], ['pods/log']), true],
    ['any name from one name', [rule(['get'], ['pods'], { resourceNames: ['a'] })], rule(['get'], ['pods']), false],
    ['one name from any', [rule(['get'], ['pods'])], rule(['get'], ['pods'], { resourceNames: ['a'] }), true],
    [
      'a path by a prefix',
      [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }],
      { verbs: ['get'], nonResourceURLs: ['/a/b*'] },
      true,
    ],
  ])('%s', (_, owned, wanted, expected) => {
    expect(covers(owned.map(of), [of(wanted)])).toBe(expected);
  });
});

describe('acting as others', () => {
  it('asks for service accounts in their namespace', () => {
    const asked = impersonationRequests({ user: 'system:serviceaccount:shop:web', groups: ['ops'] });
    expect(asked.map(({ request, namespace }) => [request.resource, request.name, namespace])).toEqual([
      ['serviceaccounts', 'web', 'shop'],
      ['groups', 'ops', undefined],
    ]);
  });

  it('takes both halves of the constrained kind, from v1.36 on', () => {
    const authentication = { apiGroups: ['authentication.k8s.io'] };
    const objects = read(
      clusterRole('who', [rule(['impersonate:user-info'], ['users'], { ...authentication, resourceNames: ['jane'] })]),
      clusterBinding('who', [web]),
      role('team', 'what', [rule(['impersonate-on:user-info:list'], ['pods'])]),
      binding('team', 'what', [web]),
    );
    const authorizer = rbacAuthorizer(objects);
    const user = identityOf('system:serviceaccount:shop:web');
    const action = (namespace: string) => ({ request: { verb: 'list', apiGroup: '', resource: 'pods' }, namespace });
    const may = (namespace: string, minor: number, target = 'jane') =>
      mayImpersonate(authorizer, user, { target: { user: target }, action: action(namespace), minor }).allowed;
    expect([may('team', 36), may('shop', 36), may('team', 34), may('team', 36, 'joe')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(constrainedRequests({ user: 'system:node:n1' }, action('team')).mode).toBe('arbitrary-node');
  });
});

describe('verbs that depend on the version', () => {
  it('know when get opens a stream', () => {
    const verbs = (minor: number | undefined) =>
      streamRequests('exec', 'web', minor).ways.map((way) => way.map(({ verb }) => verb).join('+'));
    expect([verbs(34), verbs(35), verbs(undefined)]).toEqual([
      ['create', 'get'],
      ['create', 'get+create'],
      ['create', 'get'],
    ]);
  });

  it.each<[string, number, readonly string[]]>([
    ['/pods', 32, ['proxy']],
    ['/pods', 33, ['pods', 'proxy']],
    ['/healthz/log', 34, ['healthz', 'proxy']],
    ['/metrics/cadvisor', 34, ['metrics']],
    ['/logs/', 20, ['log']],
    ['/exec/a/b/c', 36, ['proxy']],
    ['/podsandmore', 36, ['proxy']],
  ])('ask a kubelet for %s in v1.%i', (path, minor, expected) => {
    const { ways } = kubeletRequests({ method: 'GET', path, node: 'n1' }, minor);
    expect(ways.map(([request]) => request?.subresource)).toEqual(expected);
  });
});

describe('who can and why not', () => {
  const objects = read(
    role('shop', 'reader', [
      rule(['get', 'list'], ['secrets']),
      rule(['get'], ['configmaps'], { resourceNames: ['a'] }),
    ]),
    binding('shop', 'reader', [anne]),
    clusterRole('all', [rule(['*'], ['*'])]),
    clusterBinding('all', [{ kind: 'Group', name: 'admins' }]),
  );
  const authorizer = rbacAuthorizer(objects);
  const names = (request: RbacRequest, reach: Parameters<typeof whoCan>[2]) =>
    whoCan(authorizer, request, reach).map(({ subject, names: only }) => [subject.name, ...only].join(' '));

  it('names everybody, by reach', () => {
    expect(names(resource('get', 'secrets'), 'anywhere')).toEqual(['anne', 'admins']);
    expect(names(resource('get', 'secrets'), 'everywhere')).toEqual(['admins']);
    expect(names(resource('get', 'secrets'), { namespace: 'team' })).toEqual(['admins']);
    expect(names(resource('get', 'configmaps'), 'anywhere')).toEqual(['admins', 'anne a']);
  });

  it('finds the nearest rule and what differs', () => {
    const missed = (verb: string, what: string, namespace: string, name = '') =>
      refusalOf(authorizer, identityOf('anne'), { request: resource(verb, what, name), namespace }).nearest[0]?.missed;
    expect(missed('delete', 'secrets', 'shop')).toEqual(['verb']);
    expect(missed('get', 'pods', 'shop')).toEqual(['resource']);
    expect(missed('get', 'secrets', 'team')).toEqual(['namespace']);
    expect(missed('get', 'configmaps', 'shop', 'b')).toEqual(['name']);
  });
});

describe('a difference of powers', () => {
  const before = read(role('shop', 'r', [rule(['get', 'list'], ['pods'])]), binding('shop', 'r', [anne]));

  it('is none where the same is written otherwise', () => {
    const after = read(
      role('shop', 'one', [rule(['get'], ['pods'])]),
      role('shop', 'two', [rule(['list'], ['pods'])]),
      ...[binding('shop', 'one', [anne]), binding('shop', 'two', [anne])],
    );
    expect(diffPowers(before, after)).toEqual([]);
  });

  it('tells who gained and lost what', () => {
    const after = read(role('shop', 'r', [rule(['get'], ['pods', 'secrets'])]), binding('shop', 'r', [anne]));
    const right = (verb: string, what: string) => ({ verb, what, name: undefined, namespace: 'shop' });
    expect(diffPowers(before, after)).toEqual([
      { subject: 'User anne', gained: [right('get', 'secrets')], lost: [right('list', 'pods')] },
    ]);
  });

  it('takes what a wildcard still covers as kept', () => {
    const after = read(clusterRole('all', [rule(['*'], ['*'])]), clusterBinding('all', [anne]));
    expect(diffPowers(before, after).map(({ gained, lost }) => [gained.length, lost.length])).toEqual([[1, 0]]);
  });
});

describe('any JSON at all', () => {
  const word = fc.constantFrom(
    ...['rules', 'verbs', 'resources', 'apiGroups', 'subjects', 'roleRef', 'kind', 'name', 'namespace', 'metadata'],
    ...['spec', 'volumes', 'containers', 'env', '__proto__', 'constructor', 'aggregationRule', 'clusterRoleSelectors'],
  );
  const leaf = fc.constantFrom<unknown>(null, true, 0, '', '*', 'ClusterRole', 'Group', 'a\u001b[31m', 'system:nodes');
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(word, tie('tree'), { maxKeys: 5 }),
    ),
  }));

  it('makes no question throw', () => {
    const kinds = fc.constantFrom(
      'ClusterRole',
      'Role',
      'ClusterRoleBinding',
      'RoleBinding',
      'Pod',
      'PersistentVolume',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(kinds, fc.dictionary(word, tree, { maxKeys: 6 })), { maxLength: 5 }), (items) => {
        const objects = read(
          ...items.map(([kind, value]) => ({
            ...value,
            apiVersion: kind === 'Pod' || kind === 'PersistentVolume' ? 'v1' : api,
            ...{ kind, metadata: { name: 'x', namespace: 'shop' } },
          })),
        );
        const access = accessOf({ objects, minor: 33, evidence: 'files' });
        for (const name of ['anne', 'system:node:n1', 'sa:shop/web'])
          access.decide(readIdentity(name), resource('get', 'secrets', 'a'), 'shop');
        whoCan(access.authorizer, resource('get', 'pods'), 'anywhere');
        refusalOf(access.authorizer, identityOf('anne'), { request: resource('get', 'pods'), namespace: 'shop' });
        diffPowers(objects, []);
      }),
      { numRuns: 200 },
    );
  });

  it('takes a role of 10,000 rules and a binding of as many subjects', () => {
    const rules = Array.from({ length: 10_000 }, (_, index) => rule(['get'], [`things-${index}`]));
    const subjects = Array.from({ length: 10_000 }, (_, index) => ({ kind: 'User', name: `user-${index}` }));
    const objects = read(clusterRole('many', rules), clusterBinding('many', subjects));
    const access = accessOf({ objects, minor: 33, evidence: 'complete' });
    expect(access.decide(identityOf('user-9999'), resource('get', 'things-9999'), undefined).kind).toBe('allowed');
    expect(
      refusalOf(access.authorizer, identityOf('user-1'), { request: resource('list', 'pods'), namespace: undefined })
        .nearest.length,
    ).toBe(3);
  });
});
