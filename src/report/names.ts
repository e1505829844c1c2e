import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';

/** `Deployment shop/web`, `ClusterRole admin`. Not made safe for a terminal. */
export function objectName(object: KubeObject): string {
  const name = object.name === '' ? '(no name)' : object.name;
  return `${object.kind} ${object.namespace === undefined ? name : `${object.namespace}/${name}`}`;
}

/** The same for the same logical object wherever it was read, whatever version it is written in. */
export function objectKey(object: KubeObject): string {
  return `${groupKind(object)}\n${object.namespace ?? ''}\n${object.name}`;
}

/** `1 finding`, `2 findings`. */
export function counted(count: number, singular: string, plural: string = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
