import fc from 'fast-check';
import type { RbacUser } from '../../src/semantics/rbac/binding.ts';
import { identityOf } from '../../src/semantics/rbac/identity.ts';
import type { RbacRequest } from '../../src/semantics/rbac/rule.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const api = `${apiGroup}/v1`;

/** A question for the API server: who, what and where. */
export interface Question {
  readonly user: RbacUser;
  readonly request: RbacRequest;
  readonly namespace: string | undefined;
}

export interface Corpus {
  readonly namespaces: readonly string[];
  readonly roles: readonly object[];
  readonly bindings: readonly object[];
  readonly users: readonly RbacUser[];
  readonly questions: readonly Question[];
}

const some = <T>(values: readonly T[], { from = 1, to = 3 } = {}) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: from, maxLength: to });

// A small alphabet, so that rules, bindings and requests meet; with the forms that look like wildcards and are none.
const verbs = ['get', 'list', 'create', 'impersonate', 'bind', 'escalate', 'impersonate:user-info', 'GET', 'get*', '*'];
const groups = ['', 'apps', 'core', '*', 'apps*'];
const resources = [
  ...['pods', 'pods/log', 'pods/exec', 'pods/*', '*/log', '*/exec', '*/', '*', '*/*', 'Pods', 'pod'],
  ...['deployments', 'deployments/scale', 'clusterroles', 'roles', 'nodes/proxy'],
];
const names = ['a', 'b', '*', ''];
const urls = ['/metrics', '/healthz', '/healthz/*', '/logs*', '/logs**', '/*', '*', '/a/*/b'];

const resourceRule = fc.record({
  verbs: some(verbs),
  apiGroups: some(groups),
  resources: some(resources),
  resourceNames: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some(names) }),
});
const urlRule = fc.record({ verbs: some(['get', 'post', 'GET', '*']), nonResourceURLs: some(urls) });

const request: fc.Arbitrary<RbacRequest> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      verb: fc.constantFrom('get', 'list', 'create', 'impersonate', 'bind', 'escalate', 'delete', '*', 'GET'),
      apiGroup: fc.constantFrom('', 'apps', 'batch', apiGroup, '*', 'core'),
      resource: fc.constantFrom('pods', 'deployments', 'nodes', 'clusterroles', 'roles', '*', 'pod'),
      subresource: fc.constantFrom('', '', 'log', 'exec', 'scale', 'proxy', '*'),
      name: fc.constantFrom('', 'a', 'c', '*'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constantFrom('get', 'post', 'put', 'GET'),
      path: fc.constantFrom(
        '/metrics',
        '/healthz',
        '/healthz/etcd',
        '/logs',
        '/logs/',
        '/logs2',
        '/metrics/x',
        '/a/x/b',
      ),
    }),
  },
);

/** Roles, bindings and questions of a round. Names are the round's own, so that rounds do not meet. */
export function corpusOf(round: number, questionCount: number): Corpus {
  const shop = `shop-${round}`;
  const team = `team-${round}`;
  const anne = `anne-${round}`;
  const ops = `ops-${round}`;
  const namespaces = [shop, team];
  const subject = fc.constantFrom(
    { kind: 'User', apiGroup, name: anne },
    { kind: 'User', apiGroup, name: '*' },
    { kind: 'User', apiGroup, name: anne.toUpperCase() },
    { kind: 'User', apiGroup, name: `system:serviceaccount:${shop}:web` },
    { kind: 'Group', apiGroup, name: ops },
    { kind: 'Group', apiGroup, name: `system:serviceaccounts:${team}` },
    { kind: 'ServiceAccount', name: 'web', namespace: shop },
    { kind: 'ServiceAccount', name: 'web', namespace: team },
    { kind: 'ServiceAccount', name: 'other', namespace: team },
  );
  const role = fc.record({
    where: fc.constantFrom(undefined, undefined, ...namespaces),
    rules: fc.array(resourceRule, { minLength: 1, maxLength: 4 }),
    urls: fc.array(urlRule, { maxLength: 2 }),
  });
  const binding = fc.record({
    where: fc.constantFrom(undefined, ...namespaces),
    to: fc.integer({ min: 0, max: 16 }),
    kind: fc.constantFrom('Role', 'ClusterRole'),
    subjects: fc.array(subject, { minLength: 1, maxLength: 2 }),
  });
  const users = [
    identityOf(anne),
    identityOf('bob', [ops]),
    identityOf(`system:serviceaccount:${shop}:web`),
    identityOf(`system:serviceaccount:${team}:web`),
    identityOf(`system:serviceaccount:${team}:none`),
    identityOf('system:anonymous'),
    { name: '', groups: [ops] },
    identityOf(anne.toUpperCase()),
  ];
  const question = fc.record({
    user: fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom(...users) },
      { weight: 1, arbitrary: fc.constant(identityOf('root', ['system:masters'])) },
    ),
    namespace: fc.constantFrom(undefined, shop, shop, team),
    request,
  });
  const [roles = [], bindings = [], questions = []] =
    fc.sample(
      fc.tuple(
        fc.array(role, { minLength: 15, maxLength: 15 }),
        fc.array(binding, { minLength: 14, maxLength: 14 }),
        fc.array(question, { minLength: questionCount, maxLength: questionCount }),
      ),
      { seed: 1000 + round, numRuns: 1 },
    )[0] ?? [];
  const metadata = (name: string, where: string | undefined) => ({
    name,
    ...(where !== undefined && { namespace: where }),
  });
  return {
    namespaces,
    users,
    questions,
    // Every namespace has the same names, so that what a binding resolves to matters; the last numbers dangle.
    roles: roles.map(({ where, rules, urls: paths }, index) => ({
      apiVersion: api,
      kind: where === undefined ? 'ClusterRole' : 'Role',
      metadata: metadata(`role-${round}-${index % 9}-${where ?? 'all'}`.replace(/-(?:shop|team)-\d+$/, ''), where),
      rules: where === undefined ? [...rules, ...paths] : rules,
    })),
    bindings: bindings.map(({ where, to, kind, subjects }, index) => {
      const real = where === undefined ? 'ClusterRole' : kind;
      const name = `role-${round}-${to % 10}${real === 'ClusterRole' ? '-all' : ''}`;
      return {
        apiVersion: api,
        kind: where === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
        metadata: metadata(`binding-${round}-${index}`, where),
        roleRef: { apiGroup, kind: real, name },
        subjects,
      };
    }),
  };
}

/** The SubjectAccessReview of a question. */
export function reviewOf({ user, request: asked, namespace }: Question): object {
  const attributes =
    'path' in asked
      ? { nonResourceAttributes: asked }
      : {
          resourceAttributes: {
            verb: asked.verb,
            group: asked.apiGroup,
            resource: asked.resource,
            subresource: asked.subresource ?? '',
            name: asked.name ?? '',
            ...(namespace !== undefined && { namespace }),
          },
        };
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { ...(user.name !== '' && { user: user.name }), groups: user.groups, ...attributes },
  };
}
