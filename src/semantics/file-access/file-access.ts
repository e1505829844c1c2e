import type { Account, FileEvidence, Group } from '../../model/node.ts';
import { IdNames } from './id-names.ts';
import { namedIn, type Principal, permission, permits, stickyBit } from './permits.ts';
import { type Walk, walkTo } from './walk.ts';

/**
 * `read` a file, or enter a folder; `change` a file, connect to a socket, or make files in a folder; `replace`: put
 * something else at the path.
 */
export type Deed = 'read' | 'change' | 'replace';

/** Who may do something besides root, who always may. What is implied by an earlier field is not in a later one. */
export interface Reach {
  readonly everyone: boolean;
  /** Group ids whose members may. */
  readonly groups: readonly number[];
  /** User ids who may, because they own something or an access list names them. */
  readonly users: readonly number[];
}

/** Of one group, asked one by one whether another group lets them further. */
const maxMembers = 1000;

const nobody: Reach = { everyone: false, groups: [], users: [] };
/** No account has it: (uid_t)-1 is what chown(2) takes for "no change". */
const anyone: Principal = { uid: -1, gids: [] };

interface Files {
  readonly files: readonly FileEvidence[];
  readonly users: readonly Account[];
  readonly groups: readonly Group[];
}

/** Who can really get at the files of one file system: mode, owner, access list and every folder on the way. */
export class FileAccess {
  readonly names: IdNames;
  private readonly files = new Map<string, FileEvidence>();
  private readonly walks = new Map<string, Walk>();
  private readonly reaches = new Map<string, Reach>();

  constructor({ files, users, groups }: Files) {
    this.names = new IdNames(users, groups);
    for (const file of files) this.files.set(file.path, file);
  }

  /** What `path` comes to, links followed; undefined where nothing is known to be there. */
  find(path: string): FileEvidence | undefined {
    return this.walk(path).end;
  }

  walk(path: string): Walk {
    let walk = this.walks.get(path);
    if (walk === undefined) {
      walk = walkTo(this.files, path);
      this.walks.set(path, walk);
    }
    return walk;
  }

  /**
   * Whether the kernel lets `who`. Folders that the evidence lacks are taken to let everyone through and nobody write;
   * so is the top folder to let everyone through, since nothing but root could run otherwise. False for what is not
   * there.
   */
  may(who: Principal, deed: Deed, path: string): boolean {
    const { steps, end } = this.walk(path);
    if (end === undefined) return false;
    if (who.uid === 0) return true;
    for (const { folder, folderPath, entry } of steps) {
      const isOpen = folder === undefined || folderPath === '/';
      if (!isOpen && !permits(folder, who, permission.search)) return false;
      // Asked together: of several groups in an access list, one has to grant both.
      const makes = permission.write + permission.search;
      if (deed !== 'replace' || folder === undefined || !permits(folder, who, makes)) continue;
      const isSticky = (folder.mode & stickyBit) !== 0;
      if (!isSticky || who.uid === folder.uid || who.uid === entry?.uid) return true;
    }
    if (deed === 'replace') return false;
    return permits(end, who, wantedOf(deed, end));
  }

  /** Whether the folders on the way let `who` come to the file, whatever may be done with it there. */
  comesTo(who: Principal, path: string): boolean {
    return this.walk(path).steps.every(
      ({ folder, folderPath }) => folder === undefined || folderPath === '/' || permits(folder, who, permission.search),
    );
  }

  /** Who may, besides root: everyone, else the groups and users that are named on the way. */
  who(deed: Deed, path: string): Reach {
    const key = `${deed} ${path}`;
    let reach = this.reaches.get(key);
    if (reach === undefined) {
      reach = this.derive(deed, path);
      this.reaches.set(key, reach);
    }
    return reach;
  }

  private derive(deed: Deed, path: string): Reach {
    const { steps, end } = this.walk(path);
    if (end === undefined) return nobody;
    if (this.may(anyone, deed, path)) return { ...nobody, everyone: true };
    const uids = new Set<number>();
    const gids = new Set<number>();
    for (const file of [...steps.flatMap(({ folder, entry }) => [folder, entry]), end]) {
      if (file === undefined) continue;
      const named = namedIn(file);
      for (const uid of named.uids) uids.add(uid);
      for (const gid of named.gids) gids.add(gid);
    }
    const groups = [...gids].filter((gid) => this.may({ ...anyone, gids: [gid] }, deed, path));
    // Who is in two of the groups may get where neither group alone does.
    if (gids.size > 1) {
      for (const gid of gids) {
        for (const name of this.names.membersOf(gid).slice(0, maxMembers)) uids.add(this.names.uidOf(name) ?? 0);
      }
    }
    const users: number[] = [];
    for (const uid of uids) {
      if (uid === 0) continue;
      const own = this.names.gidsOf(uid);
      if (!groups.some((gid) => own.includes(gid)) && this.may({ uid, gids: own }, deed, path)) users.push(uid);
    }
    return { everyone: false, groups: groups.sort(ascending), users: users.sort(ascending) };
  }
}

function wantedOf(deed: Deed, { type }: FileEvidence): number {
  if (type === 'directory') return deed === 'read' ? permission.search : permission.write + permission.search;
  return deed === 'read' ? permission.read : permission.write;
}

function ascending(a: number, b: number): number {
  return a - b;
}
