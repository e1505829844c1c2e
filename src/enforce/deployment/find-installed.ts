import { ApiError } from '../../collect/cluster/api-error.ts';
import { Reader } from '../../model/reader.ts';
import type { KubeApi } from '../cluster/kube-api.ts';
import type { WebhookNames } from '../registration/names.ts';
import { deploymentObjects } from './manifests.ts';
import { type ObjectReference, objectPath, referenceOf } from './objects.ts';
import { usualApiServers } from './pods.ts';

const reportApis = [
  { apiVersion: 'openreports.io/v1alpha1', kind: 'Report', resource: 'reports' },
  { apiVersion: 'wgpolicyk8s.io/v1alpha2', kind: 'PolicyReport', resource: 'policyreports' },
] as const;

/**
 * What is there of an installed webhook, in the order to remove it: the configurations first, so that nothing calls
 * what is about to go; the namespace last, and only where it was made for it. Throws `ApiError`.
 */
export async function findInstalled(api: KubeApi, names: WebhookNames): Promise<readonly ObjectReference[]> {
  const possible = possibleObjects(names).toReversed();
  const found: ObjectReference[] = [];
  for (const reference of possible) {
    const object = await api.find(objectPath(reference));
    if (object === undefined) continue;
    const labels = new Reader(object, [], []).object('metadata').object('labels');
    if (reference.kind === 'Namespace' && labels.string('app.kubernetes.io/part-of') !== 'bulwark') continue;
    found.push(reference);
  }
  const reports = await findReports(api, names);
  const isLast = ({ kind }: ObjectReference): boolean => kind === 'Namespace';
  return [...found.filter((reference) => !isLast(reference)), ...reports, ...found.filter(isLast)];
}

/** Whatever the options were, under every version of its API. */
function possibleObjects(names: WebhookNames): readonly ObjectReference[] {
  const references = new Map<string, ObjectReference>();
  for (const serverMinor of [20, 30]) {
    const objects = deploymentObjects({
      names,
      policies: new Map([['policies.yaml', '']]),
      needs: [],
      reports: true,
      image: 'bulwark',
      replicas: 1,
      priorityClass: '',
      place: 'cluster',
      clients: undefined,
      apiServers: usualApiServers,
      keeperArguments: [],
      serverMinor,
    });
    for (const object of objects) {
      const reference = referenceOf(object);
      references.set(objectPath(reference), reference);
    }
  }
  return [...references.values()];
}

async function findReports(api: KubeApi, { name }: WebhookNames): Promise<readonly ObjectReference[]> {
  const found: ObjectReference[] = [];
  for (const { apiVersion, kind, resource } of reportApis) {
    try {
      const selector = encodeURIComponent('app.kubernetes.io/managed-by=bulwark');
      const list = await api.find(`/apis/${apiVersion}/${resource}?labelSelector=${selector}`);
      for (const item of new Reader(list ?? {}, [], []).objects('items')) {
        const metadata = item.object('metadata');
        if (metadata.string('name') === name)
          found.push({ apiVersion, kind, namespace: metadata.string('namespace'), name });
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === undefined) throw error;
    }
  }
  return found;
}
