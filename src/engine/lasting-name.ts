import { isList, isObject, type JsonObject, own } from '../model/json.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';

/** What controllers of Kubernetes make under names of their own, by the kind of what is made. */
const makers: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Pod', new Set(['ReplicaSet', 'ReplicationController', 'StatefulSet', 'DaemonSet', 'Job'])],
  ['ReplicaSet', new Set(['Deployment'])],
  ['Job', new Set(['CronJob'])],
]);

/**
 * A name that an object keeps when its controller makes it anew. Pods, ReplicaSets and Jobs change theirs with every
 * rollout; where their controller was not read they go by its name.
 */
export function lastingName({ kind, name, value }: KubeObject): string {
  const kinds = makers.get(kind);
  if (kinds === undefined) return name;
  const metadata = own(value, 'metadata');
  const references = isObject(metadata) ? own(metadata, 'ownerReferences') : undefined;
  if (!isObject(metadata) || !isList(references)) return name;
  for (const reference of references) {
    if (!isObject(reference) || own(reference, 'controller') !== true) continue;
    const [maker, makerName] = [own(reference, 'kind'), own(reference, 'name')];
    if (typeof maker !== 'string' || typeof makerName !== 'string' || !kinds.has(maker)) return name;
    return `${maker}/${maker === 'ReplicaSet' ? withoutHash(makerName, metadata) : makerName}`;
  }
  return name;
}

/** What copies of one object share, in whatever files they stand: kind, namespace and lasting name. */
export function logicalName(object: KubeObject): string {
  return `${groupKind(object)}\n${object.namespace ?? ''}\n${lastingName(object)}`;
}

/** The Deployment's name: its ReplicaSets append the hash that it labels their pods with. */
function withoutHash(name: string, metadata: JsonObject): string {
  const labels = own(metadata, 'labels');
  const hash = isObject(labels) ? own(labels, 'pod-template-hash') : undefined;
  const suffix = typeof hash === 'string' && hash !== '' ? `-${hash}` : '';
  return suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}
