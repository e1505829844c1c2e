import type { FileEvidence } from '../../model/node.ts';
import type { Severity } from '../../model/severity.ts';
import { accessText, type FileAccess, isNobody, type Reach } from '../../semantics/file-access/index.ts';

/** What is lost when others get at a file. */
export type Content =
  /** Whoever reads it has a credential. */
  | 'secret'
  /** Whoever changes it changes what runs; whoever reads it learns how. */
  | 'configuration'
  /** Everyone may read it; whoever changes it changes what is trusted or run. */
  | 'public';

export interface Grade {
  readonly severity: Severity;
  /** "everyone can read it"; "/var/lib/kubelet (0700) lets nobody but root in". */
  readonly says: string;
}

interface Graded {
  readonly content: Content;
  readonly inside?: readonly string[] | undefined;
}

/**
 * How grave it is that a file's permissions are too wide, by who can really get at it; the owner left out, whose rights
 * are no matter of the mode. Root's own group counts for nobody while it lists no one.
 */
export function gradeMode(access: FileAccess, file: FileEvidence, { content, inside = [] }: Graded): Grade {
  const change = others(access.who('change', file.path), file);
  const read = others(access.who('read', file.path), file);
  if (!isNobody(change)) return { severity: gravity(access, change), says: accessText(access, 'change', file.path) };
  const kept = inside.filter((path) => access.find(path) !== undefined);
  const open = kept.find((path) => !isNobody(others(access.who('read', path), file)));
  const [shown = file.path] = kept.length > 0 && open === undefined ? kept : [];
  const says = accessText(access, 'read', shown);
  if (content !== 'secret' || isNobody(read) || shown !== file.path) return { severity: 'low', says };
  return { severity: gravity(access, read), says };
}

/** How grave it is that a file belongs to another user, who may change its mode. */
export function gradeOwner(access: FileAccess, file: FileEvidence): Grade {
  const owner = { uid: file.uid, gids: access.names.gidsOf(file.uid) };
  if (!access.comesTo(owner, file.path)) return { severity: 'low', says: accessText(access, 'read', file.path) };
  return { severity: 'high', says: `user ${access.names.user(file.uid)} can change it` };
}

/** That a file's group is another one is light by itself: what its mode gives the group, a requirement of the mode says. */
export function gradeGroup(access: FileAccess, file: FileEvidence): Grade {
  for (const deed of ['change', 'read'] as const) {
    if (!access.who(deed, file.path).groups.includes(file.gid)) continue;
    return { severity: 'low', says: accessText(access, deed, file.path) };
  }
  return { severity: 'low', says: 'the group can do no more than others' };
}

/** By who is in reach: everyone, someone, a group without anyone that is known, or none but root's own group. */
export function gravity(access: FileAccess, { everyone, groups, users }: Reach): Severity {
  if (everyone) return 'critical';
  const hasMembers = groups.some((gid) => access.names.membersOf(gid).length > 0);
  if (users.length > 0 || hasMembers) return 'high';
  // Root's own group lists no one and is given to no one; another may be some service's.
  return groups.some((gid) => gid !== 0) ? 'medium' : 'low';
}

function others(reach: Reach, { uid }: FileEvidence): Reach {
  return { ...reach, users: reach.users.filter((each) => each !== uid) };
}
