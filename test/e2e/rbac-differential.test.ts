import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectCluster } from '../../src/collect/cluster/collect.ts';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { factsOf } from '../../src/facts/facts.ts';
import { componentStandings } from '../../src/facts/rbac-components.ts';
import type { KubeObject } from '../../src/model/snapshot.ts';
import { accessOf } from '../../src/semantics/rbac/access.ts';
import { type BindingSubject, type RbacUser, serviceAccountUser } from '../../src/semantics/rbac/binding.ts';
import { mayBind, mayWriteRole } from '../../src/semantics/rbac/escalation.ts';
import { identityOf } from '../../src/semantics/rbac/identity.ts';
import { mayImpersonate } from '../../src/semantics/rbac/impersonate.ts';
import { whoCan } from '../../src/semantics/rbac/who-can.ts';
import { type Lab, labAvailable, startLab, warnIfNoLab } from '../lab.ts';
import { runProgram } from '../run-program.ts';
import { type Api, apiOf, inParallel } from './rbac-api.ts';
import { corpusOf, type Question, reviewOf } from './rbac-corpus.ts';

warnIfNoLab('test/e2e/rbac-differential.test.ts');

const group = 'rbac.authorization.k8s.io';
const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const rounds = 10;
const perRound = 560;

const collections: Readonly<Record<string, (namespace: string | undefined) => string>> = {
  Role: (namespace) => `/apis/${group}/v1/namespaces/${namespace}/roles`,
  ClusterRole: () => `/apis/${group}/v1/clusterroles`,
  RoleBinding: (namespace) => `/apis/${group}/v1/namespaces/${namespace}/rolebindings`,
  ClusterRoleBinding: () => `/apis/${group}/v1/clusterrolebindings`,
  Namespace: () => '/api/v1/namespaces',
  Pod: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
  PersistentVolume: () => '/api/v1/persistentvolumes',
  Secret: (namespace) => `/api/v1/namespaces/${namespace}/secrets`,
};

/** A subject alone, without the groups that Kubernetes adds. */
function userOf({ kind, name, namespace }: BindingSubject): RbacUser {
  if (kind === 'Group') return { name: '', groups: [name] };
  return { name: kind === 'User' ? name : serviceAccountUser(namespace ?? '', name), groups: [] };
}

/** A service account and a user of its name are the same to the server. */
function idOf(subject: BindingSubject): string {
  const { name, groups } = userOf(subject);
  return name === '' ? `group ${groups[0]}` : name;
}

describe.skipIf(!labAvailable)('the authoriser against a real API server', () => {
  let lab: Lab;
  let api: Api;

  beforeAll(async () => {
    lab = await startLab({ port: 19100 });
    api = await apiOf(lab);
  }, 300_000);

  afterAll(async () => {
    api?.close();
    await lab?.stop();
  }, 120_000);

  const stored = async (): Promise<readonly KubeObject[]> =>
    (await collectCluster({ kubeconfig: lab.kubeconfig })).objects;

  const create = async (object: object): Promise<void> => {
    const { kind, metadata } = object as { kind: string; metadata: { namespace?: string } };
    const path = collections[kind]?.(metadata.namespace) ?? '';
    const { code, body } = await api.call('POST', path, { body: object });
    // Of roles with the same name the first stays.
    if (code !== 201 && code !== 409) throw new Error(`${kind}: ${code} ${JSON.stringify(body)}`);
  };

  const asks = async (question: Question): Promise<boolean> => {
    const { code, body } = await api.call('POST', reviews, { body: reviewOf(question) });
    if (code !== 201) throw new Error(`${code} ${JSON.stringify(body)}`);
    return body.status?.allowed === true;
  };

  /** The authorizer reads from caches, one a kind, each a moment behind what was written. */
  const settle = async (round: number, namespace: string): Promise<void> => {
    const user = `settled-${round}`;
    const rules = [{ apiGroups: [''], resources: ['settled'], verbs: ['get'] }];
    const api1 = `${group}/v1`;
    const subjects = [{ kind: 'User', apiGroup: group, name: user }];
    const ref = (kind: string) => ({ apiGroup: group, kind, name: user });
    const other = [{ ...rules[0], resources: ['settled-too'] }];
    await create({ apiVersion: api1, kind: 'Role', metadata: { name: user, namespace }, rules: other });
    await create({ apiVersion: api1, kind: 'ClusterRole', metadata: { name: user }, rules });
    await create({
      ...{ apiVersion: api1, kind: 'RoleBinding', metadata: { name: user, namespace } },
      ...{ roleRef: ref('Role'), subjects },
    });
    await create({
      ...{ apiVersion: api1, kind: 'ClusterRoleBinding', metadata: { name: user } },
      ...{ roleRef: ref('ClusterRole'), subjects },
    });
    const question = (resource: string): Question => ({
      user: identityOf(user),
      request: { verb: 'get', apiGroup: '', resource },
      namespace,
    });
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await asks(question('settled'))) && (await asks(question('settled-too')))) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the API server does not see what was written');
  };

  it(`decides ${rounds * perRound} random requests alike`, async () => {
    const corpora = Array.from({ length: rounds }, (_, round) => corpusOf(round, perRound));
    await inParallel(
      corpora.flatMap(({ namespaces }) => namespaces),
      (name) => create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    );
    await inParallel(
      corpora.flatMap(({ roles, bindings }) => [...roles, ...bindings]),
      create,
    );
    await settle(0, 'shop-0');
    const access = accessOf({ objects: await stored(), minor: 20, evidence: 'complete' });
    const questions = corpora.flatMap((corpus) => corpus.questions);
    const answers = await inParallel(questions, asks);
    const disagreements = questions.flatMap((question, index) => {
      const own = access.decide(question.user, question.request, question.namespace).kind;
      return own === (answers[index] === true ? 'allowed' : 'denied') ? [] : [{ ...question, own }];
    });
    expect(disagreements.slice(0, 5)).toEqual([]);
    expect(answers.length).toBe(questions.length);
    expect(answers.length).toBeGreaterThanOrEqual(5000);
    const allowed = answers.filter((answer) => answer).length;
    console.info(
      `${answers.length} random SubjectAccessReviews: ${allowed} allowed, ${answers.length - allowed} denied, ${disagreements.length} disagreements`,
    );
    expect(allowed).toBeGreaterThan(questions.length / 20);
    expect(questions.length - allowed).toBeGreaterThan(questions.length / 20);
  }, 180_000);

  it('shows of the components what the server says of them', async () => {
    const objects = await stored();
    const facts = factsOf(assembleSnapshot([{ objects, inputs: [], gaps: [] }], ''));
    const standings = facts.get(componentStandings);
    expect(standings.map(({ identity }) => identity)).toEqual(
      expect.arrayContaining(['system:kube-scheduler', 'system:kube-controller-manager', 'system:kube-proxy']),
    );
    const questions = standings
      .filter(({ identity }) => identity !== 'system:nodes')
      .flatMap(({ identity, secrets, beyond }) =>
        ['get', 'list', 'watch'].map((verb) => ({
          question: {
            user: identityOf(identity),
            request: { verb, apiGroup: '', resource: 'secrets', name: '' },
            namespace: undefined,
          },
          beyond: beyond.length,
          reads: secrets.some((each) => each.verb === verb && each.namespace === undefined && each.names.length === 0),
        })),
      );
    const answers = await inParallel(
      questions.map(({ question }) => question),
      asks,
    );
    expect(questions.map(({ reads }) => reads)).toEqual(answers);
    // On a fresh server nothing is beyond; the corpus of these tests binds nothing to components.
    expect(questions.filter(({ beyond }) => beyond > 0)).toEqual([]);
    const named = (name: string) =>
      questions.flatMap(({ question, reads }) => (question.user.name === name ? [reads] : []));
    expect(named('system:kube-scheduler')).toEqual([false, false, false]);
    expect(named('system:kube-proxy')).toEqual([false, false, false]);
  }, 60_000);

  it('names with who-can everybody whom the server allows it, and nobody else', async () => {
    const { authorizer } = accessOf({ objects: await stored(), minor: 20, evidence: 'complete' });
    const subjects = new Map(
      authorizer.bindings
        .flatMap((binding) => binding.subjects)
        .filter(({ kind, namespace }) => kind !== 'ServiceAccount' || namespace !== undefined)
        .map((subject) => [idOf(subject), subject]),
    );
    const asked = [
      { verb: 'get', apiGroup: '', resource: 'secrets', name: '' },
      { verb: 'create', apiGroup: '', resource: 'pods', subresource: 'exec', name: '' },
      { verb: 'list', apiGroup: 'apps', resource: 'deployments', name: '' },
    ];
    for (const request of asked) {
      const holdings = whoCan(authorizer, request, { namespace: 'shop-0' });
      // By name alone: what a group gives is the group's.
      const named = new Set(holdings.filter(({ names }) => names.length === 0).map(({ subject }) => idOf(subject)));
      const members = [...subjects.values()];
      const answers = await inParallel(members, (subject) =>
        asks({ user: userOf(subject), request, namespace: 'shop-0' }),
      );
      const allowed = new Set(members.filter((_, index) => answers[index] === true).map(idOf));
      // The server lets the group system:masters pass without asking a role.
      for (const each of [named, allowed]) each.delete('group system:masters');
      expect([...allowed].sort()).toEqual([...named].sort());
      expect(named.size).toBeGreaterThan(0);
    }
  }, 120_000);

  it('lets through the same writes of roles and bindings', async () => {
    const objects = await stored();
    const { authorizer } = accessOf({ objects, minor: 20, evidence: 'complete' });
    const writers = [0, 1, 2, 3, 4, 5].flatMap((round) => corpusOf(round, 1).users.slice(0, 3));
    // Everybody may write; what is asked is whether they may give what they write.
    await create({
      ...{ apiVersion: `${group}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'writers' } },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'writers' },
      subjects: [{ kind: 'Group', apiGroup: group, name: 'writers' }],
    });
    await create({
      ...{ apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'writers' } },
      rules: [
        { apiGroups: [group], resources: ['clusterroles', 'clusterrolebindings', 'rolebindings'], verbs: ['create'] },
      ],
    });
    await settle(99, 'shop-1');
    const trials = writers.flatMap((writer, index) => {
      const user = { name: writer.name === '' ? 'nobody' : writer.name, groups: [...writer.groups, 'writers'] };
      const round = Math.floor(index / 3);
      return [0, 1, 2, 3, 4, 5].flatMap((number) => {
        const wanted = objects.find(
          ({ name, kind }) => kind === 'ClusterRole' && name === `role-${round}-${number}-all`,
        );
        if (wanted === undefined) return [];
        const made = decodeManifest(
          JSON.stringify({
            apiVersion: `${group}/v1`,
            kind: 'ClusterRole',
            metadata: { name: `new-${index}-${number}` },
            rules: [(wanted.value as { rules?: object[] }).rules?.[0]],
          }),
          'new.json',
        ).objects[0];
        return made === undefined ? [] : [{ user, role: made, bound: wanted, namespace: `shop-${round}` }];
      });
    });
    expect(trials.length).toBeGreaterThan(60);
    const results = await inParallel(trials, async ({ user, role, bound, namespace }) => {
      const as = { user: user.name, groups: user.groups };
      const inCluster = `${collections.ClusterRole?.(undefined)}?dryRun=All`;
      const wrote = await api.call('POST', inCluster, { body: role.value, as });
      const binding = {
        ...{ apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata: { name: 'new', namespace } },
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: bound.name },
        subjects: [],
      };
      const gave = await api.call('POST', `${collections.RoleBinding?.(namespace)}?dryRun=All`, { body: binding, as });
      return { role: wrote.code, binding: gave.code };
    });
    // The rights of the group of writers count among what they have.
    const live = accessOf({ objects: await stored(), minor: 20, evidence: 'complete' }).authorizer;
    for (const [index, { user, role, bound, namespace }] of trials.entries()) {
      const said = results[index];
      const what = `${user.name} ${role.name}`;
      expect(mayWriteRole(live, user, role).allowed, what).toBe(said?.role === 201);
      const reference = { kind: 'ClusterRole' as const, name: bound.name };
      const given = mayBind(live, user, { role: reference, scope: 'namespace', namespace });
      expect(given?.allowed, `${what} ${bound.name}`).toBe(said?.binding === 201);
    }
    expect(new Set(results.map(({ role }) => role))).toEqual(new Set([201, 403]));
    expect(new Set(results.map(({ binding }) => binding))).toEqual(new Set([201, 403]));
    expect(authorizer.bindings.length).toBeGreaterThan(100);
  }, 60_000);

  it('knows who may act as whom', async () => {
    const namespace = 'team-9';
    await create({
      ...{ apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'actor' } },
      rules: [
        { apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['anne', 'system:node:n1'] },
        { apiGroups: [''], resources: ['groups'], verbs: ['impersonate'], resourceNames: ['ops'] },
      ],
    });
    await create({
      ...{ apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'actor-of-accounts' } },
      rules: [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] }],
    });
    const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace }];
    const ref = (name: string) => ({ apiGroup: group, kind: 'ClusterRole', name });
    await create({
      ...{ apiVersion: `${group}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'actor' } },
      ...{ roleRef: ref('actor'), subjects },
    });
    await create({
      ...{ apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata: { name: 'actor', namespace } },
      ...{ roleRef: ref('actor-of-accounts'), subjects },
    });
    await settle(100, namespace);
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`;
    const answer = await api.call('POST', path, {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    const token = answer.body.status?.token ?? '';
    const { authorizer } = accessOf({ objects: await stored(), minor: 20, evidence: 'complete' });
    const actor = identityOf(`system:serviceaccount:${namespace}:default`);
    const targets = [
      { user: 'anne', groups: [] },
      { user: 'anne', groups: ['ops'] },
      { user: 'anne', groups: ['system:masters'] },
      { user: 'bob', groups: [] },
      { user: `system:serviceaccount:${namespace}:other`, groups: [] },
      { user: `system:serviceaccount:${namespace}:other`, groups: ['ops'] },
      { user: 'system:serviceaccount:kube-system:default', groups: [] },
      { user: 'system:node:n1', groups: [] },
      { user: 'system:node:n2', groups: [] },
    ];
    const said = await inParallel(targets, async (as) => {
      const { body } = await api.call('GET', '/api/v1/namespaces/none/configmaps', { as, token });
      return !(body.message ?? '').includes('cannot impersonate');
    });
    expect(targets.map((target) => mayImpersonate(authorizer, actor, { target }).allowed)).toEqual(said);
    expect(said).toEqual([true, true, false, false, true, true, false, true, false]);
  }, 60_000);

  it('answers on the command line as kubectl auth can-i does', async () => {
    const users = [0, 1, 2].map((round) => `anne-${round}`);
    const asked = users.flatMap((user, round) =>
      [
        'get pods',
        'list deployments.apps',
        'create pods/exec',
        'get /metrics',
        'bind clusterroles.rbac.authorization.k8s.io',
      ].map((words) => ({
        user,
        words: words.split(' '),
        place: words.includes('/metrics') ? [] : ['-n', `shop-${round}`],
      })),
    );
    for (const { user, words, place } of asked) {
      const args = ['rbac', 'can-i', ...words, '--as', user, ...place, '--kubeconfig', lab.kubeconfig];
      const { out } = await runProgram(args, { cwd: lab.folder, now: () => new Date() });
      // kubectl writes the subresource apart.
      const [verb = '', full = ''] = words;
      const [resource = '', subresource] = full.startsWith('/') ? [full] : full.split('/');
      const sub = subresource === undefined ? [] : ['--subresource', subresource];
      const said = await lab
        .kubectl(['auth', 'can-i', verb, resource, ...sub, '--as', user, ...place])
        .catch((error: Error) => String(error.message));
      expect(out.split('\n')[0], `${user} ${words.join(' ')}`).toBe(said.trim().startsWith('yes') ? 'yes' : 'no');
    }
  }, 120_000);

  const sample = join(import.meta.dirname, '../../../shared/samples/lab-audit.log.zst');
  it.skipIf(!existsSync(sample))(
    'takes the roles that rbac tighten writes',
    async () => {
      const args = ['rbac', 'tighten', '--from-audit', sample, '-o', 'yaml'];
      const { out } = await runProgram(args, { cwd: lab.folder, now: () => new Date() });
      const said = await lab.kubectl(['apply', '--dry-run=server', '-f', '-'], out);
      expect(said.trim().split('\n').length).toBeGreaterThan(5);
    },
    60_000,
  );

  it('gives nodes what their pods use, and no more', async () => {
    const namespace = 'shop-5';
    const container = (fields: object) => ({ name: 'app', image: 'registry.example/app:1.0', ...fields });
    const pod = (name: string, spec: object, annotations = {}) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, annotations },
      spec,
    });
    await create(
      pod('one', {
        ...{ nodeName: 'n1', imagePullSecrets: [{ name: 'pull' }] },
        initContainers: [
          {
            ...container({ envFrom: [{ secretRef: { name: 'init' } }, { configMapRef: { name: 'init' } }] }),
            name: 'i',
          },
        ],
        containers: [container({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'env', key: 'a' } } }] })],
        volumes: [
          { name: 'a', secret: { secretName: 'volume' } },
          {
            name: 'b',
            projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'projected' } }] },
          },
          { name: 'c', persistentVolumeClaim: { claimName: 'data' } },
          { name: 'd', csi: { driver: 'd', nodePublishSecretRef: { name: 'csi' } } },
        ],
      }),
    );
    await create(
      pod('two', { nodeName: 'n2', containers: [container({ envFrom: [{ secretRef: { name: 'other' } }] })] }),
    );
    await create({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'pv-1' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        claimRef: { namespace, name: 'data' },
        csi: { driver: 'd', volumeHandle: 'x', nodeStageSecretRef: { name: 'stage', namespace: 'shop-6' } },
      },
    });
    const objects = await stored();
    const access = accessOf({ objects, minor: 20, evidence: 'complete' });
    const questions: Question[] = [];
    const ask = (verb: string, target: string, name = '', where: string | null = namespace): void => {
      const [apiGroup = '', plural = ''] = target.includes('.') ? target.split('.k8s.io/') : ['', target];
      const [resource = '', subresource = ''] = plural.split('/');
      for (const node of ['n1', 'n2', 'n3']) {
        questions.push({
          user: identityOf(`system:node:${node}`),
          request: { verb, apiGroup: apiGroup === '' ? '' : `${apiGroup}.k8s.io`, resource, subresource, name },
          namespace: where ?? undefined,
        });
      }
    };
    const secrets = ['pull', 'init', 'env', 'volume', 'projected', 'csi', 'other', 'stage', 'none', ''];
    for (const name of secrets) for (const verb of ['get', 'list', 'watch', 'create']) ask(verb, 'secrets', name);
    for (const name of ['init', 'projected', 'none', '']) ask('get', 'configmaps', name);
    ask('get', 'secrets', 'stage', 'shop-6');
    ask('list', 'secrets', '', null);
    for (const verb of ['get', 'list', 'update']) ask(verb, 'persistentvolumeclaims', 'data');
    for (const verb of ['get', 'update', 'patch']) ask(verb, 'persistentvolumeclaims/status', 'data');
    for (const where of [null, namespace])
      for (const verb of ['get', 'list']) ask(verb, 'persistentvolumes', 'pv-1', where);
    for (const name of ['default', 'other', '']) ask('create', 'serviceaccounts/token', name);
    for (const name of ['n1', 'n3', '']) {
      for (const verb of ['get', 'create', 'update', 'list', 'watch']) {
        ask(verb, 'coordination.k8s.io/leases', name, 'kube-node-lease');
        ask(verb, 'storage.k8s.io/csinodes', name, null);
      }
      ask('update', 'coordination.k8s.io/leases', name);
      ask('get', 'storage.k8s.io/volumeattachments', name, null);
      for (const verb of ['get', 'list', 'update', 'delete']) ask(verb, 'nodes', name, null);
    }
    for (const verb of ['get', 'list', 'create', 'delete', 'update', 'deletecollection']) ask(verb, 'pods', 'one');
    const isUsed = { user: identityOf('system:node:n1'), namespace } as const;
    const settled: Question = { ...isUsed, request: { verb: 'get', apiGroup: '', resource: 'secrets', name: 'stage' } };
    for (let tries = 0; tries < 60 && !(await asks({ ...settled, namespace: 'shop-6' })); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const answers = await inParallel(questions, asks);
    const disagreements = questions.flatMap((question, index) => {
      const own = access.decide(question.user, question.request, question.namespace).kind;
      return own === (answers[index] === true ? 'allowed' : 'denied')
        ? []
        : [{ ...question, own, said: answers[index] }];
    });
    expect(disagreements).toEqual([]);
    expect(answers.filter((answer) => answer).length).toBeGreaterThan(30);
  }, 60_000);
});
