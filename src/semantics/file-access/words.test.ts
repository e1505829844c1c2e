import { expect, it } from 'vitest';
import { nodeExample } from '../../../test/node-example.ts';
import { type Deed, FileAccess } from './file-access.ts';
import { accessText, modeText } from './words.ts';

const accounts = `# node: ${JSON.stringify({
  users: [
    { id: 0, name: 'root' },
    { id: 1000, name: 'deploy' },
  ],
  groups: [
    { id: 0, name: 'root' },
    { id: 1000, name: 'deploy' },
    { id: 998, name: 'ops', members: ['deploy', 'root', 'a', 'b', 'c', 'd', 'e'] },
    { id: 999, name: 'dev', members: ['deploy'] },
  ],
})}\n`;

function says(text: string, deed: Deed, path: string): string {
  const node = nodeExample(text + accounts);
  if (node === undefined) throw new Error('no node');
  return accessText(new FileAccess(node), deed, path);
}

it.each<[string, Deed, string]>([
  ['# file: /a mode 0644\n', 'read', 'everyone can read it'],
  ['# file: /a mode 0604 owner 0:998\n', 'read', 'everyone can read it'],
  ['# file: /a mode 0600\n', 'read', 'nobody but root can read it'],
  ['# file: /a mode 0600 owner 1000:0\n', 'read', 'user deploy can read it'],
  ['# file: /a mode 0600 owner 1234:0\n', 'change', 'user 1234 can change it'],
  ['# file: /a mode 0640 owner 0:998\n', 'read', 'group ops (deploy, a, b, c, d, and 1 more) can read it'],
  ['# file: /a mode 0640 owner 0:77\n', 'read', 'group 77 can read it'],
  ['# file: /a mode 0770 owner 1000:0 directory\n', 'read', 'group root and user deploy can enter it'],
  ['# file: /a mode 0777 directory\n', 'change', 'everyone can put files in it'],
  ['# file: /a mode 0666 socket\n', 'change', 'everyone can connect to it'],
])('says of %s %s: %s', (text, deed, wanted) => {
  expect(says(text, deed, '/a')).toBe(wanted);
});

it.each<[string, string, Deed, string]>([
  [
    'a closed folder',
    '# file: /d mode 0700 directory\n# file: /d/a mode 0644\n',
    'read',
    '/d (0700) lets nobody but root in',
  ],
  [
    'a folder for one group, a file for another: who is in both',
    '# file: /d mode 0710 owner 0:998 directory\n# file: /d/a mode 0640 owner 0:999\n',
    'read',
    'user deploy can read it',
  ],
  [
    'a folder that everyone can write to',
    '# file: /d mode 0777 directory\n# file: /d/a\n',
    'replace',
    'everyone can replace it',
  ],
  ['a sticky folder', '# file: /d mode 1777 directory\n# file: /d/a\n', 'replace', 'nobody but root can replace it'],
  [
    'a sticky folder, the file one’s own',
    '# file: /d mode 1777 directory\n# file: /d/a owner 1000:0\n',
    'replace',
    'user deploy can replace it',
  ],
])('goes the way to the file: %s', (_, text, deed, wanted) => {
  expect(says(text, deed, '/d/a')).toBe(wanted);
});

it.each<[string, string]>([
  [
    '# file: /d/l to ../e/a\n# file: /e mode 0700 directory\n# file: /e/a mode 0644\n',
    '/e (0700) lets nobody but root in',
  ],
  ['# file: /d/l to /e/a\n# file: /e/a mode 0644\n', 'everyone can read it'],
  ['# file: /d/l to /d/l\n', 'nobody but root can read it'],
  ['# file: /d/l to /nowhere\n', 'nobody but root can read it'],
])('follows links: %s', (text, wanted) => {
  expect(says(text, 'read', '/d/l')).toBe(wanted);
});

it.each([
  [0o644, '0644'],
  [0o1777, '1777'],
  [0o4755, '4755'],
  [0, '0000'],
])('writes modes as people do', (mode, wanted) => {
  expect(modeText(mode)).toBe(wanted);
});
