import { type Distribution, distributions } from '../../model/component.ts';
import type { NodeEvidence } from '../../model/node.ts';

/** Files that only this distribution brings; the first row that a node has decides. */
const marks: readonly (readonly [Distribution, RegExp])[] = [
  ['talos', /^\/etc\/kubernetes\/manifests\/talos-|^\/system\/secrets\/kubernetes\//],
  ['rke2', /^\/(?:etc|var\/lib)\/rancher\/rke2\//],
  ['k3s', /^\/(?:etc|var\/lib)\/rancher\/k3s\//],
  ['microk8s', /^\/var\/snap\/microk8s\//],
  ['k0s', /^\/(?:etc|var\/lib)\/k0s\//],
  ['openshift', /^\/etc\/kubernetes\/static-pod-resources\/|^\/etc\/origin\//],
  ['aks', /^\/etc\/kubernetes\/azure\.json$/],
  ['gke', /^\/home\/kubernetes\/kubelet-config\.ya?ml$|^\/home\/kubernetes\/bin\//],
  ['eks', /^\/etc\/eks\/|^\/etc\/kubernetes\/kubelet\/(?:kubelet-config\.json|config\.json|config)(?:$|\.d\/|\/)/],
  ['kubeadm', /^\/var\/lib\/kubelet\/kubeadm-flags\.env$|^\/etc\/kubernetes\/super-admin\.conf$/],
];

const programs: ReadonlyMap<string, Distribution> = new Map([
  ['k3s', 'k3s'],
  ['k3s-server', 'k3s'],
  ['k3s-agent', 'k3s'],
  ['rke2', 'rke2'],
  ['kubelite', 'microk8s'],
  ['k0s', 'k0s'],
]);

/** Undefined for a node that was set up by hand, or by something that leaves no mark. */
export function distributionOf(node: NodeEvidence): Distribution | undefined {
  for (const { exe } of node.processes) {
    const found = programs.get(
      exe
        .replace(/ \(deleted\)$/, '')
        .split('/')
        .at(-1) ?? '',
    );
    if (found !== undefined) return found;
  }
  if (node.host?.os?.['ID'] === 'talos') return 'talos';
  for (const [distribution, mark] of marks) {
    if (node.files.some(({ path }) => mark.test(path))) return distribution;
  }
  const manifest = node.files.find(({ path }) => path === '/etc/kubernetes/manifests/kube-apiserver.yaml');
  return manifest?.text?.includes('kubeadm.kubernetes.io/') ? 'kubeadm' : undefined;
}

/** Of a version as the API server gives it: `v1.28.9+k3s1`, `v1.29.3-eks-adc7111`, `v1.30.5-gke.1014001`. */
export function distributionOfVersion(version: string): Distribution | undefined {
  const [, suffix] = /^v?\d+\.\d+\.\d+[-+](k3s|rke2|eks|gke)/.exec(version) ?? [];
  return distributions.find((each) => each === suffix);
}
