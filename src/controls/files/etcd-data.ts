import type { NodeFiles } from '../../facts/node-files.ts';
import { staticPod } from '../node-examples.ts';
import { plain } from './examples.ts';
import { type FileSet, fileControls } from './file-control.ts';
import { namedSet, noFiles, pickedFiles } from './file-sets.ts';
import { userOf } from './run-as.ts';

/** etcd inside k3s and RKE2 is no process of its own. */
const embedded = /^\/var\/lib\/rancher\/(?:k3s|rke2)\/server\/db\/etcd$/;

export function dataFolders(files: NodeFiles): FileSet {
  const members = files.ofComponent('etcd');
  if (members.length === 0) {
    const picked = pickedFiles(files, ({ path }) => embedded.test(path), 'no etcd on this node');
    return picked.found.length > 0 ? picked : { ...picked, unknown: picked.unknown ?? files.whyComponentsUnknown() };
  }
  const named = namedSet(files.named(members, ['data-dir', 'wal-dir']), 'etcd names no data folder');
  const relative = members.flatMap(({ config }) => {
    const value = config.get('data-dir')?.value;
    return typeof value === 'string' && value !== '' && !value.startsWith('/') ? [value] : [];
  });
  if (relative.length === 0) return named;
  return { ...noFiles(''), unknown: `data-dir is ${relative.join(', ')}, in a folder that is not known` };
}

function users(files: NodeFiles): readonly number[] {
  return files.ofComponent('etcd').flatMap((each) => userOf(each, files) ?? []);
}

const start = staticPod('etcd', ['--data-dir=/var/lib/etcd']).replace(
  'hostPath: {path: /etc/kubernetes}}',
  'hostPath: {path: /etc/kubernetes}}\n    - {name: data, hostPath: {path: /var/lib/etcd}}',
);
const member = start.replace('readOnly: true}', 'readOnly: true}\n        - {name: data, mountPath: /var/lib/etcd}');
const asUser = member.replace('spec:\n', 'spec:\n  securityContext: {runAsUser: 2000}\n');

/** etcd's data. Source: CIS Kubernetes Benchmark 1.12, 1.1.11 and 1.1.12. */
export default fileControls([
  {
    name: 'etcd-data-mode',
    title: 'Only etcd can enter its data folder',
    severity: 'high',
    why: 'Everything in the cluster is in there, Secrets among it, and past every check of the API server.',
    files: dataFolders,
    content: 'secret',
    asks: { mode: 0o700 },
    // etcd closes its own folders, too: what counts is who comes to the database.
    inside: ({ path }) => [`${path}/member/snap/db`, `${path}/member/wal`],
    examples: {
      fail: [
        member + plain('/var/lib/etcd', 'mode 0755 directory'),
        member + plain('/var/lib/etcd', 'mode 0770 directory'),
      ],
      pass: [member + plain('/var/lib/etcd', 'mode 0700 directory')],
    },
  },
  {
    name: 'etcd-data-owner',
    title: 'The data folder of etcd belongs to the user that it runs as',
    severity: 'high',
    why: 'The owner of the folder reads and changes everything in the cluster. kubeadm’s etcd runs as root, and owns it so.',
    files: dataFolders,
    content: 'secret',
    asks: {
      owner: 'root',
      also: (files) => [...users(files), ...[files.access.names.uidOf('etcd') ?? []].flat()],
      right: (files) => users(files)[0],
    },
    examples: {
      fail: [
        member + plain('/var/lib/etcd', 'mode 0700 owner 1000:1000 directory'),
        asUser + plain('/var/lib/etcd', 'mode 0700 owner 1000:0 directory'),
      ],
      pass: [
        member + plain('/var/lib/etcd', 'mode 0700 directory'),
        asUser + plain('/var/lib/etcd', 'mode 0700 owner 2000:0 directory'),
      ],
    },
  },
]);
