import { expect, it } from 'vitest';
import { readSudoers } from './sudoers.ts';

function sudoers(files: Readonly<Record<string, string>>): string[] {
  const known = new Map(Object.entries(files));
  const rules = readSudoers('/etc/sudoers', {
    read: (path) => known.get(path),
    expand: (pattern) => [...known.keys()].filter((path) => path.startsWith(pattern.replace(/\*$/, ''))).sort(),
  });
  return rules.map(({ who, withoutPassword, where }) => `${who} ${withoutPassword ? 'free' : 'asked'} ${where}`);
}

it.each<[string, string, readonly string[]]>([
  ['a user', 'ann ALL=(ALL:ALL) ALL', ['ann asked']],
  ['a group', '%wheel\tALL=(ALL)\tNOPASSWD: ALL', ['%wheel free']],
  ['no user given, which is root', 'ann ALL=ALL', ['ann asked']],
  ['root by id', 'ann ALL=(#0) ALL', ['ann asked']],
  ['a user by id', '#1000 ALL=ALL', ['#1000 asked']],
  ['several users', 'ann, %ops,bob ALL = ALL', ['%ops asked', 'ann asked', 'bob asked']],
  ['everyone', 'ALL ALL=(ALL) NOPASSWD: ALL', ['ALL free']],
  ['root itself', 'root ALL=(ALL:ALL) ALL', []],
  ['another user', 'ann ALL=(www) ALL', []],
  ['everyone but root', 'ann ALL=(ALL, !root) ALL', []],
  ['a harmless command', 'ann ALL=/usr/bin/systemctl restart nginx', []],
  ['a shell', 'ann ALL = NOPASSWD: /bin/bash', ['ann free']],
  ['su', 'ann ALL=/bin/su -', ['ann asked']],
  ['all commands but some', 'ann ALL=ALL, !/bin/su', ['ann asked']],
  ['tags that change', 'ann ALL=NOPASSWD: /bin/ls, PASSWD: ALL', ['ann asked']],
  ['tags that stay', 'ann ALL=NOPASSWD: /bin/ls, ALL', ['ann free']],
  ['users that change', 'ann ALL=(www) /bin/ls, (root) NOPASSWD:SETENV: ALL', ['ann free']],
  ['other hosts', 'ann web=(www) ALL : db=(root) ALL', ['ann asked']],
  [
    'aliases',
    'User_Alias A = ann : B = A, bob\nCmnd_Alias ROOT = /bin/sh\nRunas_Alias R = root\nB ALL=(R) ROOT',
    ['ann asked', 'bob asked'],
  ],
  ['aliases in a circle', 'User_Alias A = B : B = A\nA ALL=ALL', []],
  ['continued lines and comments', '# no\nann \\\n  ALL=(ALL) \\\n  ALL # yes', ['ann asked']],
  ['no passwords at all', 'Defaults !authenticate\nann ALL=ALL', ['ann free']],
  ['no password for one', 'Defaults:ann env_reset, !authenticate\nann ALL=ALL\nbob ALL=ALL', ['ann free', 'bob asked']],
  ['settings', 'Defaults secure_path="/bin:/sbin"\nDefaults@ALL x=y', []],
  ['nonsense', '= = =\n::\n(((\nann\n\\', []],
])('knows %s', (_, text, expected) => {
  const lines = text.split('\n').length;
  const found = sudoers({ '/etc/sudoers': text }).map((line) => line.replace(/ \/etc\/sudoers:\d+$/, ''));
  expect(lines).toBeGreaterThan(0);
  expect(found.sort()).toEqual([...expected].sort());
});

it('follows what is included, and says where each rule stands', () => {
  expect(
    sudoers({
      '/etc/sudoers': '#includedir /etc/sudoers.d\n@include extra\n@include /etc/sudoers\n#include /missing\n',
      '/etc/sudoers.d/10-a': 'ann ALL=ALL\n',
      '/etc/sudoers.d/b.rpmsave': 'bob ALL=ALL\n',
      '/etc/sudoers.d/c~': 'cid ALL=ALL\n',
      '/etc/extra': '\ndan ALL=NOPASSWD: ALL\n',
    }),
  ).toEqual(['ann asked /etc/sudoers.d/10-a:1', 'dan free /etc/extra:2']);
});

it('is quick on hostile text', () => {
  const start = performance.now();
  sudoers({ '/etc/sudoers': `${'a:'.repeat(50_000)}=${'b=:'.repeat(50_000)}\nann ALL=${'('.repeat(50_000)}` });
  expect(performance.now() - start).toBeLessThan(2000);
});
