import { isList, isObject, type JsonObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import { redactSecret } from '../../model/redact.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { agingKinds, lifecycleOf } from '../../semantics/api-lifecycle/index.ts';
import { lastAppliedVersion } from '../../semantics/api-lifecycle/written-version.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { listPath, type ServedResource } from './discovery.ts';

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly pageSize: number;
  /** Called after every page with the objects so far, and how many more the server says there are. */
  readonly onPage?: (listed: number, remaining: number | undefined) => void;
}

export interface Listed {
  readonly objects: KubeObject[];
  /** Why the list is not complete. */
  readonly error?: ApiError;
}

/** More pages than any real list has: a server that never stops handing out tokens is cut off here. */
const maxPages = 20_000;
/** Filtering may leave a page empty, but hardly many in a row. */
const maxEmptyPages = 20;

/**
 * All objects of a resource, page by page; a page is narrowed to what is kept before the next is asked for. When the
 * server forgets the list between two pages (410 Gone, after etcd's compaction), it is read again from the start, and
 * then once without pages. An error ends the list and comes back beside the objects that arrived before it.
 */
export async function list(client: ApiClient, resource: ServedResource, options: ListOptions): Promise<Listed> {
  const pages = [options.pageSize, options.pageSize, 0];
  for (const [attempt, pageSize] of pages.entries()) {
    const listed = await listOnce(client, resource, { ...options, pageSize });
    if (listed.error?.status !== 410 || attempt === pages.length - 1) return listed;
  }
  return { objects: [] };
}

async function listOnce(client: ApiClient, resource: ServedResource, options: ListOptions): Promise<Listed> {
  const path = listPath(resource, options.namespace);
  const managedFields = agingKinds.has(resource.kind) ? 'told' : 'dropped';
  const objects: KubeObject[] = [];
  const seen = new Set<string>();
  let token = '';
  let emptyPages = 0;
  try {
    for (let page = 1; ; page += 1) {
      const { body } = await client.get(path + pageQuery(options.pageSize, token), { managedFields });
      const items = own(body, 'items');
      if (!isList(items) && items !== null) throw new ApiError('interrupted', 'the server answered with no list');
      for (const item of items ?? []) {
        if (isObject(item)) objects.push(toObject(item, resource));
      }
      const metadata = new Reader(body, [], []).object('metadata');
      options.onPage?.(objects.length, metadata.integer('remainingItemCount'));
      token = metadata.string('continue') ?? '';
      if (token === '') return { objects };
      emptyPages = items === null || items.length === 0 ? emptyPages + 1 : 0;
      if (seen.has(token) || emptyPages > maxEmptyPages || page >= maxPages) {
        throw new ApiError('interrupted', `the server does not end the list: page ${page} asks for another`);
      }
      seen.add(token);
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { objects, error };
  }
}

function pageQuery(pageSize: number, token: string): string {
  const parameters = new URLSearchParams();
  if (pageSize > 0) parameters.set('limit', String(pageSize));
  if (token !== '') parameters.set('continue', token);
  return parameters.size === 0 ? '' : `?${parameters}`;
}

/** One cluster-scoped object by its name. */
export async function readByName(client: ApiClient, resource: ServedResource, name: string): Promise<Listed> {
  try {
    const { body } = await client.get(`${listPath(resource)}/${encodeURIComponent(name)}`);
    return { objects: [toObject(body, resource)] };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { objects: [], error };
  }
}

function toObject(item: JsonObject, resource: ServedResource): KubeObject {
  const { group, version, kind } = resource;
  // Items of a list leave these out. Last as well as first: what is listed as a Secret is redacted as one.
  const identity = { apiVersion: group === '' ? version : `${group}/${version}`, kind };
  const value = redactSecret(shortened({ ...identity, ...item, ...identity }, kind));
  const metadata = new Reader(value, [], []).object('metadata');
  const name = metadata.string('name') ?? '';
  const namespace = metadata.string('namespace') || undefined;
  return {
    ...identity,
    name,
    namespace,
    value,
    source: { file: `${listPath(resource, namespace)}/${name}`, document: 0, base: [] },
  };
}

/**
 * Managed fields are two thirds of what a list weighs. Of use to a scan is who wrote an object in a version of the API
 * that is deprecated or gone, and when; and where kubectl apply once did, that somebody wrote it since.
 */
function shortened(value: JsonObject, kind: string): JsonObject {
  const metadata = own(value, 'metadata');
  if (!isObject(metadata) || !Object.hasOwn(metadata, 'managedFields')) return value;
  const { managedFields, ...kept } = metadata;
  if (!agingKinds.has(kind) || !isList(managedFields)) return { ...value, metadata: kept };
  const entries = managedFields.filter((entry) => isObject(entry)).map(entryHead);
  const versions = [...entries.map((entry) => own(entry, 'apiVersion')), lastAppliedVersion(metadata)];
  const isAging = versions.some((version) => typeof version === 'string' && lifecycleOf(version, kind) !== undefined);
  return { ...value, metadata: isAging ? { ...kept, managedFields: entries } : kept };
}

function entryHead(entry: JsonObject): JsonObject {
  const fields = ['manager', 'operation', 'apiVersion', 'time'];
  return Object.fromEntries(
    fields.flatMap((field) => {
      const text = own(entry, field);
      return typeof text === 'string' ? [[field, text]] : [];
    }),
  );
}
