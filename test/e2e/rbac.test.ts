import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectCluster } from '../../src/collect/cluster/collect.ts';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { factsOf } from '../../src/facts/facts.ts';
import { rbac } from '../../src/facts/rbac.ts';
import { valueAt } from '../../src/model/path.ts';
import type { KubeObject } from '../../src/model/snapshot.ts';
import { rbacAuthorizer } from '../../src/semantics/rbac/authorize.ts';
import { serviceAccountGroups } from '../../src/semantics/rbac/binding.ts';
import { isDefaultBinding, isDefaultRole } from '../../src/semantics/rbac/default-objects.ts';
import { RoleBook } from '../../src/semantics/rbac/role-book.ts';
import { type RbacRequest, ruleAllows } from '../../src/semantics/rbac/rule.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';

warnIfNoLab('test/e2e/rbac.test.ts');

const api = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const namespaces = ['shop', 'team'];
const roleNames = ['one', 'two', 'three', 'gone'];

// A small alphabet, so that rules, bindings and requests meet; with the forms that look like wildcards and are none.
const some = <T>(values: readonly T[], minLength = 1) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength, maxLength: 3 });
const verbs = ['get', 'list', 'create', 'impersonate', '*'];
const groups = ['', 'apps', '*'];
const resources = ['pods', 'pods/log', 'pods/*', '*/log', '*/', '*', 'deployments', 'deployments/scale'];
const names = ['a', 'b'];
const urls = ['/metrics', '/healthz', '/healthz/*', '/logs*', '*'];

const resourceRule = fc.record({
  verbs: some(verbs),
  apiGroups: some(groups),
  resources: some(resources),
  resourceNames: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some(names) }),
});
const urlRule = fc.record({ verbs: some(['get', 'post', '*']), nonResourceURLs: some(urls) });

const subject = fc.constantFrom(
  { kind: 'User', apiGroup, name: 'anne' },
  { kind: 'User', apiGroup, name: '*' },
  { kind: 'User', apiGroup, name: 'system:serviceaccount:shop:web' },
  { kind: 'Group', apiGroup, name: 'ops' },
  { kind: 'Group', apiGroup, name: 'system:serviceaccounts:team' },
  { kind: 'ServiceAccount', name: 'web', namespace: 'shop' },
  { kind: 'ServiceAccount', name: 'web', namespace: 'team' },
);

const role = fc.record({
  where: fc.constantFrom(undefined, ...namespaces),
  name: fc.constantFrom('one', 'two', 'three'),
  rules: fc.array(resourceRule, { minLength: 2, maxLength: 5 }),
  urls: fc.array(urlRule, { maxLength: 2 }),
});
const binding = fc.record({
  where: fc.constantFrom(undefined, ...namespaces),
  to: fc.constantFrom(...roleNames),
  kind: fc.constantFrom('Role', 'ClusterRole'),
  subjects: fc.array(subject, { minLength: 1, maxLength: 2 }),
});

const users = [
  { name: 'anne', groups: ['system:authenticated'] },
  { name: 'bob', groups: ['ops', 'system:authenticated'] },
  { name: 'system:serviceaccount:shop:web', groups: serviceAccountGroups('shop') },
  { name: 'system:serviceaccount:team:web', groups: serviceAccountGroups('team') },
];

const question = fc.record({
  user: fc.constantFrom(...users),
  namespace: fc.constantFrom(undefined, ...namespaces),
  request: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        verb: fc.constantFrom('get', 'list', 'create', 'impersonate', 'delete'),
        apiGroup: fc.constantFrom('', 'apps', 'batch'),
        resource: fc.constantFrom('pods', 'deployments', 'nodes'),
        subresource: fc.constantFrom('', 'log', 'scale'),
        name: fc.constantFrom('', 'a', 'c'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        verb: fc.constantFrom('get', 'post', 'put'),
        path: fc.constantFrom('/metrics', '/healthz', '/healthz/etcd', '/logs', '/logs/', '/logs2', '/metrics/x'),
      }),
    },
  ),
});

const metadata = (name: string, namespace: string | undefined) => ({
  name,
  labels: { test: 'rbac' },
  ...(namespace !== undefined && { namespace }),
});

const ask = ({
  user,
  namespace,
  request,
}: {
  user: (typeof users)[number];
  namespace: string | undefined;
  request: RbacRequest;
}) => ({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  spec: {
    user: user.name,
    groups: user.groups,
    ...('path' in request
      ? { nonResourceAttributes: request }
      : {
          resourceAttributes: {
            verb: request.verb,
            group: request.apiGroup,
            resource: request.resource,
            subresource: request.subresource,
            name: request.name,
            ...(namespace !== undefined && { namespace }),
          },
        }),
  },
});

describe.skipIf(!labAvailable)('RBAC against a real API server', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab({ port: 19110 });
    await lab.kubectl(
      ['apply', '-f', '-'],
      list(namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))),
    );
  }, 300_000);

  afterAll(async () => {
    await lab?.stop();
  }, 120_000);

  const stored = async (): Promise<readonly KubeObject[]> =>
    (await collectCluster({ kubeconfig: lab.kubeconfig })).objects;

  it('excuses exactly the roles and bindings that a fresh server has', async () => {
    const objects = (await stored()).filter(({ apiVersion }) => apiVersion === api);
    const isRole = ({ kind }: KubeObject): boolean => kind === 'Role' || kind === 'ClusterRole';
    expect(objects.filter((object) => isRole(object) && !isDefaultRole(object)).map(({ name }) => name)).toEqual([]);
    expect(objects.filter((object) => !isRole(object) && !isDefaultBinding(object)).map(({ name }) => name)).toEqual(
      [],
    );
    expect(objects.length).toBeGreaterThan(100);
  });

  it('decides every request as SubjectAccessReview does', async () => {
    let allowed = 0;
    let denied = 0;
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const [roles = [], bindings = [], questions = []] =
        fc.sample(
          fc.tuple(
            fc.array(role, { minLength: 6, maxLength: 9 }),
            fc.array(binding, { minLength: 14, maxLength: 20 }),
            fc.array(question, { minLength: 120, maxLength: 120 }),
          ),
          { seed, numRuns: 1 },
        )[0] ?? [];
      const made = [
        ...roles.map(({ where, name, rules, urls }) => ({
          apiVersion: api,
          kind: where === undefined ? 'ClusterRole' : 'Role',
          metadata: metadata(name, where),
          rules: where === undefined ? [...rules, ...urls] : rules,
        })),
        ...bindings.map(({ where, to, kind, subjects }, index) => ({
          apiVersion: api,
          kind: where === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
          metadata: metadata(`binding-${index}`, where),
          roleRef: { apiGroup, kind: where === undefined ? 'ClusterRole' : kind, name: to },
          subjects,
        })),
      ];
      // Of roles with the same name the last stays, as kubectl applies them.
      const last = [
        ...new Map(
          made.map((each) => [`${each.kind}/${each.metadata.namespace}/${each.metadata.name}`, each]),
        ).values(),
      ];
      await lab.kubectl(['apply', '-f', '-'], list(last));
      const authorizer = rbacAuthorizer(await stored());
      await settled(lab);
      const output = ['--output', 'jsonpath={.status.allowed}{"\\n"}'];
      const said = await lab.kubectl(['create', ...output, '-f', '-'], list(questions.map(ask)));
      const answers = said.trim().split('\n');
      expect(answers.length).toBe(questions.length);
      for (const [index, each] of questions.entries()) {
        const namespace = 'path' in each.request ? undefined : each.namespace;
        const grant = authorizer.grantOf(each.user, each.request, namespace);
        expect(grant !== undefined, `seed ${seed}: ${JSON.stringify(each)}`).toBe(answers[index] === 'true');
        if (answers[index] === 'true') allowed += 1;
        else denied += 1;
      }
      await lab.kubectl(['delete', 'clusterroles,clusterrolebindings', '-l', 'test=rbac']);
      await lab.kubectl(['delete', 'roles,rolebindings', '--all-namespaces', '-l', 'test=rbac']);
    }
    expect(allowed).toBeGreaterThan(60);
    expect(denied).toBeGreaterThan(60);
  }, 240_000);

  it('puts aggregated roles of manifests together as the controller does', async () => {
    const part = (name: string, labels: object, resource: string) => ({
      apiVersion: api,
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
    });
    const manifests = [
      part('part-a', { to: 'all', tier: 'x' }, 'pods'),
      part('part-b', { to: 'all' }, 'services'),
      part('part-c', { tier: 'y' }, 'endpoints'),
      part('part-d', { other: 'z' }, 'events'),
      {
        apiVersion: api,
        kind: 'ClusterRole',
        metadata: { name: 'inner', labels: { to: 'outer' } },
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'all' } }] },
        rules: [],
      },
      {
        apiVersion: api,
        kind: 'ClusterRole',
        metadata: { name: 'outer' },
        aggregationRule: {
          clusterRoleSelectors: [
            { matchLabels: { to: 'outer' } },
            { matchExpressions: [{ key: 'tier', operator: 'In', values: ['y', 'z'] }] },
          ],
        },
        rules: [],
      },
    ];
    const said = (book: RoleBook, name: string): readonly string[] => {
      const found = book.find({ kind: 'ClusterRole', name }, undefined);
      return found === undefined ? [] : [...new Set(book.rulesOf(found).flatMap(({ rule }) => rule.resources))].sort();
    };
    const planned = new RoleBook(decodeManifest(list(manifests), 'x.json').objects);
    expect(said(planned, 'inner')).toEqual(['pods', 'services']);
    await lab.kubectl(['apply', '-f', '-'], list(manifests));
    for (let tries = 0; tries < 50; tries += 1) {
      const live = new RoleBook(await stored());
      if (said(live, 'outer').length >= 3) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const live = new RoleBook(await stored());
    for (const name of ['inner', 'outer']) expect(said(planned, name)).toEqual(said(live, name));
  }, 60_000);

  it('knows the default roles that manifests refer to by what they allow', async () => {
    const objects = await stored();
    const live = factsOf(assembleSnapshot([{ objects, inputs: [], gaps: [] }], '')).get(rbac);
    const bare = factsOf(assembleSnapshot([{ objects: [], inputs: [], gaps: [] }], '')).get(rbac);
    const names = ['cluster-admin', 'admin', 'edit', 'view', 'system:node', 'system:kubelet-api-admin'];
    for (const name of names) {
      const object = objects.find((each) => each.kind === 'ClusterRole' && each.name === name);
      expect(valueAt(object?.value, ['metadata', 'labels', 'kubernetes.io/bootstrapping'])).toBe('rbac-defaults');
      const reference = {
        object: object as KubeObject,
        scope: 'cluster' as const,
        role: { kind: 'ClusterRole' as const, name },
        subjects: [],
      };
      const asked: readonly RbacRequest[] = [
        { verb: 'get', apiGroup: '', resource: 'secrets' },
        { verb: 'create', apiGroup: '', resource: 'pods' },
        { verb: 'create', apiGroup: 'apps', resource: 'deployments' },
        { verb: 'impersonate', apiGroup: '', resource: 'serviceaccounts' },
        { verb: 'get', apiGroup: '', resource: 'nodes', subresource: 'proxy' },
        { verb: 'create', apiGroup: '', resource: 'persistentvolumes' },
        { verb: '*', apiGroup: '*', resource: '*' },
      ];
      const answers = (rules: ReturnType<typeof live.rulesOf>) =>
        asked.map((each) => rules?.some((rule) => ruleAllows(rule, each)));
      expect(answers(bare.rulesOf(reference)), name).toEqual(answers(live.rulesOf(reference)));
    }
  });
});

function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** The authorizer reads from its own cache, which is a moment behind what was written. */
async function settled(lab: Lab): Promise<void> {
  const name = `settled-${Date.now()}`;
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
  const subjects = [{ kind: 'User', apiGroup, name }];
  const labels = { test: 'rbac' };
  await lab.kubectl(
    ['apply', '-f', '-'],
    list([
      { apiVersion: api, kind: 'ClusterRole', metadata: { name, labels }, rules },
      {
        apiVersion: api,
        kind: 'ClusterRoleBinding',
        metadata: { name, labels },
        roleRef: { apiGroup, kind: 'ClusterRole', name },
        subjects,
      },
    ]),
  );
  for (let tries = 0; tries < 50; tries += 1) {
    const answer = await lab
      .kubectl(['auth', 'can-i', 'get', 'pods', '--as', name, '--all-namespaces'])
      .catch(() => 'no');
    if (answer.trim() === 'yes') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the API server does not see what was written');
}
