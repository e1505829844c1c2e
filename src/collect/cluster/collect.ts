import { customWorkloadKinds } from '../../model/custom-workloads/kinds.ts';
import { BulwarkError } from '../../model/errors.ts';
import { own } from '../../model/json.ts';
import type { ClusterInfo, Gap, KubeObject, PolicyRule } from '../../model/snapshot.ts';
import type { Collected } from '../snapshot.ts';
import { ApiClient } from './api-client.ts';
import { ApiError, unreachableHint } from './api-error.ts';
import { forEachLimited } from './concurrency.ts';
import { readConfigz } from './configz.ts';
import type { Connection } from './connect.ts';
import { type Discovery, discover, listPath, type ServedResource } from './discovery.ts';
import { requestGap } from './gaps.ts';
import { type Listed, list, readByName } from './list.ts';
import { type ListedResource, listedGroups, listedResources, wholeGroups } from './resources.ts';

export interface CollectClusterOptions {
  /** A kubeconfig file; else `KUBECONFIG`, `~/.kube/config`, or the service account of the pod that this runs in. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** For one request, in milliseconds; 30 seconds unless told. */
  readonly timeoutMs?: number | undefined;
  /** For one connection, in milliseconds; 10 seconds unless told. */
  readonly connectTimeoutMs?: number | undefined;
  /** Objects a page; 500 unless told. */
  readonly pageSize?: number | undefined;
  /** Reads these namespaces only: the Namespace objects and what is in them, nothing of the cluster's own. */
  readonly namespaces?: readonly string[] | undefined;
  /** `left-out` does not ask for Secrets even where it may. */
  readonly secrets?: 'listed' | 'left-out' | undefined;
  /** Custom kinds to list besides the table's, as `group/Kind`; those that are known to make pods unless told. */
  readonly customKinds?: Iterable<string> | undefined;
  /** Asks every kubelet for its configuration through the API server, which takes `get` of `nodes/proxy`. */
  readonly kubelets?: 'asked' | 'left-out' | undefined;
  /** Largest answer that is read, in bytes; 256 MiB unless told. */
  readonly maxResponseBytes?: number | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly onProgress?: ((event: CollectProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CollectProgress {
  readonly resource: string;
  readonly listed: number;
  /** How many there are, where the server says. */
  readonly total?: number;
}

export interface CollectedCluster extends Collected {
  readonly cluster: ClusterInfo;
}

const concurrency = 4;
/** After so many requests in a row without an answer, the rest is not asked for: the server is gone. */
const maxTransportFailures = 4;

/**
 * Reads a live cluster: whatever of the table (and of the custom kinds) the server has. Only GET requests are sent. What
 * cannot be read becomes a gap that names the path and the RBAC rule that would close it; what a scan is complete
 * without (see `ListedResource.role`) is told in `cluster.unread` instead. Throws `BulwarkError` where there is no
 * way in: no kubeconfig, no credentials, no server.
 */
export async function collectCluster(options: CollectClusterOptions = {}): Promise<CollectedCluster> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  // Loaded here, so that only a scan of a live cluster pays for client-node.
  const { connect } = await import('./connect.ts');
  const { kubeconfig, context, env, signal } = options;
  const client = await ApiClient.open({
    connect: (): Promise<Connection> =>
      connect({ kubeconfig, context, env, signal, timeoutMs, maxSockets: concurrency }),
    timeoutMs,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    maxResponseBytes: options.maxResponseBytes,
    signal,
  });
  try {
    return await collect(client, options);
  } finally {
    client.close();
  }
}

async function collect(client: ApiClient, options: CollectClusterOptions): Promise<CollectedCluster> {
  const server = await client.server();
  const gaps: Gap[] = [];
  const unread: Gap[] = [];
  const version = await readVersion(client, server, gaps);
  const customKinds = new Set(options.customKinds ?? customWorkloadKinds());
  const customGroups = new Set([...customKinds].map((groupKind) => groupKind.slice(0, groupKind.indexOf('/'))));
  const discovery = await discover(client, (group) => listedGroups.has(group) || customGroups.has(group));
  gaps.push(...discovery.gaps);

  const requests = plan(discovery, customKinds, options);
  const results: KubeObject[][] = requests.map(() => []);
  const failures: (ApiError | undefined)[] = requests.map(() => undefined);
  let transportFailures = 0;
  await forEachLimited(requests, concurrency, async (request, index) => {
    if (transportFailures >= maxTransportFailures) {
      failures[index] = new ApiError('unreachable', 'not asked for: the server stopped answering');
      return;
    }
    const { objects, error } = await readRequest(client, request, options);
    results[index] = objects;
    failures[index] = error;
    transportFailures = error?.isTransport ? transportFailures + 1 : 0;
  });
  for (const [index, { path, rule, role }] of requests.entries()) {
    const error = failures[index];
    if (error !== undefined)
      (role === 'extra' && error.gapCode === 'forbidden' ? unread : gaps).push(requestGap(error, path, rule));
  }
  const listed = results.flat();
  const configz = options.kubelets === 'asked' ? await readConfigz(client, listed) : { objects: listed, gaps: [] };
  gaps.push(...configz.gaps);
  return {
    objects: configz.objects,
    inputs: [],
    gaps,
    cluster: {
      server,
      ...(version !== undefined && { version }),
      apiVersions: discovery.apiVersions,
      ...(options.namespaces !== undefined && { namespaces: options.namespaces }),
      unread,
    },
  };
}

/** The first request: it tells whether there is a way in at all. */
async function readVersion(client: ApiClient, server: string, gaps: Gap[]): Promise<string | undefined> {
  try {
    const { body } = await client.get('/version');
    const version = own(body, 'gitVersion');
    if (typeof version === 'string') return version;
    throw new ApiError('interrupted', 'the server answered without a gitVersion');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403) {
      gaps.push(requestGap(error, '/version', { nonResourceURLs: ['/version'], verbs: ['get'] }));
      return undefined;
    }
    throw noWayIn(error, server);
  }
}

function noWayIn(cause: ApiError, server: string): BulwarkError {
  if (cause.status === 401) {
    const hint = 'sign in again, or choose another context with --context';
    return new BulwarkError('credentials-failed', `${server} does not know these credentials: ${cause.message}`, hint, {
      cause,
    });
  }
  if (cause.isTransport) {
    return new BulwarkError('server-unreachable', `${server}: ${cause.message}`, unreachableHint(cause), { cause });
  }
  const hint = 'is this the address of a Kubernetes API server? See `server` of the cluster in the kubeconfig';
  return new BulwarkError('server-refused', `${server}/version: ${cause.message}`, hint, { cause });
}

interface ListRequest {
  readonly resource: ServedResource;
  readonly path: string;
  readonly rule: PolicyRule;
  readonly role: ListedResource['role'];
  readonly namespace?: string;
  /** Of one object to read instead of a list. */
  readonly name?: string;
  readonly pageSize: number;
}

/** What to list, in the order of the table, then custom resources by name: the same cluster gives the same order. */
function plan(
  discovery: Discovery,
  customKinds: ReadonlySet<string>,
  options: CollectClusterOptions,
): readonly ListRequest[] {
  const served = new Map(discovery.resources.map((resource) => [`${resource.group}/${resource.resource}`, resource]));
  const servedAtAll = new Set(served.keys());
  const wanted: { resource: ServedResource; row: Pick<ListedResource, 'role' | 'pageSize' | 'byName'> }[] = [];
  for (const row of listedResources) {
    const key = `${row.group}/${row.resource}`;
    const resource = served.get(key);
    served.delete(key);
    if (resource === undefined || (row.elseOf !== undefined && servedAtAll.has(row.elseOf))) continue;
    if (row.resource === 'secrets' && options.secrets === 'left-out') continue;
    wanted.push({ resource, row });
  }
  const custom = [...served].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, resource] of custom) {
    const isWanted = wholeGroups.has(resource.group) || customKinds.has(`${resource.group}/${resource.kind}`);
    if (isWanted) wanted.push({ resource, row: { role: 'minimal' } });
  }
  return wanted.flatMap(({ resource, row }) => {
    const pageSize = Math.min(row.pageSize ?? Number.POSITIVE_INFINITY, options.pageSize ?? 500);
    return scopesOf(resource, row, options.namespaces).map((scope) => ({
      resource,
      ...scope,
      path: listPath(resource, scope.namespace) + (scope.name === undefined ? '' : `/${scope.name}`),
      rule: {
        apiGroups: [resource.group],
        resources: [resource.resource],
        verbs: [scope.name === undefined ? 'list' : 'get'],
      },
      role: row.role,
      pageSize,
    }));
  });
}

function scopesOf(
  resource: ServedResource,
  { byName }: Pick<ListedResource, 'byName'>,
  namespaces: readonly string[] | undefined,
): readonly { readonly namespace?: string; readonly name?: string }[] {
  if (namespaces === undefined) return [{}];
  if (resource.scope === 'namespaced') return namespaces.map((namespace) => ({ namespace }));
  return byName === true ? namespaces.map((name) => ({ name })) : [];
}

async function readRequest(client: ApiClient, request: ListRequest, options: CollectClusterOptions): Promise<Listed> {
  const { resource, namespace, name, pageSize } = request;
  if (name !== undefined) return await readByName(client, resource, name);
  const label = resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
  return await list(client, resource, {
    namespace,
    pageSize,
    onPage: (count, remaining) =>
      options.onProgress?.({
        resource: namespace === undefined ? label : `${namespace}/${label}`,
        listed: count,
        ...(remaining !== undefined && { total: count + remaining }),
      }),
  });
}
