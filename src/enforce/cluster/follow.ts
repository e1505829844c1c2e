import { ApiError } from '../../collect/cluster/api-error.ts';
import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { backoff, pause } from '../../watch/backoff.ts';
import type { KubeApi } from './kube-api.ts';

export interface Follower {
  /** All objects that there are; the last page has arrived. */
  replace(objects: readonly JsonObject[]): void;
  set(object: JsonObject): void;
  remove(object: JsonObject): void;
  /** The server answered: what is known is as of now. */
  touched(): void;
  failed(reason: string): void;
}

const pageSize = 500;
/** The server ends a watch after this, and another one begins where it ended. */
const watchSeconds = 240;

/**
 * Lists a collection and follows its changes until `signal` is aborted, as informers do: from a list again where the
 * server has forgotten the version that it came to. While the server does not answer, what is known stays.
 */
export async function followCollection(
  { api, path }: { readonly api: KubeApi; readonly path: string },
  follower: Follower,
  signal: AbortSignal,
): Promise<void> {
  const waits = backoff({ first: 500, most: 30_000 });
  let version: string | undefined;
  while (!signal.aborted) {
    try {
      if (version === undefined) version = await listAll({ api, path }, follower);
      follower.touched();
      waits.reset();
      version = await followFrom(version, { api, path, follower, signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 410 || error.status === 404) version = undefined;
      follower.failed(error.message);
      await pause(waits.next(), signal);
    }
  }
}

async function listAll({ api, path }: { readonly api: KubeApi; readonly path: string }, follower: Follower) {
  const objects: JsonObject[] = [];
  let next = '';
  for (;;) {
    const page = await api.get(
      `${path}?limit=${pageSize}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`,
    );
    const items = own(page, 'items');
    for (const item of Array.isArray(items) ? (items as readonly Json[]) : []) if (isObject(item)) objects.push(item);
    const metadata = new Reader(page, [], []).object('metadata');
    next = metadata.string('continue') ?? '';
    if (next !== '') continue;
    follower.replace(objects);
    return metadata.string('resourceVersion') ?? '0';
  }
}

interface Following {
  readonly api: KubeApi;
  readonly path: string;
  readonly follower: Follower;
  readonly signal: AbortSignal;
}

/** Resolves to the version that the watch came to; undefined where a list is due. */
async function followFrom(from: string, { api, path, follower, signal }: Following): Promise<string | undefined> {
  let version: string | undefined = from;
  const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${from}`;
  // A server that says nothing, bookmarks included, for longer than the watch lasts is gone.
  const quiet = AbortSignal.any([signal, AbortSignal.timeout((watchSeconds + 30) * 1000)]);
  for await (const event of api.watch(`${path}?${query}`, quiet)) {
    if (!isObject(event)) continue;
    const object = own(event, 'object');
    const type = own(event, 'type');
    if (!isObject(object)) continue;
    if (type === 'ERROR') return undefined;
    version = new Reader(object, [], []).object('metadata').string('resourceVersion') ?? version;
    follower.touched();
    if (type === 'ADDED' || type === 'MODIFIED') follower.set(object);
    else if (type === 'DELETED') follower.remove(object);
  }
  return version;
}
