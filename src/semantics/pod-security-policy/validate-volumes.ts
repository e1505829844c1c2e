import { type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { type FieldError, invalid, invalidText } from './field-error.ts';
import { judgedContainers, type PodView, type VolumeView } from './pod-view.ts';
import type { PodSecurityPolicy } from './policy.ts';

/** Source: provider.go (validatePodVolumes). */
export function validateVolumes(policy: PodSecurityPolicy, view: PodView): readonly FieldError[] {
  const errors: FieldError[] = [];
  const writes = writableMounts(view);
  for (const [index, volume] of view.volumes.entries()) {
    const path = `spec.volumes[${index}]`;
    if (!allowsType(policy, volume)) {
      errors.push(invalidText(path, volume.type, `${volume.type} volumes are not allowed to be used`));
    } else if (volume.type === 'hostPath') {
      errors.push(...validateHostPath(policy, writes, { path, volume }));
    } else if (volume.type === 'flexVolume') {
      const detail = 'Flexvolume driver is not allowed to be used';
      errors.push(...validateDriver(policy.allowedFlexVolumes, volume, { path: `${path}.driver`, detail }));
    } else if (volume.type === 'csi') {
      const detail = 'Inline CSI driver is not allowed to be used';
      errors.push(...validateDriver(policy.allowedCSIDrivers, volume, { path: `${path}.csi.driver`, detail }));
    }
  }
  return errors;
}

function allowsType({ volumes }: PodSecurityPolicy, { type, source }: VolumeView): boolean {
  if (volumes.includes('*') || volumes.includes(type)) return true;
  return type === 'projected' && volumes.includes('secret') && isOnlyAccountToken(source);
}

/**
 * Whether a projected volume has nothing but what the API server itself mounts for a service account: then it may stand
 * for the secret that it replaces. Source: util/util.go (IsOnlyServiceAccountTokenSources).
 */
function isOnlyAccountToken(source: JsonObject): boolean {
  return objectsIn(own(source, 'sources')).every((each) => {
    const [token, configMap, downwardAPI] = ['serviceAccountToken', 'configMap', 'downwardAPI'].map((key) => {
      return own(each, key) ?? undefined;
    });
    if (token === undefined && configMap === undefined && downwardAPI === undefined) return false;
    if (token !== undefined && (valueAt(token, ['path']) !== 'token' || isText(valueAt(token, ['audience']))))
      return false;
    if (configMap !== undefined && valueAt(configMap, ['name']) !== 'kube-root-ca.crt') return false;
    return objectsIn(valueAt(downwardAPI, ['items'])).every(isNamespaceFile);
  });
}

function isNamespaceFile(item: JsonObject): boolean {
  // The API server sets the version where it is not set.
  const version = valueAt(item, ['fieldRef', 'apiVersion']);
  const isV1 = version === 'v1' || !isText(version);
  return own(item, 'path') === 'namespace' && isV1 && valueAt(item, ['fieldRef', 'fieldPath']) === 'metadata.namespace';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

interface VolumeAt {
  readonly path: string;
  readonly volume: VolumeView;
}

function validateHostPath(
  policy: PodSecurityPolicy,
  writes: ReadonlyMap<string, readonly string[]>,
  { path, volume }: VolumeAt,
): readonly FieldError[] {
  const hostPath = textOf(volume.source, 'path');
  const leave = leaveFor(policy, hostPath);
  if (leave === 'none') return [invalidText(`${path}.hostPath.pathPrefix`, hostPath, 'is not allowed to be used')];
  if (leave === 'write') return [];
  return (writes.get(volume.name) ?? []).map((mount) => invalid(`${mount}.readOnly`, false, 'must be read-only'));
}

/** The mounts that write, by the name of their volume. */
function writableMounts(view: PodView): ReadonlyMap<string, readonly string[]> {
  const mounts = new Map<string, string[]>();
  for (const { container, path } of judgedContainers(view)) {
    for (const [index, { name, readOnly }] of container.volumeMounts.entries()) {
      if (readOnly) continue;
      const known = mounts.get(name);
      if (known === undefined) mounts.set(name, [`${path}.volumeMounts[${index}]`]);
      else known.push(`${path}.volumeMounts[${index}]`);
    }
  }
  return mounts;
}

/** A prefix that may be written to wins over those that may only be read, wherever it stands. */
function leaveFor({ allowedHostPaths }: PodSecurityPolicy, hostPath: string): 'none' | 'read' | 'write' {
  if (allowedHostPaths.length === 0) return 'write';
  const matching = allowedHostPaths.filter(({ pathPrefix }) => isUnder(hostPath, pathPrefix));
  if (matching.length === 0) return 'none';
  return matching.every(({ readOnly }) => readOnly) ? 'read' : 'write';
}

/** By whole names, as text: `..` and symbolic links are not followed, which is a known way around. */
function isUnder(hostPath: string, prefix: string): boolean {
  const [path, start] = [hostPath, prefix].map((text) => (text.endsWith('/') ? text.slice(0, -1) : text));
  return path === start || (path ?? '').startsWith(`${start}/`);
}

function validateDriver(
  allowed: readonly string[],
  { source }: VolumeView,
  { path, detail }: { readonly path: string; readonly detail: string },
): readonly FieldError[] {
  const driver = textOf(source, 'driver');
  return allowed.length === 0 || allowed.includes(driver) ? [] : [invalidText(path, driver, detail)];
}

function textOf(object: JsonObject, key: string): string {
  const value = own(object, key);
  return typeof value === 'string' ? value : '';
}
