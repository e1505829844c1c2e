import { isList, isObject, own } from '../../model/json.ts';
import { Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import type { KubeApi } from './kube-api.ts';

/** As many as Pod Security itself looks at when a namespace becomes stricter. */
const most = 3000;

/** The pods of one namespace as they are now. Rejects with `ApiError`. */
export async function readPods(api: KubeApi, namespace: string): Promise<readonly KubeObject[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const items = own(await api.get(`${path}?limit=${most}`), 'items');
  const pods: KubeObject[] = [];
  for (const item of isList(items) ? items : []) {
    if (!isObject(item)) continue;
    const name = new Reader(item, [], []).object('metadata').string('name') ?? '';
    const value = { ...item, apiVersion: 'v1', kind: 'Pod' };
    const source = { file: `${path}/${name}`, document: 0, base: [] };
    pods.push({ apiVersion: 'v1', kind: 'Pod', name, namespace, value, source });
  }
  return pods;
}
