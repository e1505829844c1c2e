/** A namespace with labels, as YAML between braces. */
export function namespace(name: string, labels = ''): string {
  return `apiVersion: v1
kind: Namespace
metadata: {name: ${name}, labels: {${labels}}}
`;
}

/** A whole cluster with Istio, and a namespace `shop` into which it injects its proxy. */
export function mesh(...objects: readonly string[]): string {
  return [namespace('kube-system'), istiod, namespace('shop', 'istio-injection: enabled'), ...objects].join('---\n');
}

const istiod = `apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "rootNamespace: istio-system"}
`;

/** A PeerAuthentication; `spec` as YAML between braces. */
export function peers(name: string, inNamespace: string, spec: string): string {
  return `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ${name}, namespace: ${inNamespace}}
spec: {${spec}}
`;
}

/** A Deployment `web` of namespace shop; its pods' metadata and more of their spec, as YAML. */
export function workload(metadata = '', spec = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}${metadata}}
    spec: {containers: [{name: app, image: "registry.example/app:1.0"}]${spec}}
`;
}

/** A manifest of a kind that a mesh brings along. */
export function meshObject(kind: string, spec: string, metadata = 'name: web, namespace: shop'): string {
  return `apiVersion: ${kind.slice(0, kind.lastIndexOf('/'))}
kind: ${kind.slice(kind.lastIndexOf('/') + 1)}
metadata: {${metadata}}
spec: {${spec}}
`;
}
