import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import picomatch from 'picomatch';
import type { Gap } from '../../model/snapshot.ts';
import { IgnoreRules, neverWalked } from './ignore-rules.ts';

export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** As the user would write it: relative to the working directory where it is below it, with forward slashes. */
  readonly name: string;
  /** Named by itself or by a glob, rather than met in a folder. */
  readonly isNamed: boolean;
}

export interface FoundFiles {
  /** Sorted by name, each file once. */
  readonly files: readonly FoundFile[];
  readonly gaps: readonly Gap[];
}

const manifestName = /\.(?:ya?ml|json)$/i;

/**
 * The files that paths stand for: a file is itself, a folder every YAML and JSON file below it that is not ignored, a
 * glob that no file is named like what it matches. A link to a file is read. Links to folders are not followed: one
 * that stays inside leads to what is read anyway, and one that leads out was not asked for.
 */
export async function findFiles(paths: readonly string[], cwd: string): Promise<FoundFiles> {
  const finder = new Finder(cwd);
  for (const path of paths) await finder.add(path);
  return finder.found();
}

/** `path` (absolute) as the user would write it. */
export function displayName(path: string, cwd: string): string {
  const below = relative(cwd, path);
  const inside = below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
  const name = inside ? below : path;
  return (name === '' ? '.' : name).split(sep).join('/');
}

class Finder {
  private readonly cwd: string;
  private readonly files = new Map<string, FoundFile>();
  private readonly links: FoundFile[] = [];
  private readonly gaps: Gap[] = [];

  constructor(cwd: string) {
    this.cwd = cwd;
  }

  async found(): Promise<FoundFiles> {
    // A link is left out where the file that it leads to is read by its own name.
    const targets = new Set<string>();
    if (this.links.length > 0)
      for (const path of this.files.keys()) targets.add(await realpath(path).catch(() => path));
    for (const link of this.links) {
      const target = await realpath(link.path).catch(() => link.path);
      if (targets.has(target)) continue;
      targets.add(target);
      this.files.set(link.path, link);
    }
    const files = [...this.files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { files, gaps: this.gaps };
  }

  async add(path: string): Promise<void> {
    const absolute = resolve(this.cwd, path);
    const info = await stat(absolute).catch((error: NodeJS.ErrnoException) => error);
    if (!(info instanceof Error)) {
      if (info.isDirectory()) await this.walk(absolute, await IgnoreRules.of(absolute));
      else this.file(absolute, { isNamed: true });
      return;
    }
    if (info.code === 'ENOENT' && picomatch.scan(path).isGlob) await this.glob(path);
    else this.gap(absolute, reasonOf(info));
  }

  private async glob(pattern: string): Promise<void> {
    const { base, glob } = picomatch.scan(pattern.split(sep).join('/'));
    const root = resolve(this.cwd, base);
    const matches = picomatch(glob, { dot: true });
    let matched = false;
    const visit = async (folder: string, prefix: string): Promise<void> => {
      for (const entry of await this.list(folder)) {
        const path = join(folder, entry.name);
        const name = `${prefix}${entry.name}`;
        const isFolder = entry.isDirectory();
        if (isFolder && neverWalked.has(entry.name)) continue;
        if (matches(name)) {
          matched = true;
          if (isFolder) await this.walk(path, await IgnoreRules.of(path));
          else if (entry.isFile() || (entry.isSymbolicLink() && !(await isFolderLink(entry, path)))) {
            this.file(path, { isNamed: true });
          }
        } else if (isFolder) await visit(path, `${name}/`);
      }
    };
    if (await stat(root).catch(() => undefined)) await visit(root, '');
    if (!matched) this.gap(resolve(this.cwd, pattern), 'no such file, and as a pattern it matches none');
  }

  private async walk(folder: string, rules: IgnoreRules): Promise<void> {
    for (const entry of await this.list(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (neverWalked.has(entry.name) || rules.ignores(`${entry.name}/`)) continue;
        await this.walk(path, await IgnoreRules.of(path, { rules, name: entry.name }));
        continue;
      }
      if (!manifestName.test(entry.name) && entry.name !== 'Kustomization') continue;
      if (rules.ignores(entry.name)) continue;
      if (entry.isSymbolicLink()) await this.link(path);
      else if (entry.isFile()) this.file(path, { isNamed: false });
    }
  }

  private async link(path: string): Promise<void> {
    const info = await stat(path).catch((error: NodeJS.ErrnoException) => error);
    if (info instanceof Error) this.gap(path, `a link that cannot be followed: ${reasonOf(info)}`);
    else if (info.isFile()) this.links.push({ path, name: displayName(path, this.cwd), isNamed: false });
  }

  private file(path: string, { isNamed }: { readonly isNamed: boolean }): void {
    if (this.files.get(path)?.isNamed) return;
    this.files.set(path, { path, name: displayName(path, this.cwd), isNamed });
  }

  private async list(folder: string): Promise<Dirent[]> {
    try {
      return await readdir(folder, { withFileTypes: true });
    } catch (error) {
      this.gap(folder, reasonOf(error as NodeJS.ErrnoException));
      return [];
    }
  }

  private gap(path: string, reason: string): void {
    this.gaps.push({ code: 'unreadable', what: displayName(path, this.cwd), reason });
  }
}

async function isFolderLink(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  const info = await stat(path).catch(() => undefined);
  return info?.isDirectory() ?? false;
}

const reasons = new Map<string | undefined, string>([
  ['ENOENT', 'no such file or folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ELOOP', 'too many links'],
  ['EISDIR', 'it is a folder'],
  ['ENAMETOOLONG', 'the name is too long'],
]);

/** What the system said, in words. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  return reasons.get(error.code) ?? error.message;
}
