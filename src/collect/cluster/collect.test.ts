import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { type CollectClusterOptions, type CollectedCluster, collectCluster } from './collect.ts';
import {
  aggregatedDiscovery,
  answer,
  type FakeApiServer,
  fail,
  type Handler,
  page,
  plainDiscovery,
  startFakeApiServer,
} from './fake-api-server.ts';

let folder = '';
let server: FakeApiServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bulwark-cluster-'));
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server?.close();
  server = undefined;
});

const empty: JsonObject = { items: [] };
const lists = {
  '/api/v1/namespaces': empty,
  '/api/v1/pods': empty,
  '/api/v1/secrets': empty,
  '/apis/batch/v1/jobs': empty,
  '/apis/batch/v1/cronjobs': empty,
  '/apis/batch/v1beta1/cronjobs': empty,
};

type Routes = Record<string, JsonObject | Handler>;

async function collectFrom(routes: Routes, options: CollectClusterOptions = {}): Promise<CollectedCluster> {
  server = await startFakeApiServer({ ...plainDiscovery(), ...lists, ...routes });
  return await collectCluster({ kubeconfig: kubeconfigFor(server.url), env: {}, customKinds: [], ...options });
}

function kubeconfigFor(url: string): string {
  const file = join(folder, 'config');
  const config = {
    'current-context': 'fake',
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me' } }],
    clusters: [{ name: 'fake', cluster: { server: url } }],
    users: [{ name: 'me', user: { token: 'abc' } }],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function asked(): readonly string[] {
  return (server?.requests ?? []).map(({ path, query }) => (query.size === 0 ? path : `${path}?${query}`));
}

describe('collectCluster: what is listed', () => {
  it('asks v1.20 for every version of the groups that it reads, and lists each resource in one of them', async () => {
    const { cluster, gaps } = await collectFrom({});
    expect(gaps).toEqual([]);
    expect(cluster).toMatchObject({ server: server?.url, version: 'v1.20.2', unread: [] });
    expect(cluster.apiVersions).toEqual([
      'argoproj.io/v1alpha1',
      'batch/v1',
      'batch/v1beta1',
      'metrics.k8s.io/v1beta1',
      'v1',
    ]);
    expect([...asked()].sort()).toEqual([
      '/api',
      '/api/v1',
      '/api/v1/namespaces?limit=500',
      '/api/v1/pods?limit=500',
      '/api/v1/secrets?limit=100',
      '/apis',
      '/apis/argoproj.io/v1alpha1',
      '/apis/batch/v1',
      '/apis/batch/v1/jobs?limit=500',
      '/apis/batch/v1beta1',
      '/apis/batch/v1beta1/cronjobs?limit=500',
      '/version',
    ]);
    expect(server?.requests.every(({ headers }) => headers.authorization === 'Bearer abc')).toBe(true);
  });

  it('needs two requests for discovery where the server aggregates it', async () => {
    const { cluster, gaps } = await collectFrom(aggregatedDiscovery());
    expect(gaps).toEqual([]);
    expect(cluster).toMatchObject({ version: 'v1.30.0', unread: [] });
    expect([...asked()].sort()).toEqual([
      '/api',
      '/api/v1/namespaces?limit=500',
      '/api/v1/pods?limit=500',
      '/api/v1/secrets?limit=100',
      '/apis',
      '/apis/batch/v1/cronjobs?limit=500',
      '/apis/batch/v1/jobs?limit=500',
      '/version',
    ]);
  });

  it.each([
    ['plain', plainDiscovery],
    ['aggregated', aggregatedDiscovery],
  ])('lists the custom resources that it is told to, with %s discovery', async (_, discovery) => {
    const { objects } = await collectFrom(
      { ...discovery(), '/apis/argoproj.io/v1alpha1/rollouts': page(['web']) },
      { customKinds: ['argoproj.io/Rollout'] },
    );
    expect(objects).toMatchObject([{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web' }]);
    expect(asked().join()).not.toContain('analysisruns');
  });

  it('says where each object is, and keeps all of it but managedFields', async () => {
    const { objects } = await collectFrom({ '/api/v1/pods': page(['web']) });
    expect(objects).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        name: 'web',
        namespace: 'shop',
        value: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'web', namespace: 'shop' },
          spec: { containers: [] },
        },
        source: { file: '/api/v1/namespaces/shop/pods/web', document: 0, base: [] },
      },
    ]);
  });

  it('keeps of managedFields who wrote an object in a version that goes', async () => {
    const entry = (manager: string, apiVersion: string) => ({
      manager,
      operation: 'Update',
      apiVersion,
      time: '2021-03-04T05:06:07Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': {} },
    });
    const applied = (apiVersion: string) => ({
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ apiVersion }) },
    });
    const items = [
      { metadata: { name: 'old', managedFields: [entry('helm', 'batch/v1beta1'), entry('kubectl', 'batch/v1')] } },
      { metadata: { name: 'new', managedFields: [entry('helm', 'batch/v1')] } },
      { metadata: { name: 'since', ...applied('batch/v1beta1'), managedFields: [entry('helm', 'batch/v1')] } },
      { metadata: { name: 'now', ...applied('batch/v1'), managedFields: [entry('helm', 'batch/v1')] } },
    ];
    const { objects } = await collectFrom({ '/apis/batch/v1beta1/cronjobs': { items } });
    const told = objects.map(({ name, value }) => [name, (value['metadata'] as JsonObject)['managedFields']]);
    const head = (manager: string, apiVersion: string) => {
      return { manager, operation: 'Update', apiVersion, time: '2021-03-04T05:06:07Z' };
    };
    expect(told).toEqual([
      ['old', [head('helm', 'batch/v1beta1'), head('kubectl', 'batch/v1')]],
      ['new', undefined],
      ['since', [head('helm', 'batch/v1')]],
      ['now', undefined],
    ]);
  });

  it.each([
    ['where there is nothing newer', false, ['Endpoints']],
    ['not where slices say the same', true, ['EndpointSlice']],
  ])('reads Endpoints %s, and all constraints of Gatekeeper', async (_, hasSlices, kinds) => {
    const verbs = ['get', 'list'];
    const groups = ['constraints.gatekeeper.sh/v1beta1', ...(hasSlices ? ['discovery.k8s.io/v1'] : [])];
    const named = groups.map((each) => {
      const [name = '', version = ''] = each.split('/');
      return { name, versions: [{ groupVersion: each, version }], preferredVersion: { groupVersion: each, version } };
    });
    const { objects } = await collectFrom({
      '/apis': { kind: 'APIGroupList', groups: named },
      '/api/v1': { resources: [{ name: 'endpoints', kind: 'Endpoints', namespaced: true, verbs }] },
      '/apis/discovery.k8s.io/v1': {
        resources: [{ name: 'endpointslices', kind: 'EndpointSlice', namespaced: true, verbs }],
      },
      '/apis/constraints.gatekeeper.sh/v1beta1': {
        resources: [
          { name: 'k8sallowedrepos', kind: 'K8sAllowedRepos', namespaced: false, verbs },
          { name: 'k8sallowedrepos/status', kind: 'K8sAllowedRepos', namespaced: false, verbs: ['get'] },
        ],
      },
      '/api/v1/endpoints': page(['web']),
      '/apis/discovery.k8s.io/v1/endpointslices': page(['web-x']),
      '/apis/constraints.gatekeeper.sh/v1beta1/k8sallowedrepos': page(['repositories']),
    });
    expect(objects.map(({ kind }) => kind)).toEqual([...kinds, 'K8sAllowedRepos']);
  });

  it('redacts Secrets as they arrive, whatever kind an item claims', async () => {
    const items = [{ kind: 'Pod', metadata: { name: 's' }, data: { password: 'aHVudGVyMjI=' } }];
    const { objects } = await collectFrom({ '/api/v1/secrets': { items } });
    expect(objects[0]?.value['data']).toEqual({ password: { redacted: 'password', bytes: 8 } });
    expect(JSON.stringify(objects)).not.toContain('aHVudGVyMjI');
  });

  it('leaves Secrets alone where it is told to', async () => {
    await collectFrom({}, { secrets: 'left-out' });
    expect(asked().join()).not.toContain('secrets');
  });

  it('reads only the namespaces that it is told to', async () => {
    const { objects, gaps, cluster } = await collectFrom(
      {
        '/api/v1/namespaces/shop': { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
        '/api/v1/namespaces/typo': (_, response) => fail(response, 404, 'namespaces "typo" not found'),
        ...Object.fromEntries(
          ['shop', 'typo'].flatMap((namespace) => [
            [`/api/v1/namespaces/${namespace}/pods`, empty],
            [`/api/v1/namespaces/${namespace}/secrets`, empty],
            [`/apis/batch/v1/namespaces/${namespace}/jobs`, empty],
            [`/apis/batch/v1beta1/namespaces/${namespace}/cronjobs`, empty],
          ]),
        ),
      },
      { namespaces: ['shop', 'typo'] },
    );
    expect(cluster.namespaces).toEqual(['shop', 'typo']);
    expect(objects).toMatchObject([{ kind: 'Namespace', name: 'shop', source: { file: '/api/v1/namespaces/shop' } }]);
    expect(asked()).toContain('/api/v1/namespaces/shop/pods?limit=500');
    expect(asked()).not.toContain('/api/v1/pods?limit=500');
    expect(gaps).toMatchObject([
      { code: 'unavailable', what: '/api/v1/namespaces/typo', reason: 'namespaces "typo" not found' },
    ]);
  });

  it('reads compressed answers', async () => {
    const { objects } = await collectFrom({
      '/api/v1/pods': (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(JSON.stringify(page(['web']))));
      },
    });
    expect(objects.map(({ name }) => name)).toEqual(['web']);
  });
});

describe('collectCluster: pages', () => {
  it('follows continue tokens and tells how far it is', async () => {
    const events: unknown[] = [];
    const { objects, gaps } = await collectFrom(
      {
        '/api/v1/pods': ({ query }, response) => {
          const token = query.get('continue');
          answer(
            response,
            token === null ? page(['a', 'b'], { continue: 'x/+=', remainingItemCount: 1 }) : page([`c${token}`]),
          );
        },
      },
      { pageSize: 2, onProgress: (event) => event.resource === 'pods' && events.push(event) },
    );
    expect(gaps).toEqual([]);
    expect(objects.map(({ name }) => name)).toEqual(['a', 'b', 'cx/+=']);
    expect(events).toEqual([
      { resource: 'pods', listed: 2, total: 3 },
      { resource: 'pods', listed: 3 },
    ]);
  });

  it.each([
    ['starts again when the server forgot the list', 1, ['a', 'b']],
    ['reads the list without pages when that happens twice', 2, ['all']],
  ])('%s', async (_, expiries, names) => {
    let expired = 0;
    const { objects, gaps } = await collectFrom({
      '/api/v1/pods': ({ query }, response) => {
        if (!query.has('limit')) answer(response, page(['all']));
        else if (!query.has('continue')) answer(response, page(['a'], { continue: 'next' }));
        else if (expired < expiries) {
          expired += 1;
          fail(response, 410, 'The provided continue parameter is too old');
        } else answer(response, page(['b']));
      },
    });
    expect(gaps).toEqual([]);
    expect(objects.map(({ name }) => name)).toEqual(names);
  });

  it('gives up on a list that is gone however it is asked for', async () => {
    const { gaps } = await collectFrom({ '/api/v1/pods': (_, response) => fail(response, 410, 'too old') });
    expect(gaps).toMatchObject([{ code: 'unavailable', what: '/api/v1/pods', reason: 'too old' }]);
    expect(asked().filter((path) => path.startsWith('/api/v1/pods'))).toHaveLength(3);
  });

  it.each<[string, Handler]>([
    ['the same token again', (_, response) => answer(response, page(['a'], { continue: 'again' }))],
    ['new tokens for empty pages', (_, response, times) => answer(response, page([], { continue: `t${times}` }))],
  ])('cuts off a server that hands out %s', async (_, handler) => {
    const { gaps } = await collectFrom({ '/api/v1/pods': handler });
    expect(gaps).toMatchObject([{ code: 'interrupted', what: '/api/v1/pods' }]);
    expect(gaps[0]?.reason).toMatch(/^the server does not end the list: page \d+ asks for another$/);
  });
});

describe('collectCluster: gaps', () => {
  it('names the rule that would close a forbidden list', async () => {
    const message = 'pods is forbidden: User "me" cannot list resource "pods" in API group "" at the cluster scope';
    const { gaps, cluster } = await collectFrom({
      '/api/v1/pods': (_, response) => fail(response, 403, message),
      '/apis/batch/v1/jobs': (_, response) => fail(response, 403, `\u001b[31m${'x'.repeat(1000)}`),
    });
    expect(gaps).toEqual([
      {
        code: 'forbidden',
        what: '/api/v1/pods',
        reason: message,
        hint: 'grant it to the user of the scan: `bulwark scan --print-rbac` prints the role',
        rule: { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      },
      expect.objectContaining({ what: '/apis/batch/v1/jobs', reason: `[31m${'x'.repeat(295)}…` }),
    ]);
    expect(cluster.unread).toEqual([]);
  });

  it('is complete without Secrets, and says that they were not read', async () => {
    const { gaps, cluster } = await collectFrom({ '/api/v1/secrets': (_, response) => fail(response, 403, 'no') });
    expect(gaps).toEqual([]);
    expect(cluster.unread).toMatchObject([{ code: 'forbidden', what: '/api/v1/secrets', reason: 'no' }]);
  });

  it('names an API whose server is down', async () => {
    const { gaps } = await collectFrom({
      '/apis/batch/v1beta1': (_, response) => fail(response, 503, 'service unavailable'),
      '/apis/batch/v1/jobs': (_, response) => fail(response, 404, 'not found'),
    });
    expect(gaps).toMatchObject([
      { code: 'unavailable', what: '/apis/batch/v1beta1', reason: 'service unavailable' },
      { code: 'unavailable', what: '/apis/batch/v1/jobs', reason: 'not found' },
    ]);
  });

  it.each<[string, Handler, string]>([
    [
      'closes in the middle of a page',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"items":[', () => response.destroy());
      },
      'the connection closed in the middle of the answer',
    ],
    [
      'closes in the middle of a compressed page',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(JSON.stringify(page(['web']))).subarray(0, 40));
      },
      'the connection closed in the middle of the answer',
    ],
    ['closes without an answer', (_, response) => response.destroy(), 'the connection broke: ECONNRESET'],
    [
      'sends broken JSON',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[}'),
      'the server answered with broken JSON',
    ],
    [
      'sends HTML',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'the server answered with text/html',
    ],
    ['sends no list', (_, response) => answer(response, { items: 'x' }), 'the server answered with no list'],
    [
      'sends a list for an object',
      (_, response) => answer(response, []),
      'the server answered with JSON that is not an object',
    ],
    [
      'redirects',
      (_, response) => response.writeHead(302, { location: 'https://elsewhere/' }).end(),
      'the server redirects to https://elsewhere/',
    ],
    ['never answers', () => undefined, 'no complete answer within 300 ms'],
    [
      'trickles',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
      'no complete answer within 300 ms',
    ],
  ])('goes on when the server %s', async (_, handler, reason) => {
    const { objects, gaps } = await collectFrom(
      { '/api/v1/namespaces': { items: [{ metadata: { name: 'shop' } }] }, '/api/v1/pods': handler },
      { timeoutMs: 300 },
    );
    expect(gaps).toMatchObject([{ code: 'interrupted', what: '/api/v1/pods', reason }]);
    expect(objects.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['Namespace shop']);
  });

  it('keeps the pages that arrived before a list broke', async () => {
    const { objects, gaps } = await collectFrom({
      '/api/v1/pods': ({ query }, response) =>
        query.has('continue') ? response.destroy() : answer(response, page(['a'], { continue: 'next' })),
    });
    expect(objects.map(({ name }) => name)).toEqual(['a']);
    expect(gaps).toMatchObject([{ code: 'interrupted', what: '/api/v1/pods' }]);
  });

  it('refuses an answer that is too large, also when it arrives small', async () => {
    const { gaps } = await collectFrom(
      {
        '/api/v1/pods': (_, response) => {
          response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
          response.end(gzipSync(' '.repeat(3 * 1024 * 1024)));
        },
      },
      { maxResponseBytes: 2 * 1024 * 1024 },
    );
    expect(gaps).toMatchObject([
      { code: 'too-large', what: '/api/v1/pods', reason: 'the answer is larger than 2 MiB' },
    ]);
  });

  it('waits and asks again when the server sheds load', async () => {
    const { objects, gaps } = await collectFrom({
      '/api/v1/pods': (_, response, times) => {
        if (times > 2) return answer(response, page(['web']));
        response.writeHead(429, { 'retry-after': '0' }).end('too many requests');
      },
    });
    expect(gaps).toEqual([]);
    expect(objects.map(({ name }) => name)).toEqual(['web']);
  });

  it('stops asking a server that stopped answering', async () => {
    const namespaces = ['a', 'b', 'c', 'd', 'e', 'f'];
    const silent = namespaces.flatMap((name): [string, Handler][] => [
      [`/api/v1/namespaces/${name}/pods`, () => undefined],
      [`/api/v1/namespaces/${name}/secrets`, () => undefined],
      [`/apis/batch/v1/namespaces/${name}/jobs`, () => undefined],
      [`/apis/batch/v1beta1/namespaces/${name}/cronjobs`, () => undefined],
    ]);
    const started = performance.now();
    const { gaps } = await collectFrom(Object.fromEntries(silent), { timeoutMs: 300, namespaces });
    expect(performance.now() - started).toBeLessThan(2500);
    expect(gaps.map(({ what, reason }) => `${what}: ${reason}`)).toContain(
      '/api/v1/namespaces/f/secrets: not asked for: the server stopped answering',
    );
  });
});

describe('collectCluster: no way in', () => {
  it.each<[string, Handler, string, string]>([
    [
      'does not know the token',
      (_, response) => fail(response, 401, 'Unauthorized'),
      'credentials-failed',
      'Unauthorized',
    ],
    ['is no API server', (_, response) => response.writeHead(200).end('<html>'), 'server-refused', 'something without'],
    ['is broken', (_, response) => fail(response, 500, 'etcd is gone'), 'server-refused', 'etcd is gone'],
    ['never answers', () => undefined, 'server-unreachable', 'no complete answer within 300 ms'],
  ])('says so when the server %s', async (_, handler, code, message) => {
    await expect(collectFrom({ '/version': handler }, { timeoutMs: 300 })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('names the server and the cause when nothing listens', async () => {
    const kubeconfig = kubeconfigFor('http://127.0.0.1:1');
    await expect(collectCluster({ kubeconfig, env: {} })).rejects.toMatchObject({
      code: 'server-unreachable',
      message: 'http://127.0.0.1:1: connection refused',
      hint: expect.stringContaining('--context'),
    });
  });

  it('goes on without a version that it may not see', async () => {
    const { cluster, gaps } = await collectFrom({ '/version': (_, response) => fail(response, 403, 'forbidden') });
    expect(cluster.version).toBeUndefined();
    expect(gaps).toMatchObject([
      { code: 'forbidden', what: '/version', rule: { nonResourceURLs: ['/version'], verbs: ['get'] } },
    ]);
  });

  it('renews credentials that expire in the middle of a scan', async () => {
    const { gaps, objects } = await collectFrom({
      '/api/v1/pods': (_, response, times) =>
        times === 1 ? fail(response, 401, 'Unauthorized') : answer(response, page(['web'])),
    });
    expect(gaps).toEqual([]);
    expect(objects.map(({ name }) => name)).toEqual(['web']);
  });

  it('goes on without what it may no longer read when the credentials cannot be renewed', async () => {
    server = await startFakeApiServer({
      ...plainDiscovery(),
      ...lists,
      '/api/v1/pods': (_, response) => {
        rmSync(kubeconfig, { force: true });
        fail(response, 401, 'Unauthorized');
      },
    });
    const kubeconfig = kubeconfigFor(server.url);
    const { gaps, cluster } = await collectCluster({ kubeconfig, env: {}, customKinds: [] });
    expect(cluster.version).toBe('v1.20.2');
    expect(gaps).toEqual([
      {
        code: 'forbidden',
        what: '/api/v1/pods',
        reason: 'Unauthorized',
        hint: 'the credentials expired during the scan: sign in again, and run it again',
      },
    ]);
  });

  it('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    const stop: Handler = () => controller.abort(new Error('interrupted by the user'));
    await expect(collectFrom({ '/api/v1/pods': stop }, { signal: controller.signal })).rejects.toThrow(
      'interrupted by the user',
    );
  });
});
