import { isObject, own } from '../model/json.ts';
import { apiComponents } from './api-components.ts';
import { serverVersion } from './cluster-version.ts';
import { defineFact } from './facts.ts';
import { readNode } from './nodes.ts';

/** The version of the API server, and what tells it. */
export interface ToldClusterVersion {
  /** As it is written: `v1.29.3-eks-adc7111`. */
  readonly text: string;
  /** "the API server", "ConfigMap kube-system/kubeadm-config", "the API server of cp-1". */
  readonly by: string;
}

/** By the server's own answer, by its Pod, by what kubeadm wrote down, or by a node that was read; undefined where nothing tells it. */
export const clusterVersion = defineFact('cluster-version-text', (facts): ToldClusterVersion | undefined => {
  const { cluster, objects } = facts.snapshot;
  if (cluster?.version !== undefined && facts.get(serverVersion) !== undefined) {
    return { text: cluster.version, by: 'the API server' };
  }
  for (const { component, image } of facts.get(apiComponents)) {
    const tag = component === 'kube-apiserver' ? tagOf(image) : undefined;
    if (tag !== undefined) return { text: tag, by: 'the API server' };
  }
  for (const { kind, namespace, name, value } of objects) {
    if (kind !== 'ConfigMap' || namespace !== 'kube-system' || name !== 'kubeadm-config') continue;
    const data = own(value, 'data');
    const text = isObject(data) ? own(data, 'ClusterConfiguration') : undefined;
    const [, version] =
      typeof text === 'string' ? (/^kubernetesVersion:[ \t]*["']?(v1\.\d+\.\d+[\w.+-]*)/m.exec(text) ?? []) : [];
    if (version !== undefined) return { text: version, by: 'ConfigMap kube-system/kubeadm-config' };
  }
  for (const node of facts.snapshot.nodes ?? []) {
    for (const { component, image } of facts.get(readNode)(node).components) {
      const tag = component === 'kube-apiserver' ? tagOf(image) : undefined;
      if (tag !== undefined) return { text: tag, by: `the API server of ${node.name}` };
    }
  }
  return undefined;
});

function tagOf(image: string | undefined): string | undefined {
  return /:(v1\.\d+\.\d+[^@]*)/.exec(image ?? '')?.[1];
}
