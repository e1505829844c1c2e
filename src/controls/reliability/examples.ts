/** Deployment shop/web; `fields` of its spec and of its pod spec, as YAML between braces. */
export function deployment(fields: string, pod = '', container = ''): string {
  return workload('Deployment', fields, pod, container);
}

/** A workload of group apps with pods of app: web. */
export function workload(kind: string, fields: string, pod = '', container = ''): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: web, namespace: shop}
spec:
  ${fields}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: "registry.example/app:1.0", ${container}}]
      ${pod}
`;
}

/** A PodDisruptionBudget for app: web; `fields` of its spec, as YAML between braces. */
export function budget(fields: string): string {
  return `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, ${fields}}
`;
}

/** A HorizontalPodAutoscaler for Deployment web; `fields` of its spec, as YAML between braces. */
export function autoscaler(fields: string, target = 'web'): string {
  return `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${target}}, ${fields}}
`;
}

/** Namespace kube-system, which shows that the objects are those of a whole cluster. */
export const wholeCluster = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n';

/** An object of namespace shop that has nothing but a name. */
export function named(kind: string, name: string): string {
  return `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\n`;
}

export function documents(...texts: readonly string[]): string {
  return texts.join('---\n');
}
