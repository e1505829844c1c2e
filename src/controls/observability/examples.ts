import { namespaces } from '../namespaces/whole-cluster.ts';

/** A whole cluster with some other objects in it. */
export function cluster(...objects: readonly string[]): string {
  return [namespaces('kube-system', 'monitoring'), ...objects].join('---\n');
}

/** A workload of one container, with the label that its makers give it; more of its pods' spec, as YAML. */
export function program(label: string, image: string, spec = '', kind = 'DaemonSet'): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${label}, namespace: monitoring}
spec:
  selector: {matchLabels: {app: ${label}}}
  template:
    metadata: {labels: {app: ${label}}}
    spec: {containers: [{name: agent, image: "${image}"}]${spec}}
`;
}

export const prometheus = program('prometheus', 'quay.io/prometheus/prometheus:v3.1.0', '', 'StatefulSet');

/** A ConfigMap of files. */
export function configMap(name: string, files: Readonly<Record<string, string>>): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: monitoring}
data: ${JSON.stringify(files)}
`;
}
