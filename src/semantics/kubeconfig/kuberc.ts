import { isObject, type Json, own } from '../../model/json.ts';
import type { Kuberc } from '../../model/kubeconfig.ts';
import { Reader } from '../../model/reader.ts';

/**
 * What a kuberc file (kubectl.config.k8s.io/v1beta1 Preference) says of credential plugins; undefined for another file.
 * `name` is the older spelling of an entry's `command`.
 */
export function parseKuberc(value: Json): Omit<Kuberc, 'object'> | undefined {
  if (!isObject(value) || own(value, 'kind') !== 'Preference') return undefined;
  const reader = new Reader(value, [], []);
  if (!(reader.string('apiVersion') ?? '').startsWith('kubectl.config.k8s.io/')) return undefined;
  const policy = reader.string('credentialPluginPolicy') ?? '';
  if (!reader.has('credentialPluginAllowlist')) return { policy };
  const entries = reader.objects('credentialPluginAllowlist');
  return { policy, allowed: entries.map((entry) => entry.string('command') ?? entry.string('name') ?? '') };
}
