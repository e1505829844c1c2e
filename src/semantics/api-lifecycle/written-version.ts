import { isList, isObject, type JsonObject, own } from '../../model/json.ts';
import { type Path, valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';

/** The version of the API in which someone writes an object, and how that shows. */
export interface WrittenVersion {
  readonly apiVersion: string;
  /**
   * `manifest`: it is the object itself. `managed-fields`: a client sent it so, by the API server's own account.
   * `last-applied`: it is what kubectl apply was last given, which may not be how it is written now.
   */
  readonly from: 'manifest' | 'managed-fields' | 'last-applied';
  /** Of managed fields: the client, as it calls itself. */
  readonly by?: string;
  /** Of managed fields: when it last did, as RFC 3339. */
  readonly time?: string;
  readonly at: Path;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What writes objects as part of the cluster is upgraded with it. */
const ofCluster: ReadonlySet<string> = new Set([
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'before-first-apply',
]);

/** Longest annotation that is parsed: as much as the API server takes. */
const longestAnnotation = 262_144;

/**
 * The versions in which an object is written. That of a live object says nothing, since the API server answers in any
 * that it serves: what clients sent is told by `metadata.managedFields` (meta/v1), else by what kubectl apply left.
 */
export function writtenVersions({ apiVersion, value }: KubeObject): readonly WrittenVersion[] {
  const metadata = own(value, 'metadata');
  if (!isObject(metadata) || typeof own(metadata, 'uid') !== 'string') {
    return [{ apiVersion, from: 'manifest', at: ['apiVersion'] }];
  }
  const managed = managedVersions(metadata);
  if (managed.length > 0) return managed;
  const applied = appliedVersion(metadata);
  return applied === undefined ? [] : [applied];
}

function managedVersions(metadata: JsonObject): readonly WrittenVersion[] {
  const entries = own(metadata, 'managedFields');
  if (!isList(entries)) return [];
  return entries.flatMap((entry, index): readonly WrittenVersion[] => {
    if (!isObject(entry)) return [];
    const apiVersion = own(entry, 'apiVersion');
    const by = own(entry, 'manager');
    const time = own(entry, 'time');
    if (typeof apiVersion !== 'string' || (typeof by === 'string' && ofCluster.has(by))) return [];
    const at = ['metadata', 'managedFields', index, 'apiVersion'];
    const told = { ...(typeof by === 'string' && { by }), ...(typeof time === 'string' && { time }) };
    return [{ apiVersion, from: 'managed-fields', ...told, at }];
  });
}

function appliedVersion(metadata: JsonObject): WrittenVersion | undefined {
  const apiVersion = lastAppliedVersion(metadata);
  if (apiVersion === undefined) return undefined;
  return { apiVersion, from: 'last-applied', at: ['metadata', 'annotations', lastApplied] };
}

/** The version of the API in which kubectl apply was last given an object, by its metadata. */
export function lastAppliedVersion(metadata: JsonObject): string | undefined {
  const text = valueAt(metadata, ['annotations', lastApplied]);
  if (typeof text !== 'string') return undefined;
  return firstKey.exec(text)?.[1] ?? parsedVersion(text);
}

/** kubectl sorts the keys, so that the version comes first: a whole cluster's annotations need no parsing. */
const firstKey = /^\{"apiVersion":"([^"\\]{1,253})"/;

function parsedVersion(text: string): string | undefined {
  if (text.length > longestAnnotation) return undefined;
  try {
    const applied: unknown = JSON.parse(text);
    const version = typeof applied === 'object' && applied !== null && 'apiVersion' in applied && applied.apiVersion;
    return typeof version === 'string' ? version : undefined;
  } catch {
    // Cut off, or dropped when it was saved.
    return undefined;
  }
}
