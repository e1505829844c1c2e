import { ApiError } from '../../collect/cluster/api-error.ts';
import { Reader } from '../../model/reader.ts';
import type { KubeApi } from './kube-api.ts';

/** A kind by its group, whatever version it is served in. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** Where objects of a kind are, in the version that the server prefers among those that have it. */
export interface ServedKind extends GroupKind {
  readonly version: string;
  readonly resource: string;
  readonly isNamespaced: boolean;
}

/** Undefined where the server has no such kind. Throws `ApiError`. */
export async function findServedKind(api: KubeApi, { group, kind }: GroupKind): Promise<ServedKind | undefined> {
  for (const version of await versionsOf(api, group)) {
    const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const list = new Reader(await api.get(base), [], []);
    const found = list
      .objects('resources')
      .find((resource) => resource.string('kind') === kind && !(resource.string('name') ?? '/').includes('/'));
    const resource = found?.string('name');
    if (resource === undefined) continue;
    return { group, kind, version, resource, isNamespaced: found?.boolean('namespaced') ?? false };
  }
  return undefined;
}

async function versionsOf(api: KubeApi, group: string): Promise<readonly string[]> {
  if (group === '') return ['v1'];
  try {
    const found = new Reader(await api.get(`/apis/${group}`), [], []);
    const preferred = found.object('preferredVersion').string('version');
    const all = found.objects('versions').flatMap((version) => version.string('version') ?? []);
    return [...new Set([...(preferred === undefined ? [] : [preferred]), ...all])];
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

/** The path of the collection, of one namespace where one is named. */
export function collectionPath({ group, version, resource }: ServedKind, namespace?: string): string {
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined ? `${base}/${resource}` : `${base}/namespaces/${namespace}/${resource}`;
}
