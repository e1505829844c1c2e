import type { FileEvidence } from '../../model/node.ts';

/** Whoever asks: a user id and every group id that the process has. User id 0 is root with all its capabilities. */
export interface Principal {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** Permission bits of one class, as in the mode. */
export const permission = { read: 4, write: 2, search: 1 } as const;

export const stickyBit = 0o1000;

interface AclEntry {
  readonly tag: 'user' | 'group' | 'mask';
  /** Undefined for the owning group's own entry and for the mask. */
  readonly id: number | undefined;
  readonly bits: number;
}

/**
 * Whether the kernel lets `who` do all of `wanted` (a sum of `permission`) with this file itself, the way to it left
 * out. The rules of acl(5), of which those of the mode are the case without entries: the first class that fits decides,
 * and of the groups that fit one must grant everything. Root may do anything; only running a file that nobody may run is
 * beyond it, which is not asked here.
 */
export function permits(file: FileEvidence, { uid, gids }: Principal, wanted: number): boolean {
  if (uid === 0) return true;
  const grants = (bits: number): boolean => (bits & wanted) === wanted;
  if (uid === file.uid) return grants(file.mode >> 6);
  // Linux does not look at the list when the mask is empty: whom it names are others then (acl_permission_check, fs/namei.c).
  const entries = file.acl === undefined || (file.mode & 0o070) === 0 ? [] : readAcl(file.acl);
  if (entries.length === 0) return grants(gids.includes(file.gid) ? file.mode >> 3 : file.mode);
  // With an access list, the mode's middle bits are the mask, whatever the owning group has.
  const mask = entries.find(({ tag }) => tag === 'mask')?.bits ?? file.mode >> 3;
  const named = entries.find(({ tag, id }) => tag === 'user' && id === uid);
  if (named !== undefined) return grants(named.bits & mask);
  const own = entries.find(({ tag, id }) => tag === 'group' && id === undefined)?.bits ?? file.mode >> 3;
  const groups = entries.flatMap(({ tag, id, bits }) =>
    tag === 'group' && id !== undefined && gids.includes(id) ? [bits] : [],
  );
  if (gids.includes(file.gid)) groups.push(own);
  if (groups.length > 0) return groups.some((bits) => grants(bits & mask));
  return grants(file.mode);
}

/** The users and groups that a file's owner, group and access list name. */
export function namedIn(file: FileEvidence): { readonly uids: readonly number[]; readonly gids: readonly number[] } {
  const entries = file.acl === undefined ? [] : readAcl(file.acl);
  const ids = (wanted: AclEntry['tag']): number[] =>
    entries.flatMap(({ tag, id }) => (tag === wanted && id !== undefined ? [id] : []));
  return { uids: [file.uid, ...ids('user')], gids: [file.gid, ...ids('group')] };
}

/** Entries as getfacl(1) writes them with numeric ids; those of `default:` are for files to come, and left out. */
function readAcl(acl: readonly string[]): readonly AclEntry[] {
  const entries: AclEntry[] = [];
  for (const text of acl) {
    const [, tag, id = '', read, write, search] = /^(user|group|mask):(\d*):([r-])([w-])([xX-])/.exec(text) ?? [];
    if (tag === undefined || (tag === 'user' && id === '')) continue;
    const bits = (read === 'r' ? 4 : 0) + (write === 'w' ? 2 : 0) + (search === '-' ? 0 : 1);
    entries.push({ tag: tag as AclEntry['tag'], id: id === '' ? undefined : Number(id), bits });
  }
  return entries;
}
