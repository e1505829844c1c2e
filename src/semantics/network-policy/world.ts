import type { KubeObject } from '../../model/snapshot.ts';
import { type AddressSet, privateAddresses } from './address-set.ts';
import { namespaceNameLabel } from './policy.ts';
import type { Protocol } from './port-set.ts';

export interface NetworkNamespace {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
}

export interface NamedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** The port of the node that leads to it. */
  readonly hostPort?: number;
}

/** A pod, or the pods that a workload would make. */
export interface NetworkPod {
  /** As it is shown: `web-7d4b9`, or the name of the workload. */
  readonly name: string;
  readonly namespace: string;
  readonly object: KubeObject;
  /** What it belongs to: the workload at the top, itself for a bare pod. */
  readonly owner: KubeObject;
  readonly labels: ReadonlyMap<string, string>;
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  /** On the axis of `AddressSet`; none where they are not known. */
  readonly addresses: readonly bigint[];
  readonly node: string | undefined;
  readonly ports: readonly NamedPort[];
}

/** What the API leaves open and network plugins do in their own ways. */
export interface Dialect {
  /** Of the network plugin; undefined where it is not known. */
  readonly plugin: string | undefined;
  /** Whether an ipBlock takes the addresses of pods. */
  readonly blocksMatchPods: 'yes' | 'no' | 'unknown';
}

export interface NetworkWorld {
  readonly pods: readonly NetworkPod[];
  readonly namespaces: ReadonlyMap<string, NetworkNamespace>;
  readonly dialect: Dialect;
  /** Addresses of nodes: sets that are known, one for each node. */
  readonly nodes: readonly { readonly name: string; readonly addresses: readonly bigint[] }[];
  /** What is taken for the addresses of pods and nodes whose own are not known. */
  readonly assumed: AddressSet;
}

export const assumedAddresses: AddressSet = privateAddresses;

/** A label of a pod as selectors see it: Cilium and Calico add some that the pod itself does not have. */
export function podLabel(pod: NetworkPod, key: string, namespaces: NetworkWorld['namespaces']): string | undefined {
  const own = pod.labels.get(key);
  if (own !== undefined) return own;
  switch (key) {
    case 'io.kubernetes.pod.namespace':
    case 'projectcalico.org/namespace':
      return pod.namespace;
    case 'io.cilium.k8s.policy.serviceaccount':
    case 'projectcalico.org/serviceaccount':
      return pod.serviceAccount;
    case 'projectcalico.org/orchestrator':
      return 'k8s';
  }
  if (key.startsWith(ciliumNamespaceLabel)) {
    const namespace = namespaces.get(pod.namespace);
    return namespace === undefined ? undefined : namespaceLabel(namespace, key.slice(ciliumNamespaceLabel.length));
  }
  return undefined;
}

export const ciliumNamespaceLabel = 'io.cilium.k8s.namespace.labels.';

export function namespaceLabel(namespace: NetworkNamespace, key: string): string | undefined {
  if (key === namespaceNameLabel || key === 'projectcalico.org/name') return namespace.name;
  return namespace.labels.get(key);
}
