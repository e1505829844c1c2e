/** The DaemonSet of a network plugin. */
export function plugin(image: string, container = ''): string {
  return `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: network, namespace: kube-system}
spec:
  selector: {matchLabels: {app: network}}
  template:
    metadata: {labels: {app: network}}
    spec:
      containers: [{name: agent, image: "${image}"${container}}]
`;
}

/** A ConfigMap of kube-system; `data` as YAML between braces. */
export function configMap(name: string, data: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: kube-system}
data: {${data}}
`;
}

/** Calico's configuration of every node. */
export function felix(spec: string): string {
  return `apiVersion: crd.projectcalico.org/v1
kind: FelixConfiguration
metadata: {name: default}
spec: {${spec}}
`;
}

/** Objects of one manifest. */
export function together(...texts: readonly string[]): string {
  return texts.join('---\n');
}
