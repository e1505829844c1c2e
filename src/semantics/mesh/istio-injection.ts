/** How a pod takes part in a mesh of Istio. `unknown`: its namespace was not read. */
export type Membership =
  | { readonly kind: 'sidecar' | 'ambient' }
  | { readonly kind: 'outside'; readonly because: string; readonly isAsked: boolean }
  | { readonly kind: 'unknown' };

export interface MeshPod {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly hostNetwork: boolean;
  readonly containers: readonly string[];
  /** A pod that runs shows whether it has a proxy; a template does not. */
  readonly isRunning: boolean;
  /** Labels of its namespace; undefined where it was not read. */
  readonly namespaceLabels: ReadonlyMap<string, string> | undefined;
  readonly namespace: string;
}

const inject = 'sidecar.istio.io/inject';
const revision = 'istio.io/rev';
const dataplane = 'istio.io/dataplane-mode';

/** Namespaces into which nothing is injected. Source: istio/istio pkg/kube/inject/inject.go, IgnoredNamespaces. */
const ignored: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);

/**
 * Whether a pod is in the mesh: what runs in it, and for a template what the webhook would do. The label of a pod
 * counts before its annotation; `istio-injection` of a namespace before `istio.io/rev`.
 * Source: istio/istio pkg/kube/inject/inject.go (injectRequired) and the namespace and object selectors of
 * manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml; cni/pkg/util (PodRedirectionEnabled).
 */
export function istioMembership(pod: MeshPod): Membership {
  if (pod.containers.includes('istio-proxy')) return { kind: 'sidecar' };
  const space = pod.namespaceLabels;
  const outside = (because: string): Membership => ({ kind: 'outside', because, isAsked: false });
  const wish = pod.labels.get(inject) ?? pod.annotations.get(inject);
  const isOff = wish !== undefined && /^(?:false|f|0|no|off|n)$/i.test(wish);
  const mode = pod.labels.get(dataplane) ?? space?.get(dataplane);
  const isAmbient = mode === 'ambient';
  const asked = isAmbient ? true : isInjected(pod, space);
  if (asked === undefined) return { kind: 'unknown' };
  if (pod.hostNetwork) {
    return asked
      ? { kind: 'outside', because: 'it is on the network of its node', isAsked: true }
      : outside('nothing asks for it');
  }
  if (isAmbient) {
    // Told by the node agent, once it redirects the traffic of the pod.
    const isRedirected = pod.annotations.get('ambient.istio.io/redirection') === 'enabled';
    return !pod.isRunning || isRedirected
      ? { kind: 'ambient' }
      : { kind: 'outside', because: 'the node agent of Istio does not redirect its traffic', isAsked: true };
  }
  if (!asked) return outside('nothing asks for it');
  if (isOff) return { kind: 'outside', because: `${inject} is "${wish}"`, isAsked: true };
  if (pod.isRunning) return { kind: 'outside', because: 'it runs without the container istio-proxy', isAsked: true };
  return { kind: 'sidecar' };
}

/** Whether the selectors of the webhook choose the pod, whatever it says against it. */
function isInjected(
  { labels, namespace }: MeshPod,
  space: ReadonlyMap<string, string> | undefined,
): boolean | undefined {
  if (ignored.has(namespace)) return false;
  const byPod = labels.get(inject) === 'true' || (labels.has(revision) && labels.get(inject) !== 'false');
  if (space === undefined) return byPod ? true : undefined;
  const injection = space.get('istio-injection');
  if (injection !== undefined) return injection === 'enabled';
  return space.has(revision) ? true : byPod;
}
