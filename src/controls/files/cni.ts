import type { NodeFiles } from '../../facts/node-files.ts';
import type { FileEvidence } from '../../model/node.ts';
import { cniFolders } from '../../semantics/node/cni-folders.ts';
import { kubeconfig, plain } from './examples.ts';
import { type FileSet, fileControls } from './file-control.ts';
import { holdsCredential, pickedFiles } from './file-sets.ts';

/** Configuration, the kubeconfigs that plugins keep beside it, and the addresses that host-local IPAM gives out. */
export function cniFiles(files: NodeFiles): FileSet {
  const { configuration } = cniFolders(files.node, files.components);
  const folders = [...configuration, '/var/lib/cni/networks'].map((folder) => `${folder}/`);
  return pickedFiles(
    files,
    ({ path, type }) => type === 'file' && folders.some((folder) => path.startsWith(folder)),
    'no configuration of a network plugin on this node',
  );
}

const content = (file: FileEvidence): 'secret' | 'configuration' =>
  file.secret !== undefined && holdsCredential(file) ? 'secret' : 'configuration';

const conflist = '/etc/cni/net.d/10-net.conflist';
const runtime =
  '# file: /etc/containerd/config.toml\n[plugins."io.containerd.cri.v1.runtime".cni]\nconf_dir = "/etc/cni/own"\n';

/** Files of network plugins. Source: CIS Kubernetes Benchmark 1.12, 1.1.9 and 1.1.10. */
export default fileControls([
  {
    name: 'cni-mode',
    title: 'Only root can read and change the configuration of network plugins',
    severity: 'medium',
    why: 'The container runtime runs what it names as root for every pod, and plugins keep their kubeconfigs beside it.',
    files: cniFiles,
    content,
    asks: { mode: 0o600 },
    examples: {
      fail: [
        plain(conflist, 'mode 0644'),
        kubeconfig('/etc/cni/net.d/calico-kubeconfig', 'mode 0644 holds kubeconfig-credential'),
        runtime + plain('/etc/cni/own/10-net.conflist', 'mode 0666'),
      ],
      pass: [plain(conflist, 'mode 0600')],
    },
  },
  {
    name: 'cni-owner',
    title: 'The configuration of network plugins belongs to root',
    severity: 'high',
    why: 'The owner of the file decides what the container runtime runs as root for every pod.',
    files: cniFiles,
    content,
    asks: { owner: 'root' },
    examples: { fail: [plain(conflist, 'owner 1000:1000')], pass: [plain(conflist)] },
  },
]);
