import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRevision, withRevision } from './git-revision.ts';

let repository = '';
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false', ...args], {
    cwd: repository,
    encoding: 'utf8',
  });

beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'bulwark-git-'));
  git('init', '--quiet');
  mkdirSync(join(repository, 'deploy/a b'), { recursive: true });
  writeFileSync(join(repository, 'deploy/web.yaml'), 'one\n');
  writeFileSync(join(repository, 'deploy/a b/ü\n"x".yaml'), 'two\n');
  writeFileSync(join(repository, 'deploy/empty.yaml'), '');
  writeFileSync(join(repository, 'deploy/binary'), Buffer.from([0, 10, 255, 10]));
  writeFileSync(join(repository, 'other.yaml'), 'x'.repeat(300_000));
  symlinkSync('/etc/hostname', join(repository, 'deploy/link.yaml'));
  git('add', '--all');
  git('commit', '--quiet', '--message', 'one');
  writeFileSync(join(repository, 'deploy/web.yaml'), 'changed\n');
});
afterAll(() => rmSync(repository, { recursive: true }));

describe('the files of a revision', () => {
  it('are given as they were, and removed again', async () => {
    let folder = '';
    await withRevision({ revision: 'HEAD', cwd: repository, paths: [] }, async (given) => {
      folder = given;
      expect(readFileSync(join(given, 'deploy/web.yaml'), 'utf8')).toBe('one\n');
      expect(readFileSync(join(given, 'deploy/a b/ü\n"x".yaml'), 'utf8')).toBe('two\n');
      expect(readFileSync(join(given, 'deploy/empty.yaml'), 'utf8')).toBe('');
      expect([...readFileSync(join(given, 'deploy/binary'))]).toEqual([0, 10, 255, 10]);
      expect(readFileSync(join(given, 'other.yaml'), 'utf8')).toHaveLength(300_000);
      expect(existsSync(join(given, 'deploy/link.yaml'))).toBe(false);
    });
    expect(existsSync(folder)).toBe(false);
    expect(readFileSync(join(repository, 'deploy/web.yaml'), 'utf8')).toBe('changed\n');
    expect(git('status', '--porcelain').trim()).toBe('M deploy/web.yaml');
  });

  it.each<[string, string[], string[]]>([
    ['a folder', ['deploy/a b'], ['deploy']],
    ['a file', ['other.yaml'], ['other.yaml']],
    ['what is not there', ['nothing'], []],
  ])('are only those below %s', async (_, paths, expected) => {
    const there = await withRevision({ revision: 'HEAD', cwd: repository, paths }, async (folder) =>
      readdirSync(folder),
    );
    expect(there).toEqual(expected);
  });

  it('count from the folder that is asked from', async () => {
    const asked = { revision: 'HEAD', cwd: join(repository, 'deploy'), paths: ['web.yaml'] };
    expect(await withRevision(asked, async (folder) => readdirSync(folder))).toEqual(['web.yaml']);
  });

  it('are not had from elsewhere', async () => {
    const asked = { revision: 'HEAD', cwd: join(repository, 'deploy'), paths: ['../other.yaml'] };
    await expect(withRevision(asked, async () => 0)).rejects.toThrow('../other.yaml is not in this folder');
  });

  it.each([
    ['HEAD', true],
    ['HEAD~5', false],
    ['--output=/tmp/x', false],
    ['no such', false],
  ])('%s is a revision: %s', async (name, expected) => {
    expect(await isRevision(name, repository)).toBe(expected);
  });

  it('outside of a repository is none', async () => {
    expect(await isRevision('HEAD', tmpdir())).toBe(false);
  });
});
