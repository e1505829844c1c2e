import { expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import { readGetfacl, unreadLists } from './access-lists.ts';
import { configuredSelinux, readKernel, readOsRelease } from './kernel.ts';
import { listeningIn } from './listeners.ts';

function kernel(files: Readonly<Record<string, string>>) {
  const known = new Map(Object.entries(files));
  return readKernel((path) => known.get(path));
}

it('says what the kernel says, and nothing where it says nothing', () => {
  expect(kernel({})).toEqual({});
  expect(
    kernel({
      '/proc/sys/kernel/osrelease': '6.1.0-28-amd64\n',
      '/proc/sys/kernel/panic': '10\n',
      '/proc/sys/net/ipv4/conf/all/rp_filter': '2\n',
      '/proc/swaps': 'Filename\tType\tSize\n/dev/dm-1 partition 1 0 -2\n/a\\040b file 1 0 -3\n',
      '/sys/kernel/security/lsm': 'lockdown,capability,apparmor',
      '/proc/self/status': 'Name:\tcat\nSeccomp:\t0\n',
    }),
  ).toEqual({
    kernel: '6.1.0-28-amd64',
    sysctls: { 'kernel.panic': '10', 'net.ipv4.conf.all.rp_filter': '2' },
    swaps: ['/dev/dm-1', '/a b'],
    securityModules: ['lockdown', 'capability', 'apparmor'],
    selinux: 'disabled',
    seccomp: true,
  });
  expect(kernel({ '/proc/swaps': 'Filename\n', '/proc/self/status': 'Name:\ta\n' })).toEqual({
    swaps: [],
    seccomp: false,
  });
});

it.each([
  ['1\n', 'lockdown,selinux', 'enforcing'],
  ['0', 'selinux', 'permissive'],
  [undefined, 'selinux', undefined],
  [undefined, 'yama', 'disabled'],
  [undefined, undefined, undefined],
])('SELinux with enforce %j and modules %j is %s', (enforce, modules, expected) => {
  const found = kernel({
    ...(enforce !== undefined && { '/sys/fs/selinux/enforce': enforce }),
    ...(modules !== undefined && { '/sys/kernel/security/lsm': modules }),
  });
  expect(found.selinux).toBe(expected);
});

it('reads what is configured', () => {
  expect(configuredSelinux('# SELINUX=disabled\nSELINUX=permissive\nSELINUXTYPE=targeted\n')).toBe('permissive');
  expect(configuredSelinux('SELINUX=\n')).toBeUndefined();
  expect(readOsRelease('NAME=A\nID=debian\nVERSION_ID="12"\nPRETTY_NAME=\'A \\"B\\" 12\'\n__proto__=x\n')).toEqual({
    ID: 'debian',
    VERSION_ID: '12',
    PRETTY_NAME: 'A "B" 12',
  });
});

it.each([
  ['0100007F:1F90 00000000:0000 0A', '127.0.0.1:8080'],
  ['00000000:2382 00000000:0000 0A', '0.0.0.0:9090'],
  ['0100007F:1F90 0100007F:C000 01', undefined],
  ['00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A', ':::10250'],
  ['00000000000000000000000001000000:280A 00000000000000000000000000000000:0000 0A', '::1:10250'],
  ['0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A', '::ffff:127.0.0.1:80'],
  ['B80D01200000000000000000010000AB:0050 00000000000000000000000000000000:0000 0A', '2001:db8::ab00:1:80'],
  ['nonsense', undefined],
])('the socket %s', (columns, expected) => {
  const table = `  sl  local_address rem_address st\n   0: ${columns} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n`;
  const [socket] = listeningIn(table, 'little');
  expect(socket && `${socket.address}:${socket.port}`).toBe(expected);
  if (expected !== undefined) expect(socket?.inode).toBe('4711');
});

it('reads addresses of a machine with the other byte order', () => {
  const table =
    '0: 7F000001:1F90 00000000:0000 0A 0:0 0:0 0 0 0 9\n1: 00000000000000000000000000000001:0050 0:0 0A 0:0 0:0 0 0 0 9\n';
  expect(listeningIn(table, 'big').map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
});

it('keeps of an access list what the mode does not say', () => {
  const output = [
    '# file: /a\\040b\\\\c',
    '# owner: 0',
    'user::rw-',
    'user:1000:r--',
    'group::r--\t#effective:---',
    'mask::---',
    'other::---',
    'default:user:7:rwx',
    '',
    '# file: /plain',
    'user::rw-',
    'group::r--',
    'other::---',
    '',
  ].join('\n');
  expect([...readGetfacl(output)]).toEqual([
    ['/a b\\c', ['user:1000:r--', 'group::r--', 'mask::---', 'default:user:7:rwx']],
    ['/plain', []],
  ]);
});

it.each([
  ['of root alone', 'mode 0600 holds private-key', []],
  ['that everyone may read as the group may', 'mode 0644', []],
  ['that is only a folder', 'mode 0750 directory', []],
  [
    'whose group may more than others',
    'mode 0640 holds private-key',
    [
      "access lists on node-1: there is no getfacl to read them with: what the mode of /pki/sa.key gives the group may be a user's",
    ],
  ],
])('says that access lists were not read where there is a file %s', (_, header, expected) => {
  const files = nodeExample(`# file: /pki/sa.key ${header}\nx`)?.files ?? [];
  const unread = unreadLists(files, { name: 'node-1', from: 'root' });
  expect(unread.map(({ what, reason }) => `${what}: ${reason}`)).toEqual(expected);
});
