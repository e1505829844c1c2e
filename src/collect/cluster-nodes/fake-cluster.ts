import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import type { Connection } from '../cluster/connect.ts';
import { answer, fail } from '../cluster/fake-api-server.ts';

/** What becomes of a pod on a node. */
export interface FakePod {
  /** Of core/v1 PodStatus; left out, nobody takes up the pod. */
  readonly status?: JsonObject;
  readonly log?: string | Buffer;
}

export interface FakeClusterOptions {
  readonly nodes?: readonly JsonObject[];
  /** By path, such as `/api/v1/namespaces/x`. */
  readonly objects?: Readonly<Record<string, JsonObject>>;
  readonly run?: (node: string) => FakePod;
  /** Status and message of a request that is refused, of `METHOD PATH`. From 500 on, it took effect before. */
  readonly refuse?: (request: string) => readonly [number, string] | undefined;
}

export interface FakeCluster {
  readonly connect: () => Promise<Connection>;
  /** All that was made and not removed, by path. */
  readonly objects: ReadonlyMap<string, JsonObject>;
  /** `METHOD PATH` of every request. */
  readonly requests: readonly string[];
  /** Most pods that there were at once. */
  readonly mostPods: () => number;
  close(): Promise<void>;
}

/** An API server on loopback that keeps objects, with kubelets that run every pod at once. */
export async function startFakeCluster(options: FakeClusterOptions): Promise<FakeCluster> {
  const objects = new Map(Object.entries(options.objects ?? {}));
  const requests: string[] = [];
  let mostPods = 0;
  const podOf = (pod: JsonObject): FakePod =>
    options.run?.(new Reader(pod, [], []).object('spec').string('nodeName') ?? '') ?? {};

  const create = (path: string, object: JsonObject): readonly [number, Json] => {
    const place = `${path}/${metadataOf(object).string('name')}`;
    if (objects.has(place)) return [409, 'it exists already'];
    const metadata = object['metadata'] as JsonObject;
    objects.set(place, { ...object, metadata: { creationTimestamp: new Date().toISOString(), ...metadata } });
    mostPods = Math.max(mostPods, [...objects.keys()].filter((key) => key.includes('/pods/')).length);
    return [201, object];
  };
  const list = (path: string, query: URLSearchParams): readonly [number, Json] => {
    const wanted = (query.get('labelSelector') ?? '').split(',').filter((part) => part !== '');
    const items = [...objects]
      .filter(([key]) => key.startsWith(`${path}/`) && !key.slice(path.length + 1).includes('/'))
      .map(([, object]) => (path.endsWith('/pods') ? { ...object, status: podOf(object).status ?? {} } : object))
      .filter((object) => {
        const labels = metadataOf(object).stringMap('labels');
        return wanted.every((part) => labels.get(part.split('=')[0] ?? '') === part.split('=')[1]);
      });
    return [200, { items }];
  };
  const nodes = (query: URLSearchParams): readonly [number, Json] => {
    // Pages of two, whatever was asked for.
    const from = Number(query.get('continue') ?? '0');
    const all = options.nodes ?? [];
    const more = from + 2 < all.length ? { continue: String(from + 2) } : {};
    return [200, { metadata: more, items: all.slice(from, from + 2) }];
  };
  const reply = (method: string, url: URL, body: string): readonly [number, Json | Buffer] => {
    const path = url.pathname;
    if (path === '/api/v1/nodes') return nodes(url.searchParams);
    if (method === 'POST') return create(path, JSON.parse(body));
    if (method === 'GET' && path.endsWith('/log')) {
      const pod = objects.get(path.slice(0, -'/log'.length));
      const log = pod && podOf(pod).log;
      return log === undefined ? [400, 'the container is waiting to start'] : [200, Buffer.from(log)];
    }
    if (method === 'GET' && /\/(?:pods|configmaps|events)$/.test(path)) return list(path, url.searchParams);
    const object = objects.get(path);
    if (object === undefined) return [404, `there is no ${path}`];
    if (method === 'DELETE') {
      for (const key of objects.keys()) if (key === path || key.startsWith(`${path}/`)) objects.delete(key);
    }
    return [200, object];
  };

  const server = http.createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://fake');
      const request = `${incoming.method} ${url.pathname}`;
      requests.push(request);
      const refused = options.refuse?.(request);
      const made =
        refused !== undefined && refused[0] < 500
          ? refused
          : reply(incoming.method ?? 'GET', url, Buffer.concat(chunks).toString());
      const [status, body] = refused ?? made;
      if (Buffer.isBuffer(body)) response.writeHead(200).end(body);
      else if (typeof body === 'string') fail(response, status, body);
      else answer(response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    connect: async () => ({ server: url, agent: new http.Agent({ keepAlive: true }), headers: {} }),
    objects,
    requests,
    mostPods: () => mostPods,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A Node object that is ready. */
export function readyNode(name: string): JsonObject {
  const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': name };
  return { kind: 'Node', metadata: { name, labels }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
}

function metadataOf(object: JsonObject): Reader {
  return new Reader(object, [], []).object('metadata');
}
