/** Examples: a NetworkPolicy of the namespace shop, `spec` being YAML in one line. */
export function policy(spec: string, name = 'example'): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: shop}
spec: ${spec}
`;
}

/** A Pod of the namespace shop with the label app, listening at 8080 under the name http. */
export function pod(app: string, fields = ''): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${app}, namespace: shop, labels: {app: ${app}}}
spec: {${fields}containers: [{name: app, image: registry.example/app:1.0, ports: [{name: http, containerPort: 8080}]}]}
`;
}

/** A ClusterNetworkPolicy for every pod. */
export function clusterPolicy(spec: string, name = 'example'): string {
  return `apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: ${name}}
spec: {subject: {namespaces: {}}, ${spec}}
`;
}

/** The DaemonSet of a network plugin, told by its image. */
export function plugin(image: string): string {
  return `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: network, namespace: kube-system}
spec:
  selector: {matchLabels: {app: network}}
  template:
    metadata: {labels: {app: network}}
    spec: {containers: [{name: agent, image: "${image}"}]}
`;
}

export function documents(...texts: readonly string[]): string {
  return texts.join('---\n');
}
