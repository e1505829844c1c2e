import type { Kubeconfig } from '../../model/kubeconfig.ts';
import type { FileEvidence } from '../../model/node.ts';
import { notApplicable, type Verdict } from '../../model/verdict.ts';
import { ownFile } from './example-kubeconfig.ts';
import { kubeconfigControls, type Wrong } from './kubeconfig-control.ts';

const token = '{token: x}';
/** Folders that programs copy to other machines. */
const synced =
  /\/(Dropbox|OneDrive(?: - [^/]*)?|Google Drive|GoogleDrive|My Drive|iCloud(?: |~)?Drive|Mobile Documents|Nextcloud|ownCloud|Seafile|pCloudDrive|MEGA)(?:\/|$)/i;

export default kubeconfigControls([
  {
    name: 'own-file-access',
    title: 'Only their owner may read kubeconfigs with credentials',
    severity: 'medium',
    why: 'Whoever may read a key or token acts as its owner; whoever may write the file runs commands as him, by an exec plugin.',
    remedy: 'give the file mode 0600 and its folder 0700',
    wrong: ({ kubeconfig }) => own(kubeconfig, fileAccess),
    examples: {
      fail: [ownFile({ user: token }, 'mode 0644'), ownFile({}, 'mode 0666')],
      // Without a credential nobody learns anything from it.
      pass: [ownFile({ user: token }), ownFile({}, 'mode 0644')],
    },
  },
  {
    name: 'key-file-access',
    title: 'Only their owner may read the keys and tokens that kubeconfigs name',
    severity: 'high',
    why: 'The kubeconfig may be well kept and the key that it names lie open beside it.',
    remedy: 'give the file mode 0600',
    wrong: ({ kubeconfig }) => own(kubeconfig, keyAccess),
    examples: {
      fail: [
        `${ownFile({ user: '{client-certificate: ann.crt, client-key: ann.key}' })}# user file: /home/ann/.kube/ann.key mode 0644\n-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n`,
      ],
      pass: [ownFile({ user: token })],
    },
  },
  {
    name: 'version-control',
    title: 'Kubeconfigs with credentials are in no git work tree that would take them',
    severity: 'medium',
    why: 'The next `git add .` puts the credential into the history, where it stays, and onto every machine that has the repository.',
    remedy: 'move it to ~/.kube, or name it in .gitignore; change the credential if it was committed',
    wrong: ({ kubeconfig }) =>
      own(kubeconfig, ({ path, own: mine }) =>
        mine?.evidence.unignored.includes(path) === true
          ? [{ says: 'it holds a credential, and is in a git work tree that does not ignore it', at: [], of: path }]
          : [],
      ),
    examples: { fail: [ownFile({ user: token }, 'mode 0600 tracked')], pass: [ownFile({ user: token })] },
  },
  {
    name: 'synced-folder',
    title: 'Kubeconfigs with credentials are in no folder that is copied elsewhere',
    severity: 'medium',
    why: 'The credential is then on a provider’s servers, in their backups, and on every other machine of the account.',
    remedy: 'move it to ~/.kube',
    wrong: ({ kubeconfig }) =>
      own(kubeconfig, ({ path, file }) => {
        const folder = synced.exec(file.path)?.[1] ?? synced.exec(path)?.[1];
        if (folder === undefined || file.secret === undefined) return [];
        return [{ says: `it holds a credential, and is in the folder of ${folder}`, at: [], of: path }];
      }),
    examples: {
      fail: [ownFile({ user: token }).replace('/home/ann/.kube', '/home/ann/Dropbox')],
      pass: [ownFile({ user: token })],
    },
  },
]);

function own(kubeconfig: Kubeconfig, ask: (kubeconfig: Kubeconfig) => readonly Wrong[]): readonly Wrong[] | Verdict {
  if (kubeconfig.own === undefined) return notApplicable('it is a node’s');
  if (kubeconfig.own.evidence.uid === undefined) return notApplicable('files have no owners and modes here');
  return ask(kubeconfig);
}

function fileAccess({ file, path, own: mine }: Kubeconfig): readonly Wrong[] {
  const found: Wrong[] = [];
  const uid = mine?.evidence.uid;
  const tell = (says: string, of: string, severity?: Wrong['severity']): void => {
    found.push({ says, at: [], of, ...(severity && { severity }) });
  };
  const who = readers(file);
  if ((file.mode & 0o022) !== 0) tell(`its mode is ${octal(file)}: ${writers(file)} may write it`, 'mode', 'high');
  else if (file.secret !== undefined && who !== undefined) {
    tell(`it holds a credential, and its mode is ${octal(file)}: ${who} may read it`, 'mode');
  }
  if (uid !== undefined && file.uid !== uid && file.uid !== 0) {
    tell(`it belongs to user ${file.uid}, who may change it`, 'owner', 'high');
  }
  const folder = mine?.evidence.files.find((each) => each.path === path.slice(0, path.lastIndexOf('/')));
  // In a sticky folder others may add files, and not replace this one.
  if (folder !== undefined && (folder.mode & 0o022) !== 0 && (folder.mode & 0o1000) === 0) {
    tell(`its folder has mode ${octal(folder)}: ${writers(folder)} may replace it`, 'folder', 'high');
  }
  return found;
}

function keyAccess({ users, resolve }: Kubeconfig): readonly Wrong[] {
  const found: Wrong[] = [];
  for (const { name, at, key, tokenFile } of users) {
    for (const [field, named] of [['client-key', key?.path ?? ''] as const, ['tokenFile', tokenFile] as const]) {
      const { path, file } = named === '' ? { path: '', file: undefined } : resolve(named);
      const who = file === undefined ? undefined : readers(file);
      if (file === undefined || who === undefined) continue;
      found.push({ says: `${path} has mode ${octal(file)}: ${who} may read it`, at: [...at, field], of: name });
    }
  }
  return found;
}

function readers({ mode }: FileEvidence): string | undefined {
  if ((mode & 0o004) !== 0) return 'everyone';
  return (mode & 0o040) === 0 ? undefined : 'its group';
}

function writers({ mode }: FileEvidence): string {
  return (mode & 0o002) !== 0 ? 'everyone' : 'its group';
}

function octal({ mode }: FileEvidence): string {
  return mode.toString(8).padStart(4, '0');
}
