import type { NodeFiles } from '../../facts/node-files.ts';
import type { FileEvidence } from '../../model/node.ts';
import { kubeProxyConfig, staticPod, unit } from '../node-examples.ts';
import { cniFiles } from './cni.ts';
import { kubeconfig, kubeconfigOfFiles } from './examples.ts';
import { type FileRow, type FileSet, fileControls } from './file-control.ts';
import { holdsCredential, hostFiles, pickedFiles, regularFiles, settingFiles, union } from './file-sets.ts';

/** Where installers leave the administrator's kubeconfig. */
const adminKubeconfigs: readonly string[] = [
  '/etc/kubernetes/admin.conf',
  '/etc/kubernetes/super-admin.conf',
  '/etc/rancher/k3s/k3s.yaml',
  '/etc/rancher/rke2/rke2.yaml',
  '/var/lib/rancher/k3s/server/cred/admin.kubeconfig',
  '/var/lib/rancher/rke2/server/cred/admin.kubeconfig',
  '/var/snap/microk8s/current/credentials/client.config',
  '/var/lib/k0s/pki/admin.conf',
];

/**
 * Where installers leave the components' kubeconfigs: kubeadm, whose hold a credential even where nothing uses them any
 * more, and distributions that run the components in a process of their own.
 */
const usual: Readonly<Record<string, RegExp>> = {
  'kube-scheduler':
    /^\/etc\/kubernetes\/scheduler\.conf$|\/server\/cred\/scheduler\.kubeconfig$|\/microk8s\/.*\/credentials\/scheduler\.config$/,
  'kube-controller-manager':
    /^\/etc\/kubernetes\/controller-manager\.conf$|\/server\/cred\/(?:cloud-)?controller\.kubeconfig$|\/microk8s\/.*\/credentials\/controller\.config$/,
  kubelet:
    /^\/etc\/kubernetes\/kubelet\.conf$|\/agent\/kubelet\.kubeconfig$|\/microk8s\/.*\/credentials\/kubelet\.config$/,
  'kube-proxy': /\/agent\/kubeproxy\.kubeconfig$|\/microk8s\/.*\/credentials\/proxy\.config$/,
};

type Part = 'kube-scheduler' | 'kube-controller-manager' | 'kubelet' | 'kube-proxy';

function kubeconfigsOf(files: NodeFiles, component: Part, settings: readonly string[]): FileSet {
  const named = settingFiles(files, component, settings);
  const left = pickedFiles(files, ({ path }) => usual[component]?.test(path) === true, '');
  return union([named, regularFiles(left)], named.none);
}

const settings = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'];

/** Every kubeconfig that a component or an installer has on the node. */
export function allKubeconfigs(files: NodeFiles): FileSet {
  const admins = regularFiles(hostFiles(files, adminKubeconfigs, ''));
  const parts = ['kube-scheduler', 'kube-controller-manager', 'kubelet', 'kube-proxy'] as const;
  return union([admins, ...parts.map((part) => kubeconfigsOf(files, part, settings))], '');
}

/**
 * Kubeconfigs with a credential that no component is known to use: one whose setting is ignored where it stands, that of a
 * webhook or a proxy, or a copy. Those in home folders and of network plugins have controls of their own.
 */
export function otherKubeconfigs(files: NodeFiles): FileSet {
  const others = new Set([...allKubeconfigs(files).found, ...cniFiles(files).found].map(({ file }) => file.path));
  return pickedFiles(
    files,
    (file) => isKubeconfigWithCredential(file) && !others.has(file.path) && !file.path.endsWith('/.kube/config'),
    'no other kubeconfigs with a credential among the files that were read',
  );
}

function isKubeconfigWithCredential({ type, secret, text = '' }: FileEvidence): boolean {
  if (type !== 'file') return false;
  return secret === 'kubeconfig-credential' || (secret === 'private-key' && /^["']?users["']?:/m.test(text));
}

const ignored = kubeProxyConfig('kubeconfig: /var/lib/kube-proxy/kubeconfig');

/** Kubeconfigs on a node. Source: CIS Kubernetes Benchmark 1.12, 1.1.13 to 1.1.18 and 4.1.3 to 4.1.6. */
export default fileControls([
  ...rows({
    name: 'admin-kubeconfig',
    called: 'administrator’s kubeconfig',
    files: (files) =>
      regularFiles(hostFiles(files, adminKubeconfigs, 'no administrator’s kubeconfig in the usual places')),
    setting: '',
    path: '/etc/kubernetes/admin.conf',
    whose: 'the whole cluster',
  }),
  ...rows({
    name: 'kube-scheduler-kubeconfig',
    called: 'scheduler’s kubeconfig',
    files: (files) => kubeconfigsOf(files, 'kube-scheduler', settings),
    setting: staticPod('kube-scheduler', ['--kubeconfig=/etc/kubernetes/scheduler.conf']),
    path: '/etc/kubernetes/scheduler.conf',
    whose: 'where every pod runs',
  }),
  ...rows({
    name: 'kube-controller-manager-kubeconfig',
    called: 'controller manager’s kubeconfig',
    files: (files) => kubeconfigsOf(files, 'kube-controller-manager', settings),
    setting: staticPod('kube-controller-manager', ['--kubeconfig=/etc/kubernetes/controller-manager.conf']),
    path: '/etc/kubernetes/controller-manager.conf',
    whose: 'every service account',
  }),
  ...rows({
    name: 'kubelet-kubeconfig',
    called: 'kubelet’s kubeconfig',
    files: (files) => kubeconfigsOf(files, 'kubelet', ['kubeconfig']),
    setting: unit('kubelet', ['--kubeconfig=/etc/kubernetes/kubelet.conf']),
    path: '/etc/kubernetes/kubelet.conf',
    whose: 'the node and the Secrets of its pods',
  }),
  ...rows({
    name: 'kube-proxy-kubeconfig',
    called: 'kube-proxy’s kubeconfig',
    files: proxyKubeconfigs,
    setting: unit('kube-proxy', ['--kubeconfig=/var/lib/kube-proxy/kubeconfig']),
    path: '/var/lib/kube-proxy/kubeconfig',
    whose: 'what kube-proxy may read of the cluster',
  }),
  {
    name: 'other-kubeconfig-mode',
    title: 'Only their owner can read kubeconfigs that no component uses',
    severity: 'high',
    why: 'A credential works for whoever reads it, whether or not the component that it was made for still does.',
    remedy: 'Delete it where nothing needs it; else name it where it is read, and keep it for its owner alone.',
    files: otherKubeconfigs,
    content: 'secret',
    asks: { mode: 0o600 },
    examples: {
      fail: [
        // At the top level kube-proxy does not read it: `clientConnection.kubeconfig` is the setting.
        ignored + kubeconfig('/var/lib/kube-proxy/kubeconfig', 'mode 0644 holds kubeconfig-credential'),
        kubeconfig('/etc/kubernetes/konnectivity-server.conf', 'mode 0640 owner 0:998 holds kubeconfig-credential'),
      ],
      pass: [ignored + kubeconfig('/var/lib/kube-proxy/kubeconfig', 'mode 0600 holds kubeconfig-credential')],
    },
  },
]);

/** kubeadm's comes out of a ConfigMap and is no file of the node: what a container alone has, no user of the node has. */
function proxyKubeconfigs(files: NodeFiles): FileSet {
  const set = kubeconfigsOf(files, 'kube-proxy', ['kubeconfig']);
  const found = set.found.filter(({ file }) => file.process === undefined);
  return { ...set, found, none: set.found.length > 0 ? 'it is in kube-proxy’s container only' : set.none };
}

interface Kubeconfig {
  readonly name: string;
  readonly called: string;
  readonly files: FileRow['files'];
  /** The part of an example that names the file. */
  readonly setting: string;
  readonly path: string;
  readonly whose: string;
}

function rows({ name, called, files, setting, path, whose }: Kubeconfig): FileRow[] {
  const content: FileRow['content'] = (file) => (holdsCredential(file) ? 'secret' : 'configuration');
  return [
    {
      name: `${name}-mode`,
      title: `Only root can read the ${called}`,
      severity: 'high',
      why: `It holds a credential or says where it is: whoever reads that has ${whose} in hand.`,
      remedy: 'A kubeconfig that only names other files may be read by everyone, but not changed.',
      files,
      content,
      // Without a credential in it there is nothing to hide: then it is who may change it that counts.
      asks: { mode: (file) => (holdsCredential(file) ? 0o600 : 0o644) },
      examples: {
        fail: [
          setting + kubeconfig(path, 'mode 0644 holds kubeconfig-credential'),
          setting + kubeconfigOfFiles(path, 'mode 0664'),
        ],
        pass: [
          setting + kubeconfig(path, 'mode 0600 holds kubeconfig-credential'),
          setting + kubeconfigOfFiles(path, 'mode 0644'),
        ],
      },
    },
    {
      name: `${name}-owner`,
      title: `The ${called} belongs to root`,
      severity: 'high',
      why: `The owner of a file can always read and change it, and this one gives ${whose} away.`,
      files,
      content,
      asks: { owner: 'root' },
      examples: {
        fail: [setting + kubeconfig(path, 'owner 1000:1000 holds kubeconfig-credential')],
        pass: [setting + kubeconfig(path, 'holds kubeconfig-credential')],
      },
    },
  ];
}
