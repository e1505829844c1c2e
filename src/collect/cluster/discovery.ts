import type { JsonObject } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import type { Gap } from '../../model/snapshot.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { forEachLimited } from './concurrency.ts';
import { requestGap } from './gaps.ts';

/** A kind of object that the server serves in one version and lets be listed. */
export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly scope: 'namespaced' | 'cluster';
}

export interface Discovery {
  /** One entry a group and resource, in the version that the server prefers among those that serve it. */
  readonly resources: readonly ServedResource[];
  /** Every `group/version` that the server has, sorted. */
  readonly apiVersions: readonly string[];
  readonly gaps: readonly Gap[];
}

/** Aggregated discovery (KEP-3352, on by default from 1.27), else what every server answers. */
const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

const concurrency = 4;

/**
 * What the server can list, of the groups that `wants` names. Two requests where the server aggregates discovery; one
 * more for every version of every group where it does not. A group whose server is down becomes a gap.
 */
export async function discover(client: ApiClient, wants: (group: string) => boolean): Promise<Discovery> {
  const versions: GroupVersion[] = [];
  const gaps: Gap[] = [];
  for (const root of ['/api', '/apis']) {
    try {
      const { body } = await client.get(root, { accept: aggregated });
      versions.push(...readRoot(root, body));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const rule = { nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*'], verbs: ['get'] };
      gaps.push(requestGap(error, root, rule));
    }
  }
  const wanted = versions.filter(
    ({ group, version }) => wants(group) && isPathSegment(version) && (group === '' || isPathSegment(group)),
  );
  await forEachLimited(wanted, concurrency, async (version) => {
    if (version.resources !== undefined) return;
    const path = pathOf(version);
    try {
      version.resources = readResourceList((await client.get(path)).body, version);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      version.failure = error;
    }
  });
  for (const version of wanted) {
    if (version.failure === undefined) continue;
    const path = pathOf(version);
    gaps.push(requestGap(version.failure, path, { nonResourceURLs: [path], verbs: ['get'] }));
  }
  return {
    resources: preferred(wanted),
    apiVersions: versions.map(({ group, version }) => (group === '' ? version : `${group}/${version}`)).sort(),
    gaps,
  };
}

interface GroupVersion {
  readonly group: string;
  readonly version: string;
  resources?: readonly ServedResource[];
  failure?: ApiError;
}

function pathOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** The groups' versions, each group's in the order of the server's preference. */
function readRoot(root: string, body: JsonObject): GroupVersion[] {
  const reader = new Reader(body, [], []);
  if (reader.string('kind') === 'APIGroupDiscoveryList') return reader.objects('items').flatMap(readAggregatedGroup);
  if (root === '/api') return reader.strings('versions').map((version) => ({ group: '', version }));
  return reader.objects('groups').flatMap((group) => {
    const name = group.string('name') ?? '';
    const preferredVersion = group.object('preferredVersion').string('version');
    const versions = group.objects('versions').map((entry) => entry.string('version') ?? '');
    // The sort is stable: the preferred version first, the others as they are.
    versions.sort((a, b) => Number(b === preferredVersion) - Number(a === preferredVersion));
    return versions.map((version) => ({ group: name, version }));
  });
}

function readAggregatedGroup(group: Reader): GroupVersion[] {
  const name = group.object('metadata').string('name') ?? '';
  return group.objects('versions').map((entry) => {
    const version = entry.string('version') ?? '';
    if (entry.string('freshness') === 'Stale') {
      const failure = new ApiError('status', 'the server behind this API group does not answer', { status: 503 });
      return { group: name, version, resources: [], failure };
    }
    const resources = entry
      .objects('resources')
      .filter((resource) => resource.strings('verbs').includes('list'))
      .map((resource): ServedResource => {
        const namespaced = resource.string('scope') === 'Namespaced';
        return {
          group: name,
          version,
          resource: resource.string('resource') ?? '',
          kind: resource.object('responseKind').string('kind') ?? '',
          scope: namespaced ? 'namespaced' : 'cluster',
        };
      });
    return { group: name, version, resources };
  });
}

function readResourceList(body: JsonObject, { group, version }: GroupVersion): readonly ServedResource[] {
  return new Reader(body, [], [])
    .objects('resources')
    .filter((resource) => resource.strings('verbs').includes('list'))
    .map((resource) => ({
      group,
      version,
      resource: resource.string('name') ?? '',
      kind: resource.string('kind') ?? '',
      scope: resource.boolean('namespaced') ? 'namespaced' : 'cluster',
    }));
}

/** What a server may put into a path that is asked for next. */
function isPathSegment(text: string): boolean {
  return /^[a-z0-9][a-z0-9.-]*$/i.test(text);
}

function preferred(versions: readonly GroupVersion[]): readonly ServedResource[] {
  const found = new Map<string, ServedResource>();
  for (const { resources } of versions) {
    for (const resource of resources ?? []) {
      const key = `${resource.group}/${resource.resource}`;
      // Subresources (`pods/log`) have a slash and cannot be listed.
      if (!found.has(key) && isPathSegment(resource.resource) && resource.kind !== '') found.set(key, resource);
    }
  }
  return [...found.values()];
}

/** `/apis/apps/v1/namespaces/shop/deployments`; without a namespace, of the whole cluster. */
export function listPath(resource: ServedResource, namespace?: string): string {
  const inNamespace = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${pathOf(resource)}${inNamespace}/${resource.resource}`;
}
