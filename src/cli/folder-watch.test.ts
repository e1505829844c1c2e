import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderWatch } from './folder-watch.ts';

describe('a watch of folders', () => {
  let folder = '';
  let watch: FolderWatch | undefined;
  let told: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulwark-folders-'));
    for (const name of ['a/b', 'c', 'out', '.git']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, '.gitignore'), 'out/\nskip.yaml\n');
    told = [];
  });
  afterEach(async () => {
    await watch?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function follow(root: string, maxFolders?: number): Promise<void> {
    watch = new FolderWatch({
      file: (path) => told.push(basename(path)),
      folderGone: (path) => told.push(`gone ${basename(path)}`),
      problem: (text) => told.push(text.replace(folder, '')),
      ...(maxFolders !== undefined && { maxFolders }),
    });
    await watch.add(root);
  }

  async function heard(sign: string): Promise<readonly string[]> {
    for (const end = Date.now() + 5000; !told.includes(sign); ) {
      if (Date.now() > end) throw new Error(`${sign} was not told, but ${told.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return told.splice(0);
  }

  it('tells nothing of what is left out', async () => {
    await follow(folder);
    writeFileSync(join(folder, 'out/x.yaml'), '');
    writeFileSync(join(folder, '.git/x.yaml'), '');
    writeFileSync(join(folder, 'a/skip.yaml'), '');
    writeFileSync(join(folder, 'a/b/y.yaml'), '');
    expect(new Set(await heard('y.yaml'))).toEqual(new Set(['y.yaml']));
  });

  it('follows what is brought back', async () => {
    await follow(folder);
    writeFileSync(join(folder, '.gitignore'), '');
    await heard('.gitignore');
    await new Promise((resolve) => setTimeout(resolve, 50));
    writeFileSync(join(folder, 'out/x.yaml'), '');
    expect(await heard('x.yaml')).toContain('x.yaml');
  });

  it('follows a folder that is replaced by another, the one that was named as well', async () => {
    await follow(join(folder, 'a'));
    for (const round of ['one', 'two']) {
      const fresh = join(folder, `fresh-${round}`);
      mkdirSync(join(fresh, 'b'), { recursive: true });
      writeFileSync(join(fresh, 'b', `${round}.yaml`), '');
      rmSync(join(folder, 'a'), { recursive: true });
      renameSync(fresh, join(folder, 'a'));
      expect(await heard(`${round}.yaml`)).toContain('gone a');
    }
  });

  it('follows a file, and nothing beside it', async () => {
    writeFileSync(join(folder, 'c/one.yaml'), '');
    await follow(join(folder, 'c/one.yaml'));
    writeFileSync(join(folder, 'c/two.yaml'), '');
    for (const _ of [1, 2]) {
      writeFileSync(join(folder, 'c/one.tmp'), 'x');
      renameSync(join(folder, 'c/one.tmp'), join(folder, 'c/one.yaml'));
      expect(new Set(await heard('one.yaml'))).toEqual(new Set(['one.yaml']));
    }
  });

  it('says once that there are more folders than it follows', async () => {
    await follow(folder, 2);
    expect(told).toEqual([expect.stringMatching(/^only 2 folders are followed: not /)]);
  });
});
