import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from '../../model/json.ts';

/** One request as the fake server saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
}

export type Handler = (request: SeenRequest, response: http.ServerResponse, times: number) => void;

export interface FakeApiServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

/**
 * An API server on loopback for tests: answers each path of `routes` with its JSON, or lets its handler answer
 * (`times` counts the requests of that path from 1), and everything else with 404. Keys are paths without query.
 */
export async function startFakeApiServer(
  routes: Readonly<Record<string, JsonObject | Handler>>,
): Promise<FakeApiServer> {
  const requests: SeenRequest[] = [];
  const times = new Map<string, number>();
  const table = new Map(Object.entries(routes));
  const server = http.createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://fake');
    const request = { path: url.pathname, query: url.searchParams, headers: incoming.headers };
    requests.push(request);
    const count = (times.get(url.pathname) ?? 0) + 1;
    times.set(url.pathname, count);
    const route = table.get(url.pathname);
    if (route === undefined) fail(response, 404, 'the server could not find the requested resource');
    else if (typeof route === 'function') route(request, response, count);
    else answer(response, route);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function answer(response: http.ServerResponse, body: Json): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** An error as the API server gives it: a metav1.Status. */
export function fail(response: http.ServerResponse, code: number, message: string): void {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code };
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status));
}

/** Discovery of a small server as v1.20 answers it: a request for every group version. */
export function plainDiscovery(): Record<string, JsonObject> {
  const verbs = ['get', 'list'];
  return {
    '/version': { gitVersion: 'v1.20.2' },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': {
      kind: 'APIGroupList',
      groups: [
        group('batch', ['v1', 'v1beta1']),
        group('metrics.k8s.io', ['v1beta1']),
        group('argoproj.io', ['v1alpha1']),
      ],
    },
    '/api/v1': {
      resources: [
        { name: 'pods', kind: 'Pod', namespaced: true, verbs },
        { name: 'pods/log', kind: 'Pod', namespaced: true, verbs: ['get'] },
        { name: 'namespaces', kind: 'Namespace', namespaced: false, verbs },
        { name: 'secrets', kind: 'Secret', namespaced: true, verbs },
        { name: 'events', kind: 'Event', namespaced: true, verbs },
      ],
    },
    '/apis/batch/v1': { resources: [{ name: 'jobs', kind: 'Job', namespaced: true, verbs }] },
    '/apis/batch/v1beta1': { resources: [{ name: 'cronjobs', kind: 'CronJob', namespaced: true, verbs }] },
    '/apis/argoproj.io/v1alpha1': {
      resources: [
        { name: 'rollouts', kind: 'Rollout', namespaced: true, verbs },
        { name: 'analysisruns', kind: 'AnalysisRun', namespaced: true, verbs },
      ],
    },
  };
}

function group(name: string, versions: readonly string[]): JsonObject {
  const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] ?? null };
}

/** The same server as v1.30 answers it: aggregated, two requests in all. */
export function aggregatedDiscovery(): Record<string, JsonObject> {
  const resource = (name: string, kind: string, scope = 'Namespaced') => ({
    resource: name,
    responseKind: { group: '', version: '', kind },
    scope,
    verbs: ['get', 'list'],
  });
  const list = (items: readonly Json[]) => ({
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    items,
  });
  const version = (name: string, resources: readonly Json[], freshness = 'Current') => ({
    version: name,
    freshness,
    resources,
  });
  return {
    '/version': { gitVersion: 'v1.30.0' },
    '/api': list([
      {
        versions: [
          version('v1', [
            resource('pods', 'Pod'),
            resource('namespaces', 'Namespace', 'Cluster'),
            resource('secrets', 'Secret'),
            { ...resource('bindings', 'Binding'), verbs: ['create'] },
          ]),
        ],
      },
    ]),
    '/apis': list([
      {
        metadata: { name: 'batch' },
        versions: [
          version('v1', [resource('jobs', 'Job'), resource('cronjobs', 'CronJob')]),
          version('v1beta1', [resource('cronjobs', 'CronJob')]),
        ],
      },
      { metadata: { name: 'metrics.k8s.io' }, versions: [version('v1beta1', [], 'Stale')] },
      { metadata: { name: 'argoproj.io' }, versions: [version('v1alpha1', [resource('rollouts', 'Rollout')])] },
    ]),
  };
}

/** A list of objects named `prefix-0` and so on, as a page of the API server. */
export function page(names: readonly string[], metadata: JsonObject = {}): JsonObject {
  return {
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '1', ...metadata },
    items: names.map((name) => ({
      metadata: { name, namespace: 'shop', managedFields: [{ manager: 'kubectl' }] },
      spec: { containers: [] },
    })),
  };
}
