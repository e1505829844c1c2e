import { valueAt } from '../model/path.ts';
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
