import { type Component } from '../../model/component.ts';
import { staticPod } from '../node-examples.ts';
import { headed } from './examples.ts';
import { type FileRow, fileControls } from './file-control.ts';
import { manifestsOf } from './file-sets.ts';

const parts = [
  ['kube-apiserver', 'API server'],
  ['kube-controller-manager', 'controller manager'],
  ['kube-scheduler', 'scheduler'],
  ['etcd', 'etcd'],
] as const satisfies readonly (readonly [Component, string])[];

/** Manifests of the control plane's static pods. Source: CIS Kubernetes Benchmark 1.12, 1.1.1 to 1.1.8. */
export default fileControls(parts.flatMap(([component, called]) => rowsOf(component, called)));

function rowsOf(component: Component, called: string): FileRow[] {
  const files: FileRow['files'] = (node) => manifestsOf(node, component);
  const manifest = staticPod(component, []);
  return [
    {
      name: `${component}-manifest-mode`,
      title: `Only root can read and change the manifest of the ${called}`,
      severity: 'medium',
      why: `The kubelet runs what the manifest says, as root: whoever can change it owns the node and the cluster.`,
      files,
      content: 'configuration',
      asks: { mode: 0o600 },
      examples: {
        fail: [headed(manifest, 'mode 0644'), headed(manifest, 'mode 0620')],
        pass: [headed(manifest, 'mode 0600'), headed(manifest, 'mode 0400')],
      },
    },
    {
      name: `${component}-manifest-owner`,
      title: `The manifest of the ${called} belongs to root`,
      severity: 'high',
      why: 'The owner of a file can always change it, whatever its mode; the kubelet runs what this one says, as root.',
      files,
      content: 'configuration',
      asks: { owner: 'root' },
      examples: {
        fail: [headed(manifest, 'owner 1000:1000'), headed(manifest, 'owner 0:1000')],
        pass: [manifest],
      },
    },
  ];
}
