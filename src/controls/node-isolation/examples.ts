/** A Node; its labels as YAML, and its taints. */
export function node(name: string, labels = '', taints = ''): string {
  return `apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {${labels}}}
spec: {taints: [${taints}]}
`;
}

export const controlPlane = '"node-role.kubernetes.io/control-plane": ""';
export const keptFree = '{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}';

/** A Pod of namespace shop; more of its spec, as YAML. */
export function pod(spec: string, metadata = 'name: web, namespace: shop'): string {
  return `apiVersion: v1
kind: Pod
metadata: {${metadata}}
spec: {containers: [{name: app, image: "registry.example/app:1.0"}]${spec}}
`;
}

/** Objects of one manifest. */
export function together(...texts: readonly string[]): string {
  return texts.join('---\n');
}
