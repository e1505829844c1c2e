import { ApiError } from '../../collect/cluster/api-error.ts';
import { Reader } from '../../model/reader.ts';
import { pause } from '../../watch/backoff.ts';
import type { Call, KubeApi } from '../cluster/kube-api.ts';
import { metadataNameLabel } from '../registration/names.ts';

/** On namespaces that were labelled here, so that the label can be taken away again. */
const mark = 'bulwark.dev/labelled';

/**
 * Sets the label that exempt namespaces are told by where it is missing: API servers do so themselves from 1.21 on.
 * Returns the namespaces that were changed. Throws `ApiError`.
 */
export async function labelNamespaces(api: KubeApi, names: readonly string[]): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const name of names) {
    const path = `/api/v1/namespaces/${name}`;
    const namespace = await api.find(path);
    if (namespace === undefined) continue;
    const labels = new Reader(namespace, [], []).object('metadata').object('labels');
    if (labels.string(metadataNameLabel) === name) continue;
    const body = { metadata: { labels: { [metadataNameLabel]: name }, annotations: { [mark]: 'true' } } };
    await api.call({ method: 'PATCH', path, body });
    changed.push(name);
  }
  return changed;
}

/** Takes the label from the namespaces that have it from here. Returns them. Throws `ApiError`. */
export async function unlabelNamespaces(api: KubeApi): Promise<readonly string[]> {
  const changed: string[] = [];
  const list = new Reader(await api.get('/api/v1/namespaces'), [], []);
  for (const namespace of list.objects('items')) {
    const metadata = namespace.object('metadata');
    const name = metadata.string('name');
    if (name === undefined || metadata.object('annotations').string(mark) === undefined) continue;
    const body = { metadata: { labels: { [metadataNameLabel]: null }, annotations: { [mark]: null } } };
    await patchWhenFree(api, { method: 'PATCH', path: `/api/v1/namespaces/${name}`, body });
    changed.push(name);
  }
  return changed;
}

/** An API server calls a hook for a moment after its configuration is gone, and the guard keeps the label. */
async function patchWhenFree(api: KubeApi, call: Call): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await api.call(call);
      return;
    } catch (error) {
      const isHook = error instanceof ApiError && error.message.includes('webhook');
      if (!isHook || attempt >= 10) throw error;
      await pause(500, new AbortController().signal);
    }
  }
}
