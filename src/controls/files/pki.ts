import type { NodeFiles } from '../../facts/node-files.ts';
import type { FileEvidence } from '../../model/node.ts';
import { plain } from './examples.ts';
import { type FileSet, fileControls } from './file-control.ts';
import { folderOf, pickedFiles, union } from './file-sets.ts';
import { componentUsers } from './run-as.ts';

const keyName = /(?:\.key|-key\.pem)$/;
const certificateName = /\.(?:crt|cert|cer)$/;
/** Folders that hold nothing but a cluster's certificates and keys. */
const pkiFolder =
  /^\/etc\/kubernetes\/(?:pki|ssl|certs?|kubelet\/pki)\/|^\/var\/lib\/kubelet\/pki\/|^\/var\/lib\/rancher\/(?:k3s|rke2)\/(?:server\/tls|agent)\/|^\/var\/snap\/microk8s\/[^/]+\/certs\/|^\/var\/lib\/(?:k0s\/pki|minikube\/certs)\/|^\/srv\/kubernetes\/|^\/system\/secrets\/kubernetes\/|^\/etc\/etcd\/(?:pki|ssl)\//;

/** Private keys wherever components keep them: by what they hold, else by their name in a folder of keys. */
export function isKey({ path, type, secret, text }: FileEvidence): boolean {
  if (type !== 'file') return false;
  if (secret === 'private-key') return !isTextOfOtherKind(text);
  return secret === undefined && keyName.test(path) && pkiFolder.test(path);
}

function isCertificate(file: FileEvidence): boolean {
  if (file.type !== 'file' || isKey(file)) return false;
  const { path, text, secret } = file;
  if (secret === undefined && text !== undefined && /^\s*-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text))
    return true;
  return certificateName.test(path) && pkiFolder.test(path);
}

/** Kubeconfigs and other configuration that hold a key have controls of their own. */
function isTextOfOtherKind(text: string | undefined): boolean {
  return text !== undefined && /^(?:apiVersion|kind):/m.test(text);
}

const none = 'no certificates or keys of Kubernetes on this node';

function keys(files: NodeFiles): FileSet {
  return pickedFiles(files, isKey, none);
}

function certificates(files: NodeFiles): FileSet {
  return pickedFiles(files, isCertificate, none);
}

/** Certificates, and keys such as sa.pub whose other halves are trusted. */
function publicFiles(files: NodeFiles): FileSet {
  const isPublicKey = ({ path, type }: FileEvidence) =>
    type === 'file' && path.endsWith('.pub') && pkiFolder.test(path);
  return pickedFiles(files, (file) => isCertificate(file) || isPublicKey(file), none);
}

/** Keys, certificates and the folders that they are in. */
export function pkiTree(files: NodeFiles): FileSet {
  const folders = new Set<string>();
  for (const { file } of [...keys(files).found, ...certificates(files).found]) {
    const folder = folderOf(file.path);
    if (pkiFolder.test(`${folder}/`)) folders.add(folder);
  }
  return union([pickedFiles(files, ({ path }) => folders.has(path), ''), keys(files), certificates(files)], none);
}

/** With everything else in these folders: whose public key it is in sa.pub decides whose tokens are taken. */
function ownedTree(files: NodeFiles): FileSet {
  const tree = pkiTree(files);
  const folders = new Set(tree.found.flatMap(({ file }) => (file.type === 'directory' ? [file.path] : [])));
  return union(
    [tree, pickedFiles(files, ({ path, type }) => type === 'file' && folders.has(folderOf(path)), '')],
    none,
  );
}

/** Certificates and private keys. Source: CIS Kubernetes Benchmark 1.12, 1.1.19 to 1.1.21. */
export default fileControls([
  {
    name: 'pki-owner',
    title: 'Certificates, keys and their folders belong to root',
    severity: 'high',
    why: 'The owner of a key can read it, and the owner of a CA certificate or of its folder decides who is trusted.',
    files: ownedTree,
    content: (file) => (isKey(file) ? 'secret' : 'public'),
    asks: {
      owner: 'root',
      also: componentUsers,
      right: (files) => (componentUsers(files).every((uid) => uid === 0) ? 0 : undefined),
    },
    examples: {
      fail: [
        plain('/etc/kubernetes/pki/ca.key', 'owner 1000:1000 holds private-key'),
        plain('/etc/kubernetes/pki/ca.crt', 'mode 0644 owner 0:1000'),
        plain('/etc/kubernetes/pki/sa.key', 'holds private-key') + plain('/etc/kubernetes/pki/sa.pub', 'owner 1000:0'),
      ],
      pass: [plain('/etc/kubernetes/pki/ca.key', 'holds private-key')],
    },
  },
  {
    name: 'pki-certificate-mode',
    title: 'Only root can change certificates and public keys',
    severity: 'medium',
    why: 'They are public, but whoever can change those of a CA or of service accounts decides who is trusted.',
    files: publicFiles,
    content: 'public',
    asks: { mode: 0o644 },
    examples: {
      fail: [
        plain('/etc/kubernetes/pki/ca.crt', 'mode 0666'),
        plain('/etc/kubernetes/pki/ca.crt', 'mode 0664'),
        plain('/etc/kubernetes/pki/sa.pub', 'mode 0664'),
      ],
      pass: [plain('/etc/kubernetes/pki/ca.crt', 'mode 0644'), plain('/etc/kubernetes/pki/ca.crt', 'mode 0600')],
    },
  },
  {
    name: 'pki-key-mode',
    title: 'Only root can read private keys',
    severity: 'high',
    why: 'Whoever reads a key is what its certificate says: a component, an administrator, or the CA that makes them all.',
    files: keys,
    content: 'secret',
    asks: { mode: 0o600 },
    examples: {
      fail: [
        plain('/etc/kubernetes/pki/ca.key', 'mode 0644 holds private-key'),
        plain('/etc/etcd/server-key.pem', 'mode 0640 owner 0:998 holds private-key'),
        plain('/var/lib/rancher/rke2/server/tls/server-ca.key', 'mode 0604 holds private-key'),
      ],
      pass: [plain('/etc/kubernetes/pki/ca.key', 'mode 0600 holds private-key')],
    },
  },
]);
