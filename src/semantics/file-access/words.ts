import { wordList } from '../../model/word-list.ts';
import { type Deed, type FileAccess, type Reach } from './file-access.ts';

/** `0644`, with a digit in front for set-id and sticky bits. */
export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** `root:ssl-cert`, numbers where there are no names. */
export function ownerText(access: FileAccess, { uid, gid }: { readonly uid: number; readonly gid: number }): string {
  return `${access.names.user(uid)}:${access.names.group(gid)}`;
}

/** "everyone", "group ssl-cert (prometheus, deploy) and user etcd", "nobody but root". */
function reachText(access: FileAccess, { everyone, groups, users }: Reach): string {
  if (everyone) return 'everyone';
  const words = [
    ...groups.map((gid) => groupText(access, gid)),
    ...users.map((uid) => `user ${access.names.user(uid)}`),
  ];
  return words.length === 0 ? 'nobody but root' : wordList(words);
}

const maxNames = 5;

function groupText(access: FileAccess, gid: number): string {
  const members = access.names.membersOf(gid);
  const name = `group ${access.names.group(gid)}`;
  if (members.length === 0) return name;
  const more = members.length > maxNames ? `, and ${members.length - maxNames} more` : '';
  return `${name} (${members.slice(0, maxNames).join(', ')}${more})`;
}

const verbs = {
  file: { read: 'read it', change: 'change it', replace: 'replace it' },
  directory: { read: 'enter it', change: 'put files in it', replace: 'replace it' },
  socket: { read: 'read it', change: 'connect to it', replace: 'replace it' },
} as const satisfies Record<string, Record<Deed, string>>;

/**
 * Who can really do it, in a sentence: "everyone can read it"; where a folder on the way keeps out those whom the mode
 * would let, "/var/lib/kubelet (0700) lets nobody but root in".
 */
export function accessText(access: FileAccess, deed: Deed, path: string): string {
  const reach = access.who(deed, path);
  const type = access.find(path)?.type;
  const verb = verbs[type === 'directory' || type === 'socket' ? type : 'file'][deed];
  if (isNobody(reach)) return barrierText(access, path) ?? `nobody but root can ${verb}`;
  return `${reachText(access, reach)} can ${verb}`;
}

export function isNobody({ everyone, groups, users }: Reach): boolean {
  return !everyone && groups.length === 0 && users.length === 0;
}

/** The first folder on the way that lets nobody through. */
function barrierText(access: FileAccess, path: string): string | undefined {
  for (const { folder, folderPath } of access.walk(path).steps) {
    if (folder === undefined || folderPath === '/' || !isNobody(access.who('read', folder.path))) continue;
    return `${folder.path} (${modeText(folder.mode)}) lets nobody but root in`;
  }
  return undefined;
}
