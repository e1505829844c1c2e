import type { Account, Group } from '../../model/node.ts';

export interface PasswdEntry extends Account {
  readonly home: string;
}

/** Most accounts that are kept of one file. */
const maxAccounts = 100_000;

/** Users of passwd(5): name and id, and the home folder; nothing else is kept. Lines that are none are passed over. */
export function readPasswd(text: string): PasswdEntry[] {
  return readLines(text, 6).map(({ id, name, rest }) => ({ id, name, home: rest[2] ?? '' }));
}

/** Groups of group(5), with the users that are listed beside them. */
export function readGroup(text: string): Group[] {
  return readLines(text, 3).map(({ id, name, rest }) => {
    const members = (rest[0] ?? '').split(',').flatMap((member) => (member.trim() === '' ? [] : [member.trim()]));
    return members.length === 0 ? { id, name } : { id, name, members };
  });
}

function readLines(text: string, atLeast: number): { id: number; name: string; rest: string[] }[] {
  const found: { id: number; name: string; rest: string[] }[] = [];
  for (const line of text.split('\n')) {
    const [name = '', , id = '', ...rest] = line.split(':');
    if (name === '' || name.startsWith('#') || !/^\d{1,10}$/.test(id) || rest.length + 3 < atLeast) continue;
    found.push({ id: Number(id), name, rest });
    if (found.length >= maxAccounts) break;
  }
  return found;
}
