import type { NodeFiles } from '../../facts/node-files.ts';
import { cniFolders } from '../../semantics/node/cni-folders.ts';
import { kubeletConfig } from '../node-examples.ts';
import { node } from '../nodes/examples.ts';
import { plain } from './examples.ts';
import type { FileSet } from './file-control.ts';
import { hostFiles, pickedFiles } from './file-sets.ts';
import { reachControls } from './reach-control.ts';

const runtimeSocket = /\/(?:containerd|crio|docker|cri-dockerd|dockershim|podman)\.sock$/;

export function isRuntimeSocket(path: string): boolean {
  return runtimeSocket.test(path);
}

export function staticPodFolders(files: NodeFiles): FileSet {
  const paths = files.ofComponent('kubelet').flatMap(({ config }) => {
    const value = config.get('staticPodPath')?.value;
    return typeof value === 'string' && value.startsWith('/') ? [value] : [];
  });
  return hostFiles(files, paths, 'the kubelet reads no static pods from a folder of this node');
}

const sharedFolders = ['pods', 'plugins', 'plugins_registry', 'device-plugins', 'seccomp', 'pki'];

export function kubeletFolders(files: NodeFiles): FileSet {
  const paths = files.ofComponent('kubelet').flatMap(({ config }) => {
    const value = config.get('root-dir')?.value;
    return typeof value === 'string' && value.startsWith('/') ? [value.replace(/\/+$/, '')] : [];
  });
  const folders = paths.flatMap((path) => [path, ...sharedFolders.map((name) => `${path}/${name}`)]);
  return hostFiles(files, folders, 'no folder of a kubelet on this node');
}

export function cniPrograms(files: NodeFiles): FileSet {
  const { programs } = cniFolders(files.node, files.components);
  return pickedFiles(
    files,
    ({ path, type }) =>
      programs.includes(path) || (type === 'file' && programs.some((folder) => path.startsWith(`${folder}/`))),
    'no network plugins on this node',
  );
}

/** Sockets are there while the node runs: that a root which is only mounted has none says nothing. */
function runtimeSockets(files: NodeFiles): FileSet {
  const set = pickedFiles(
    files,
    ({ path, type }) => type === 'socket' && isRuntimeSocket(path),
    'no socket of a container runtime on this node',
  );
  const isMoot = set.found.length > 0 || files.node.from !== 'root';
  return isMoot ? set : { ...set, unknown: 'sockets are there only while the node runs' };
}

const deploy = node({
  users: [
    { id: 0, name: 'root' },
    { id: 1000, name: 'deploy' },
  ],
  groups: [
    { id: 0, name: 'root' },
    { id: 998, name: 'docker', members: ['deploy'] },
  ],
});
const nobody = node({
  groups: [
    { id: 0, name: 'root' },
    { id: 998, name: 'docker' },
  ],
});
const manifests = kubeletConfig('staticPodPath: /etc/kubernetes/manifests');
const kubelet = kubeletConfig('readOnlyPort: 0');

/** What runs as root on a node, and who can change it. The folders above are judged by files/writable-folders. */
export default reachControls([
  {
    name: 'static-pod-folder',
    title: 'Only root can put manifests into the static pod folder',
    severity: 'critical',
    why: 'The kubelet runs every manifest in the folder, past admission and RBAC: who can write there is root on the node.',
    files: staticPodFolders,
    deeds: ['change'],
    examples: {
      fail: [
        manifests + plain('/etc/kubernetes/manifests', 'mode 0777 directory'),
        manifests + plain('/etc/kubernetes/manifests', 'mode 0755 owner 1000:0 directory'),
      ],
      pass: [
        manifests + plain('/etc/kubernetes/manifests', 'mode 0755 directory'),
        manifests +
          plain('/etc/kubernetes', 'mode 0700 directory') +
          plain('/etc/kubernetes/manifests', 'mode 0777 directory'),
      ],
    },
  },
  {
    name: 'kubelet-folders',
    title: 'Only root can change the folders of the kubelet',
    severity: 'critical',
    why: 'Volumes of every pod are in there, and sockets of plugins that the kubelet trusts: a new one takes volumes over.',
    files: kubeletFolders,
    deeds: ['change'],
    examples: {
      fail: [
        kubelet + plain('/var/lib/kubelet/plugins_registry', 'mode 0777 directory'),
        kubelet + plain('/var/lib/kubelet', 'mode 0757 directory'),
      ],
      pass: [kubelet + plain('/var/lib/kubelet/plugins_registry', 'mode 0750 directory')],
    },
  },
  {
    name: 'cni-programs',
    title: 'Only root can change the network plugins',
    severity: 'critical',
    why: 'The container runtime runs them as root whenever a pod starts or ends.',
    files: cniPrograms,
    deeds: ['change'],
    examples: {
      fail: [
        plain('/opt/cni/bin/bridge', 'mode 0777'),
        plain('/opt/cni/bin', 'mode 0777 directory') + plain('/opt/cni/bin/bridge', 'mode 0755'),
      ],
      pass: [plain('/opt/cni/bin/bridge', 'mode 0755')],
    },
  },
  {
    name: 'runtime-socket',
    title: 'Only root can connect to the container runtime',
    severity: 'critical',
    why: 'Whoever may ask the runtime for a container asks for one with the node’s files in it, and is root.',
    remedy: 'Take the accounts out of the group, or let them use a rootless runtime of their own.',
    files: runtimeSockets,
    deeds: ['change'],
    examples: {
      fail: [
        plain('/run/containerd/containerd.sock', 'mode 0666 socket'),
        plain('/run/docker.sock', 'mode 0660 owner 0:998 socket') + deploy,
      ],
      pass: [
        plain('/run/containerd/containerd.sock', 'mode 0660 socket'),
        plain('/run/docker.sock', 'mode 0660 owner 0:998 socket') + nobody,
      ],
    },
  },
  {
    name: 'etcd-snapshots',
    title: 'Only root can read snapshots of etcd',
    severity: 'critical',
    why: 'A snapshot holds everything in the cluster; without encryption at rest, every Secret as it is.',
    remedy: 'Keep snapshots off the node, encrypted, and take away those that lie about.',
    files: (files) =>
      pickedFiles(
        files,
        ({ path, type }) =>
          type === 'file' &&
          !path.includes('/member/snap/') &&
          (/\.(?:db|snapshot)$/.test(path) || /\/db\/snapshots\/[^/]+$/.test(path)),
        'no snapshot of etcd among the files that were read',
      ),
    deeds: ['read', 'change'],
    owner: 'may',
    examples: {
      fail: [plain('/var/backups/etcd-snapshot.db', 'mode 0644')],
      pass: [plain('/var/backups/etcd-snapshot.db', 'mode 0600')],
    },
  },
]);
