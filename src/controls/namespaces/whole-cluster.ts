import type { KubeObject } from '../../model/snapshot.ts';

/** Namespaces that every cluster has for itself; people do not choose what is in them. */
const systemNamespaces: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

export function isNamespace({ kind, apiVersion }: KubeObject): boolean {
  return kind === 'Namespace' && apiVersion === 'v1';
}

export function isSystemNamespace(name: string | undefined): boolean {
  return name !== undefined && systemNamespaces.has(name);
}

/** Whether an object stands for the cluster: what is asked once a cluster is asked of the namespace kube-system. */
export function standsForCluster(object: KubeObject): boolean {
  return isNamespace(object) && object.name === 'kube-system';
}

/** An example of the namespaces of a cluster. */
export function namespaces(...names: readonly string[]): string {
  return names.map((name) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`).join('---\n');
}
