import type { NodeFiles } from '../../facts/node-files.ts';
import { cniFiles } from './cni.ts';
import { dataFolders } from './etcd-data.ts';
import type { FileSet } from './file-control.ts';
import { manifestsOf, pickedFiles, settingFiles, union } from './file-sets.ts';
import { allKubeconfigs, otherKubeconfigs } from './kubeconfigs.ts';
import { clientCa, configuration, units } from './kubelet.ts';
import { pkiTree } from './pki.ts';
import { cniPrograms, isRuntimeSocket, kubeletFolders, staticPodFolders } from './programs.ts';

/** The files of the host that other controls of this folder judge, each by itself. */
export function judgedFiles(files: NodeFiles): FileSet {
  const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const;
  const set = union(
    [
      ...components.map((component) => manifestsOf(files, component)),
      allKubeconfigs(files),
      otherKubeconfigs(files),
      pkiTree(files),
      dataFolders(files),
      units(files),
      clientCa(files),
      configuration(files),
      cniFiles(files),
      staticPodFolders(files),
      kubeletFolders(files),
      cniPrograms(files),
      settingFiles(files, 'kube-apiserver', [
        'encryption-provider-config',
        'experimental-encryption-provider-config',
        'audit-log-path',
      ]),
      pickedFiles(
        files,
        ({ path, type, secret }) =>
          secret === 'token' || secret === 'password' || (type === 'socket' && isRuntimeSocket(path)),
        '',
      ),
    ],
    'no file of Kubernetes on this node',
  );
  return { ...set, unknown: undefined, found: set.found.filter(({ file }) => file.process === undefined) };
}
