import { namespaces } from '../namespaces/whole-cluster.ts';

/** The namespaces of a whole cluster that has a namespace `shop`, and other objects. */
export function cluster(...objects: readonly string[]): string {
  return [namespaces('kube-system', 'shop'), ...objects].join('---\n');
}

/** A claim of namespace shop. */
export function claim(name: string, labels = ''): string {
  return `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ${name}, namespace: shop, labels: {${labels}}}
spec: {accessModes: [ReadWriteOnce], storageClassName: data, resources: {requests: {storage: 1Gi}}}
`;
}

/** A Schedule of Velero; `template` and `more` of its spec as YAML. */
export function velero(template: string, more = ''): string {
  return `apiVersion: velero.io/v1
kind: Schedule
metadata: {name: nightly, namespace: velero}
spec: {schedule: "0 2 * * *", template: {${template}}${more}}
`;
}

export const copies = 'snapshotMoveData: true';
