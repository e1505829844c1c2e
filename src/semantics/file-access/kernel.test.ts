import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileEvidence } from '../../model/node.ts';
import { type Deed, FileAccess } from './file-access.ts';
import type { Principal } from './permits.ts';

/** A folder `a`, in it `b`, in that the file `f` and a link `l` to it: modes, owners and access lists from outside in. */
interface Scene {
  readonly rows: readonly {
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly acl: readonly string[];
  }[];
}

const ids = fc.constantFrom(0, 60001, 60002, 60003);
const bits = fc.integer({ min: 0, max: 7 });
const entry = fc.tuple(fc.constantFrom('user', 'group'), fc.constantFrom(60001, 60002, 60003), bits);
const row = (isFolder: boolean) =>
  fc.record({
    // Folders open more often than not: else nobody ever gets to the file.
    mode: fc
      .tuple(bits, bits, bits, fc.boolean(), fc.constantFrom(0, 0, 0o111))
      .map(([u, g, o, sticky, x]) => (u << 6) | (g << 3) | o | (isFolder ? x | (sticky ? 0o1000 : 0) : 0)),
    uid: ids,
    gid: ids,
    acl: fc.oneof(
      fc.constant<readonly string[]>([]),
      fc.tuple(fc.array(entry, { maxLength: 3 }), bits, bits).map(([entries, group, mask]): readonly string[] => {
        const unique = new Map(entries.map(([tag, id, perms]) => [`${tag}:${id}`, rwx(perms)]));
        if (unique.size === 0) return [];
        return [
          ...[...unique].map(([name, perms]) => `${name}:${perms}`),
          `group::${rwx(group)}`,
          `mask::${rwx(mask)}`,
        ];
      }),
    ),
  });
const scene = fc.tuple(row(true), row(true), row(false)).map((rows): Scene => ({ rows }));

function rwx(perms: number): string {
  return `${perms & 4 ? 'r' : '-'}${perms & 2 ? 'w' : '-'}${perms & 1 ? 'x' : '-'}`;
}

const principals: readonly Principal[] = [
  { uid: 60009, gids: [60009] },
  { uid: 60001, gids: [60009] },
  { uid: 60002, gids: [60003, 60001] },
  { uid: 60009, gids: [60001, 60002] },
  { uid: 60003, gids: [60003, 0] },
];
const deeds: readonly Deed[] = ['read', 'change', 'replace'];

/** Makes the scenes, asks the kernel as each principal and prints the answers. Runs as root in a process of its own. */
const oracle = `
import base64, json, os, struct, sys
base, scenes, principals = json.load(sys.stdin)
tags = {'user': (1, 2), 'group': (4, 8), 'mask': (16, 16)}
def acl(path, row):
    rows = [(1, row['mode'] >> 6 & 7, -1), (32, row['mode'] & 7, -1)]
    for line in row['acl']:
        tag, who, perms = line.split(':')
        n = sum(v for c, v in zip(perms, (4, 2, 1)) if c != '-')
        rows.append((tags[tag][0 if who == '' else 1], n, int(who or -1)))
    rows.sort(key=lambda r: (r[0], r[2]))
    value = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', t, p, i & 0xffffffff) for t, p, i in rows)
    os.setxattr(path, 'system.posix_acl_access', value)
def tries(do):
    try:
        do()
        return True
    except PermissionError:
        return False
def swap(path):
    os.rename(path, path + '.x')
    os.rename(path + '.x', path)
answers = []
for index, rows in enumerate(scenes):
    a = '%s/%d' % (base, index)
    b, f, l = a + '/b', a + '/b/f', a + '/b/l'
    os.mkdir(a); os.mkdir(b); open(f, 'w').close(); os.symlink(f, l)
    for path, row in ((f, rows[2]), (b, rows[1]), (a, rows[0])):
        os.chown(path, row['uid'], row['gid'])
        os.chmod(path, row['mode'])
        if row['acl']:
            acl(path, row)
    for who in principals:
        os.setgroups(who['gids']); os.setegid(who['gids'][0]); os.seteuid(who['uid'])
        got = [
            tries(lambda: os.close(os.open(f, os.O_RDONLY))),
            tries(lambda: os.close(os.open(f, os.O_WRONLY))),
            tries(lambda: swap(f)) or tries(lambda: swap(b)),
            tries(lambda: os.close(os.open(l, os.O_RDONLY))),
            tries(lambda: os.access(b, os.X_OK, effective_ids=True) or (_ for _ in ()).throw(PermissionError())),
        ]
        os.seteuid(0); os.setegid(0); os.setgroups([])
        answers.append(got)
json.dump(answers, sys.stdout)
`;

const canAsk = process.getuid?.() === 0 && hasPython();
if (!canAsk) console.warn('file access is not compared with the kernel: that takes root and python3');

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import os; os.setxattr'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function evidence(path: string, acl: readonly string[] = []): FileEvidence {
  const { mode, uid, gid } = lstatSync(path);
  const type = (mode & 0o170000) === 0o040000 ? 'directory' : 'file';
  return { path, type, mode: mode & 0o7777, uid, gid, size: 0, modified: '', ...(acl.length > 0 && { acl }) };
}

describe('file access', () => {
  it.skipIf(!canAsk)('is what the kernel says, for random modes, owners and access lists', () => {
    const base = mkdtempSync(join(tmpdir(), 'bulwark-access-'));
    try {
      chmodSync(base, 0o755);
      const scenes = fc.sample(scene, { numRuns: 300, seed: 20261121 });
      const input = JSON.stringify([base, scenes.map(({ rows }) => rows), principals]);
      const output = execFileSync('python3', ['-c', oracle], { input, encoding: 'utf8', maxBuffer: 1e8 });
      const answers = JSON.parse(output) as boolean[][];
      const above = ['/tmp', base].filter((path) => base.startsWith(path)).map((path) => evidence(path));
      let granted = 0;
      for (const [index, { rows }] of scenes.entries()) {
        const [a, b, f] = rows;
        if (a === undefined || b === undefined || f === undefined) continue;
        const top = `${base}/${index}`;
        const link: FileEvidence = { ...evidence(`${top}/b/l`), type: 'symlink', target: `${top}/b/f` };
        const files = [
          ...above,
          evidence(top, a.acl),
          evidence(`${top}/b`, b.acl),
          evidence(`${top}/b/f`, f.acl),
          link,
        ];
        const access = new FileAccess({ files, users: [], groups: [] });
        for (const [number, who] of principals.entries()) {
          const may = [
            ...deeds.map((deed) => access.may(who, deed, `${top}/b/f`)),
            access.may(who, 'read', `${top}/b/l`),
            access.may(who, 'read', `${top}/b`),
          ];
          const real = answers[index * principals.length + number];
          expect(may, JSON.stringify({ rows, who })).toEqual(real);
          granted += may.filter(Boolean).length;
        }
      }
      // Both answers are common, or the comparison says little.
      const asked = scenes.length * principals.length * 5;
      expect(granted / asked).toBeGreaterThan(0.1);
      expect(granted / asked).toBeLessThan(0.9);
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
});
