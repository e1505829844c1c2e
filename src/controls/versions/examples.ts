interface NodeExample {
  readonly kubelet: string;
  readonly runtime: string;
  readonly os?: string;
}

/** A Node that runs these, with the namespace that stands for its cluster. */
export function nodeWith({ kubelet, runtime, os = 'linux' }: NodeExample): string {
  return `apiVersion: v1
kind: Node
metadata: { name: node-1 }
status: { nodeInfo: { kubeletVersion: ${kubelet}, containerRuntimeVersion: "${runtime}", operatingSystem: ${os} } }
`;
}

/** The static pod of a component, as the API shows it. */
export function mirrorPod(component: string, tag: string): string {
  return `---
apiVersion: v1
kind: Pod
metadata:
  name: ${component}-node-1
  namespace: kube-system
  annotations: { kubernetes.io/config.mirror: 0c1a }
spec:
  nodeName: node-1
  containers:
    - name: ${component}
      image: registry.k8s.io/${component}:${tag}
      command: [${component}]
`;
}

/** The cluster's own version, as kubeadm wrote it down. */
export function clusterOf(version: string): string {
  return `apiVersion: v1
kind: Namespace
metadata: { name: kube-system }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: kubeadm-config, namespace: kube-system }
data:
  ClusterConfiguration: |
    kind: ClusterConfiguration
    kubernetesVersion: ${version}
`;
}
