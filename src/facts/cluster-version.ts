import { isObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ToldVersion } from '../semantics/node/node-components.ts';
import { defineFact } from './facts.ts';

/** A version of Kubernetes 1.x. */
export interface KubernetesVersion {
  readonly minor: number;
  readonly patch: number;
}

/** Reads `v1.20.2`, and what vendors append to it (`v1.20.2-gke.2500`, `v1.21.5+k3s1`). */
export function parseKubernetesVersion(text: unknown): KubernetesVersion | undefined {
  const match = typeof text === 'string' ? /^v?1\.(\d{1,4})\.(\d{1,4})(?!\d)/.exec(text) : null;
  return match === null ? undefined : { minor: Number(match[1]), patch: Number(match[2]) };
}

/** The API server's version; undefined for manifests. */
export const serverVersion = defineFact('server-version', ({ snapshot }) =>
  parseKubernetesVersion(snapshot.cluster?.version),
);

export interface KubeletVersion {
  readonly node: string;
  readonly text: string;
  /** Undefined where the node does not say, or says nothing that can be read. */
  readonly version: KubernetesVersion | undefined;
}

/** What each Node of the snapshot says of its kubelet. */
export const kubeletVersions = defineFact('kubelet-versions', ({ snapshot }): readonly KubeletVersion[] => {
  const kubelets: KubeletVersion[] = [];
  for (const object of snapshot.objects) {
    if (object.kind !== 'Node' || object.apiVersion !== 'v1') continue;
    const text = valueAt(object.value, ['status', 'nodeInfo', 'kubeletVersion']);
    kubelets.push({ node: object.name, text: String(text), version: parseKubernetesVersion(text) });
  }
  return kubelets;
});

/**
 * The version that a node's components are taken to have where they do not tell their own, by the node's name: its
 * kubelet's, and that of the API server, else the one that kubeadm wrote down.
 */
export const toldVersions = defineFact('told-versions', (facts) => {
  const server = facts.get(serverVersion);
  const ofCluster: ToldVersion | undefined =
    server === undefined ? kubeadmVersion(facts.snapshot) : { minor: server.minor, of: 'the API server' };
  const nodes = new Map<string, ToldVersion>();
  for (const { node, version } of facts.get(kubeletVersions)) {
    if (version !== undefined) nodes.set(node, { minor: version.minor, of: `Node ${node}` });
  }
  return { ofCluster, ofNode: (name: string): ToldVersion | undefined => nodes.get(name) ?? ofCluster };
});

/** `kubernetesVersion` of the ConfigMap that kubeadm keeps its configuration in. */
function kubeadmVersion({ objects }: Snapshot): ToldVersion | undefined {
  for (const { kind, namespace, name, value } of objects) {
    if (kind !== 'ConfigMap' || namespace !== 'kube-system' || name !== 'kubeadm-config') continue;
    const data = own(value, 'data');
    const text = isObject(data) ? own(data, 'ClusterConfiguration') : undefined;
    const [, version] = typeof text === 'string' ? (/^kubernetesVersion:[ \t]*["']?(v?[\d.]+)/m.exec(text) ?? []) : [];
    const minor = parseKubernetesVersion(version)?.minor;
    if (minor !== undefined) return { minor, of: 'ConfigMap kube-system/kubeadm-config' };
  }
  return undefined;
}
