import { type FoundFile, type NodeFiles, nodeFiles } from '../../facts/node-files.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import { notApplicable, unknown } from '../../model/verdict.ts';
import { accessText } from '../../semantics/file-access/index.ts';
import { type Control, control, type Examples } from '../control.ts';
import { kubeletConfig, staticPod } from '../node-examples.ts';
import { kubeconfig, plain } from './examples.ts';
import { type FileSet, fileFailure } from './file-control.ts';
import { hostFiles, nameOf, pickedFiles } from './file-sets.ts';
import { gradeMode } from './grade.ts';
import { isKey } from './pki.ts';

/** A file that should not be on a node, whatever its mode. */
interface LeftoverRow {
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly remedy: string;
  /** Why this node is not asked. */
  readonly moot?: (files: NodeFiles) => string | undefined;
  /** Why it cannot be told whether the files belong here. */
  readonly open?: (files: NodeFiles) => string | undefined;
  readonly files: (files: NodeFiles) => Pick<FileSet, 'found' | 'unknown'>;
  /** What is wrong with its being there. */
  readonly says: string;
  readonly severityOf?: (found: FoundFile) => Severity;
  readonly examples: Examples;
}

/** Files with credentials that nothing on the node needs. */
export default leftoverControls([
  {
    name: 'super-admin-kubeconfig',
    title: 'The kubeconfig that is past RBAC is not left on the node',
    severity: 'medium',
    why: 'kubeadm’s super-admin.conf is in system:masters: no rule of RBAC can limit it, and nothing can revoke it.',
    remedy: 'Move super-admin.conf off the node to where you keep what is for emergencies.',
    moot: (files) => (runsControlPlane(files) ? undefined : 'no control plane on this node'),
    open: (files) => (runsControlPlane(files) ? undefined : files.whyComponentsUnknown()),
    files: (files) => hostFiles(files, ['/etc/kubernetes/super-admin.conf'], ''),
    says: 'lies on the node with a credential that nothing can limit or revoke',
    examples: {
      fail: [staticPod('kube-apiserver', []) + kubeconfig('/etc/kubernetes/super-admin.conf')],
      pass: [staticPod('kube-apiserver', []) + kubeconfig('/etc/kubernetes/admin.conf')],
    },
  },
  {
    name: 'bootstrap-kubeconfig',
    title: 'The kubeconfig with which the node joined is gone',
    severity: 'low',
    why: 'Its token lets machines join the cluster for as long as it is valid, and the kubelet needs it no more.',
    remedy: 'Delete the file: the kubelet has a kubeconfig of its own.',
    moot: (files) => (files.ofComponent('kubelet').length > 0 ? undefined : 'no kubelet on this node'),
    files: bootstrapKubeconfigs,
    says: 'still holds the token with which the node joined',
    examples: {
      fail: [
        kubeletConfig('readOnlyPort: 0') +
          kubeconfig('/etc/kubernetes/kubelet.conf') +
          kubeconfig('/etc/kubernetes/bootstrap-kubelet.conf', 'holds kubeconfig-credential'),
      ],
      pass: [
        kubeletConfig('readOnlyPort: 0') + kubeconfig('/etc/kubernetes/kubelet.conf'),
        kubeletConfig('readOnlyPort: 0') +
          kubeconfig('/etc/kubernetes/bootstrap-kubelet.conf', 'holds kubeconfig-credential'),
      ],
    },
  },
  {
    name: 'ca-key-on-worker',
    title: 'Workers do not hold the private key of a CA',
    severity: 'critical',
    why: 'With the key of the cluster’s CA anyone makes a certificate for an administrator; a worker runs others’ pods.',
    remedy: 'Delete the key from the worker; if it was ever readable there, make a new CA.',
    moot: (files) => (runsControlPlane(files) || runsEtcd(files) ? 'a node of the control plane' : undefined),
    open: (files) => (runsControlPlane(files) || runsEtcd(files) ? undefined : files.whyComponentsUnknown()),
    files: (files) => pickedFiles(files, (file) => isKey(file) && isCaKey(file.path), ''),
    says: 'is the private key of a CA on a worker',
    examples: {
      fail: [kubeletConfig('readOnlyPort: 0') + plain('/etc/kubernetes/pki/ca.key', 'holds private-key')],
      pass: [kubeletConfig('readOnlyPort: 0') + plain('/var/lib/kubelet/pki/kubelet.key', 'holds private-key')],
    },
  },
  {
    name: 'admin-kubeconfigs',
    title: 'No kubeconfigs with credentials lie in home folders of the node',
    severity: 'medium',
    why: 'Whoever gets into the account, or onto the node as root, takes them along and is in the cluster as their owner.',
    remedy: 'Keep kubeconfigs on workstations, with short-lived credentials, and delete those on nodes.',
    files: (files) =>
      pickedFiles(
        files,
        ({ path, secret }) =>
          path.endsWith('/.kube/config') && (secret === 'kubeconfig-credential' || secret === 'private-key'),
        '',
      ),
    says: 'lies on the node with a credential',
    severityOf: ({ file, access }) => {
      const wide = (file.mode & 0o077) === 0 ? 'low' : gradeMode(access, file, { content: 'secret' }).severity;
      const plainly = file.path.startsWith('/root/') ? 'low' : 'medium';
      return compareSeverity(wide, plainly) > 0 ? wide : plainly;
    },
    examples: {
      fail: [
        kubeconfig('/root/.kube/config', 'holds kubeconfig-credential'),
        kubeconfig('/home/deploy/.kube/config', 'mode 0644 owner 1000:1000 holds kubeconfig-credential'),
      ],
      pass: [kubeconfig('/root/.kube/config'), kubeconfig('/etc/kubernetes/admin.conf')],
    },
  },
]);

function leftoverControls(rows: readonly LeftoverRow[]): readonly Control<'node'>[] {
  return rows.map(({ name, files, moot, open, says, severityOf, ...rest }) =>
    control({
      ...rest,
      id: `files/${name}`,
      subject: 'node',
      check: ({ node }, facts) => {
        const known = facts.get(nodeFiles)(node);
        const set = files(known);
        const reason = moot?.(known);
        const doubt = open?.(known);
        if (doubt !== undefined && (reason !== undefined || set.found.length > 0)) return unknown(doubt);
        if (reason !== undefined) return notApplicable(reason);
        if (set.found.length === 0 && set.unknown !== undefined) return unknown(set.unknown);
        return set.found.map((found) => {
          const { file, access } = found;
          const severity = severityOf?.(found) ?? rest.severity;
          return fileFailure(node, { file, severity, says: `${says}: ${accessText(access, 'read', file.path)}` });
        });
      },
    }),
  );
}

/** While the kubelet has no kubeconfig of its own, the other is needed. */
function bootstrapKubeconfigs(files: NodeFiles): Pick<FileSet, 'found' | 'unknown'> {
  const kubelets = files.ofComponent('kubelet');
  if (files.named(kubelets, ['kubeconfig']).found.length === 0) return { found: [] };
  const named = files.named(kubelets, ['bootstrap-kubeconfig']).found;
  const usual = hostFiles(files, ['/etc/kubernetes/bootstrap-kubelet.conf'], '');
  const all = new Map([...named, ...usual.found].map((found) => [found.file.path, found]));
  return { found: [...all.values()].filter(({ file }) => file.secret !== undefined), unknown: usual.unknown };
}

function runsControlPlane(files: NodeFiles): boolean {
  const servers = ['kube-apiserver', 'kube-controller-manager'] as const;
  return (
    servers.some((component) => files.ofComponent(component).length > 0) ||
    files.hostFiles.some(({ path }) =>
      /^\/var\/lib\/rancher\/(?:k3s|rke2)\/server\/|\/microk8s\/.*\/kube-apiserver$/.test(path),
    )
  );
}

function runsEtcd(files: NodeFiles): boolean {
  return files.ofComponent('etcd').length > 0;
}

/** `ca.key`, `front-proxy-ca.key`, `ca-key.pem`, `server-ca.key`. */
function isCaKey(path: string): boolean {
  return /(?:^|[-_])ca(?:-key\.pem|\.key|\.pem)$/.test(nameOf(path));
}
