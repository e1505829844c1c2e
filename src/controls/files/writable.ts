import type { FoundFile, NodeFiles } from '../../facts/node-files.ts';
import { plain } from './examples.ts';
import type { FileSet } from './file-control.ts';
import { pickedFiles } from './file-sets.ts';
import { judgedFiles } from './judged.ts';
import { reachControls } from './reach-control.ts';
import { componentUsers } from './run-as.ts';

/** The folders on the way to the files of Kubernetes. Those that have a control of their own are left to it. */
function foldersOnTheWay(files: NodeFiles): FileSet {
  const judged = judgedFiles(files);
  const own = new Set(judged.found.map(({ file }) => file.path));
  const found = new Map<string, FoundFile>();
  for (const { file } of judged.found) {
    for (const { folder } of files.access.walk(file.path).steps) {
      if (folder === undefined || own.has(folder.path)) continue;
      found.set(folder.path, { file: folder, access: files.access });
    }
  }
  // A folder of certificates is judged for its owner alone.
  for (const each of judged.found) {
    if (each.file.type === 'directory' && /\/(?:pki|ssl|tls|certs?)(?:\/|$)/.test(each.file.path)) {
      found.set(each.file.path, each);
    }
  }
  return { found: [...found.values()], none: judged.none };
}

/** Everything else that was looked at: what everyone may write, someone will. */
function otherFiles(files: NodeFiles): FileSet {
  const seen = new Set([...judgedFiles(files).found, ...foldersOnTheWay(files).found].map(({ file }) => file.path));
  return pickedFiles(
    files,
    ({ path, type }) => (type === 'file' || type === 'directory') && !seen.has(path),
    'no other files among those that were read',
  );
}

const key = plain('/etc/kubernetes/pki/ca.key', 'holds private-key');

/** Folders and files that others can write to. */
export default reachControls([
  {
    name: 'writable-folders',
    title: 'Only root can change the folders that the files of Kubernetes are in',
    severity: 'critical',
    why: 'Who may write to a folder replaces what is in it, whoever owns that: a manifest, a kubeconfig, a CA certificate.',
    files: foldersOnTheWay,
    deeds: ['change'],
    users: componentUsers,
    examples: {
      fail: [
        plain('/etc/kubernetes', 'mode 0777 directory') + key,
        plain('/etc/kubernetes', 'mode 0755 owner 1000:1000 directory') + key,
      ],
      pass: [
        plain('/etc/kubernetes', 'mode 0755 directory') + key,
        plain('/etc', 'mode 0700 directory') + plain('/etc/kubernetes', 'mode 0777 directory') + key,
      ],
    },
  },
  {
    name: 'world-writable',
    title: 'Nobody but its owner can change a file that a node’s components use',
    severity: 'high',
    why: 'A file that everyone can write says whatever the last one to write it wanted.',
    files: otherFiles,
    deeds: ['change'],
    owner: 'may',
    severities: { critical: 'high', high: 'medium' },
    examples: {
      fail: [plain('/etc/containerd/config.toml', 'mode 0666')],
      pass: [plain('/etc/containerd/config.toml', 'mode 0644'), plain('/home/deploy/.kube/config', 'owner 1000:1000')],
    },
  },
]);
