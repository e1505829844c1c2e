import type { AdministratorEvidence, NodeEvidence } from '../../model/node.ts';
import { type Failure, notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { isRuntimeSocket } from '../files/programs.ts';
import { administrators, node as nodeWith } from './examples.ts';
import { type HostRow, hostControls, hostFailure } from './host-control.ts';

/** Groups whose members can ask a container runtime for a container with the host's files in it. */
const rootEquivalent: ReadonlySet<string> = new Set([
  'docker',
  'containerd',
  'crio',
  'podman',
  'lxd',
  'incus-admin',
  'microk8s',
  'snap_microk8s',
]);

/** More members than this, and nobody knows who they are. */
const manyMembers = 10;

const notRead = unknown('who administers the node was not read');

type Administrators = (who: AdministratorEvidence, node: NodeEvidence) => Verdict | readonly Failure[];

function of(check: Administrators): HostRow['check'] {
  return (node) => (node.host?.administrators === undefined ? notRead : check(node.host.administrators, node));
}

const root = { id: 0, name: 'root' };

/** Who can be root on a node. */
export default hostControls([
  {
    name: 'superusers',
    title: 'No account but root has user id 0',
    severity: 'high',
    why: 'A second account with user id 0 is root under another name, with a password and keys that nobody watches.',
    remedy: 'Give the account an id of its own, and sudo for what it has to do.',
    check: (node) => {
      const names =
        node.host?.administrators?.superusers ?? node.users.filter(({ id }) => id === 0).map((each) => each.name);
      if (names.length === 0) return unknown('the accounts of the node were not read');
      return [...new Set(names)]
        .filter((name) => name !== 'root')
        .map((name) => hostFailure(node, { key: name, message: `account ${name} has user id 0`, file: '/etc/passwd' }));
    },
    examples: {
      fail: [nodeWith({ users: [root, { id: 0, name: 'toor' }] })],
      pass: [nodeWith({ users: [root, { id: 1000, name: 'deploy' }] })],
    },
  },
  {
    name: 'sudo-password',
    title: 'Nobody becomes root by sudo without a password',
    severity: 'medium',
    why: 'Without, a stolen key or a program that runs as the account is root on the node at once.',
    check: of(({ sudoers }, node) =>
      sudoers
        .filter(({ withoutPassword }) => withoutPassword)
        .map(({ who, where }) =>
          hostFailure(node, { key: who, message: `${named(who)} can be root by sudo without a password`, file: where }),
        ),
    ),
    examples: {
      fail: [administrators({ sudoers: [{ who: 'deploy', withoutPassword: true, where: '/etc/sudoers.d/deploy' }] })],
      pass: [administrators({ sudoers: [{ who: '%sudo', withoutPassword: false, where: '/etc/sudoers' }] })],
    },
  },
  {
    name: 'sudo-breadth',
    title: 'Few accounts can be root by sudo',
    severity: 'high',
    why: 'Root on a node is root in all its pods, with their Secrets; on the control plane it is the whole cluster.',
    check: of(({ sudoers }, node) => {
      const failures = new Map<string, Failure>();
      for (const { who, where } of sudoers) {
        const isEveryone = who === 'ALL' || who === '%users';
        const group = who.startsWith('%') ? node.groups.find(({ name }) => name === who.slice(1)) : undefined;
        const members = group?.members?.length ?? 0;
        if (!isEveryone && members <= manyMembers) continue;
        const says = isEveryone ? 'every account can be root by sudo' : `${members} accounts can be root by sudo`;
        const severity = isEveryone ? 'high' : 'medium';
        failures.set(who, hostFailure(node, { key: who, message: `${says}: ${named(who)}`, file: where, severity }));
      }
      return [...failures.values()];
    }),
    examples: {
      fail: [administrators({ sudoers: [{ who: 'ALL', withoutPassword: false, where: '/etc/sudoers' }] })],
      pass: [administrators({ sudoers: [{ who: '%sudo', withoutPassword: false, where: '/etc/sudoers' }] })],
    },
  },
  {
    name: 'runtime-groups',
    title: 'The groups of container runtimes have no members',
    severity: 'high',
    why: 'Whoever may use the container runtime asks it for a container with the node’s files in it, and is root.',
    remedy: 'Take the accounts out of the group, or let them use a rootless runtime of their own.',
    check: (node) => {
      if (node.groups.length === 0) return unknown('the groups of the node were not read');
      // Where the socket was seen, it is judged who can connect to it.
      const seen = new Set(
        node.files.filter(({ path, type }) => type === 'socket' && isRuntimeSocket(path)).map(({ gid }) => gid),
      );
      return node.groups.flatMap(({ id, name, members = [] }) => {
        if (!rootEquivalent.has(name) || members.length === 0 || seen.has(id)) return [];
        const message = `group ${name} is as good as root, and has ${members.join(', ')}`;
        return [hostFailure(node, { key: name, message, file: '/etc/group' })];
      });
    },
    examples: {
      fail: [nodeWith({ groups: [root, { id: 998, name: 'docker', members: ['deploy'] }] })],
      pass: [nodeWith({ groups: [root, { id: 998, name: 'docker' }] })],
    },
  },
  {
    name: 'authorized-keys',
    title: 'No keys let anyone log in as root',
    severity: 'medium',
    why: 'A key in root’s file makes root of whoever has it, and of several owners none is named in the log.',
    remedy: 'Let administrators log in as themselves and become root by sudo.',
    check: of(({ authorizedKeys, sshd, superusers }, node) => {
      const held = authorizedKeys.filter(({ keys }) => keys > 0);
      const ofRoot = held.filter(({ user }) => user === 'root' || superusers.includes(user));
      if (/^no$/i.test(sshd?.['permitrootlogin']?.value ?? '')) {
        return ofRoot.length > 0 ? notApplicable('sshd lets nobody log in as root') : counted(held);
      }
      if (ofRoot.length === 0) return counted(held);
      return ofRoot.map(({ user, path, keys }) =>
        hostFailure(node, { key: path, message: `${keyCount(keys)} can log in as ${user}`, file: path }),
      );
    }),
    examples: {
      fail: [administrators({ authorizedKeys: [{ user: 'root', path: '/root/.ssh/authorized_keys', keys: 2 }] })],
      pass: [administrators({})],
    },
  },
]);

/** Whether each key is still somebody's, and whose, no file tells. */
function counted(held: AdministratorEvidence['authorizedKeys']): Verdict | readonly Failure[] {
  if (held.length === 0) return [];
  const words = held.slice(0, 10).map(({ user, keys }) => `${user} ${keys}`);
  const more = held.length > 10 ? ` and ${held.length - 10} accounts more` : '';
  return { kind: 'manual', reason: `whose keys these are no file tells: ${words.join(', ')}${more}` };
}

function keyCount(keys: number): string {
  return keys === 1 ? '1 key' : `${keys} keys`;
}

function named(who: string): string {
  if (who === 'ALL') return 'ALL';
  return who.startsWith('%') ? `group ${who.slice(1)}` : `user ${who}`;
}
