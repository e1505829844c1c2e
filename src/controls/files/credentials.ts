import type { NodeFiles } from '../../facts/node-files.ts';
import type { FileEvidence } from '../../model/node.ts';
import { staticPod } from '../node-examples.ts';
import { plain } from './examples.ts';
import { type FileSet, fileControls } from './file-control.ts';
import { pickedFiles, settingFiles } from './file-sets.ts';

const encrypting = staticPod('kube-apiserver', ['--encryption-provider-config=/etc/kubernetes/encryption.yaml']);
const auditing = staticPod('kube-apiserver', ['--audit-log-path=/etc/kubernetes/audit/audit.log']);

function cloudConfig(files: NodeFiles, isMeant: (file: FileEvidence) => boolean): FileSet {
  const known = /^\/etc\/kubernetes\/(?:azure\.json|cloud-config|cloud\.conf)$/;
  const none = 'no configuration of a cloud provider among what was read';
  return pickedFiles(files, (file) => known.test(file.path) && isMeant(file), none);
}

/** Files with credentials or what they protect that CIS names no mode for. */
export default fileControls([
  {
    name: 'encryption-config-mode',
    title: 'Only root can read the encryption configuration',
    severity: 'high',
    why: 'Its keys decrypt every Secret in etcd and in its backups: who has read it needs no more than a copy of those.',
    files: (files) =>
      settingFiles(files, 'kube-apiserver', ['encryption-provider-config', 'experimental-encryption-provider-config']),
    // With a KMS only, there is no key in it.
    content: ({ secret, text }) => (secret !== undefined || text === undefined ? 'secret' : 'configuration'),
    asks: { mode: 0o600 },
    examples: {
      fail: [encrypting + plain('/etc/kubernetes/encryption.yaml', 'mode 0644 holds encryption-key')],
      pass: [encrypting + plain('/etc/kubernetes/encryption.yaml', 'mode 0600 holds encryption-key')],
    },
  },
  {
    name: 'credential-file-mode',
    title: 'Only root can read files of tokens and passwords',
    severity: 'high',
    why: 'Static tokens, join tokens and the credentials of the cloud are all that it takes to be whom they stand for.',
    files: (files) =>
      pickedFiles(
        files,
        ({ type, secret }) => type === 'file' && (secret === 'token' || secret === 'password'),
        'no files of tokens or passwords among those that were read',
      ),
    content: 'secret',
    asks: { mode: 0o600 },
    examples: {
      fail: [
        plain('/etc/kubernetes/azure.json', 'mode 0644 holds password'),
        plain('/etc/kubernetes/tokens.csv', 'mode 0640 owner 0:998 holds token'),
      ],
      pass: [plain('/var/lib/rancher/k3s/server/token', 'mode 0600 holds token')],
    },
  },
  {
    name: 'cloud-config-mode',
    title: 'Only root can change the configuration of the cloud provider',
    severity: 'medium',
    why: 'It says which account and network of the cloud the node works with: whoever changes it sends the node elsewhere.',
    // With a password in it, who can read it matters more.
    files: (files) => cloudConfig(files, ({ secret }) => secret === undefined),
    content: 'public',
    asks: { mode: 0o644 },
    examples: {
      fail: [plain('/etc/kubernetes/azure.json', 'mode 0664')],
      pass: [plain('/etc/kubernetes/azure.json', 'mode 0644')],
    },
  },
  {
    name: 'cloud-config-owner',
    title: 'The configuration of the cloud provider belongs to root',
    severity: 'high',
    why: 'Its owner changes it at any time, and reads the credentials of the cloud where it holds any.',
    files: (files) => cloudConfig(files, () => true),
    content: 'secret',
    asks: { owner: 'root' },
    examples: {
      fail: [plain('/etc/kubernetes/azure.json', 'owner 1000:1000')],
      pass: [plain('/etc/kubernetes/azure.json', 'mode 0600')],
    },
  },
  {
    name: 'audit-log-mode',
    title: 'Only root can read the audit log',
    severity: 'medium',
    why: 'It tells who did what and when, and at the level of requests what they sent: Secrets and tokens among it.',
    files: (files) => settingFiles(files, 'kube-apiserver', ['audit-log-path']),
    content: 'secret',
    asks: { mode: 0o600 },
    examples: {
      fail: [auditing + plain('/etc/kubernetes/audit/audit.log', 'mode 0644')],
      pass: [auditing + plain('/etc/kubernetes/audit/audit.log', 'mode 0600')],
    },
  },
]);
