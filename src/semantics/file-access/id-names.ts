import type { Account, Group } from '../../model/node.ts';

/** The node's own users and groups. Of ids that several names have, the first counts, as for the system. */
export class IdNames {
  private readonly users = new Map<number, string>();
  private readonly groups = new Map<number, Group>();
  private readonly groupsOfUser = new Map<string, number[]>();
  private readonly uidOfUser = new Map<string, number>();

  constructor(users: readonly Account[], groups: readonly Group[]) {
    for (const { id, name } of users) {
      if (!this.users.has(id)) this.users.set(id, name);
      if (!this.uidOfUser.has(name)) this.uidOfUser.set(name, id);
    }
    for (const group of groups) {
      if (!this.groups.has(group.id)) this.groups.set(group.id, group);
      // The group that a user brings along has the user's name on all but very old systems.
      for (const name of [group.name, ...(group.members ?? [])]) {
        const known = this.groupsOfUser.get(name);
        if (known === undefined) this.groupsOfUser.set(name, [group.id]);
        else known.push(group.id);
      }
    }
  }

  uidOf(user: string): number | undefined {
    return this.uidOfUser.get(user);
  }

  /** The groups that list the user, and the user's own. */
  gidsOf(uid: number): readonly number[] {
    const name = this.users.get(uid);
    return name === undefined ? [] : (this.groupsOfUser.get(name) ?? []);
  }

  /** Names of those that the group lists; root is left out, who needs no group. */
  membersOf(gid: number): readonly string[] {
    return (this.groups.get(gid)?.members ?? []).filter((name) => this.uidOfUser.get(name) !== 0);
  }

  /** `deploy`, or the number where no name is known. */
  user(uid: number): string {
    return this.users.get(uid) ?? (uid === 0 ? 'root' : String(uid));
  }

  group(gid: number): string {
    return this.groups.get(gid)?.name ?? (gid === 0 ? 'root' : String(gid));
  }
}
