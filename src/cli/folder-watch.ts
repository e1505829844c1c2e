import { type Dirent, type FSWatcher, watch } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { IgnoreRules, neverWalked } from '../collect/manifests/ignore-rules.ts';

/** What a watch tells: a file that came, changed or went, or a folder that went with all that was in it. */
export interface FolderWatchOptions {
  readonly file: (path: string) => void;
  readonly folderGone: (path: string) => void;
  /** What is not followed, and why. */
  readonly problem: (text: string) => void;
  /** Folders that are followed at most: each takes a watch of the system's, of which it has only so many. */
  readonly maxFolders?: number;
}

/**
 * Follows files and folders, folder by folder. Node's recursive watch follows files, and goes deaf for one that an
 * editor or git replaces by renaming another over it; a folder tells of whatever has a name in it. What
 * `.gitignore` and `.bulwarkignore` leave out is not followed. Paths are absolute.
 */
export class FolderWatch {
  private readonly options: FolderWatchOptions;
  private readonly maxFolders: number;
  private readonly followed = new Map<string, { readonly watcher: FSWatcher; readonly rules: IgnoreRules }>();
  /** Of folders that hold what was named: they tell when that is replaced as a whole. */
  private readonly above: FSWatcher[] = [];
  private working: Promise<void> = Promise.resolve();
  private isFull = false;
  private closed = false;

  constructor(options: FolderWatchOptions) {
    this.options = options;
    this.maxFolders = options.maxFolders ?? 8192;
  }

  /** Throws what the system says where a path cannot be followed. */
  async add(root: string): Promise<void> {
    const isFolder = (await stat(root)).isDirectory();
    if (isFolder) await this.follow(root, await IgnoreRules.of(root), { files: 'known' });
    if (dirname(root) === root) return;
    const watcher = watch(dirname(root), (event, name) => {
      if (name !== basename(root)) return;
      if (!isFolder) this.options.file(root);
      else if (event === 'rename') this.queue(() => this.replaced(root, () => IgnoreRules.of(root)));
    });
    watcher.on('error', () => watcher.close());
    this.above.push(watcher);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const watcher of this.above) watcher.close();
    for (const { watcher } of this.followed.values()) watcher.close();
    this.followed.clear();
    await this.working;
  }

  /** Follows a folder and those below it. Files of one that is new may have been written before anyone looked. */
  private async follow(folder: string, rules: IgnoreRules, { files }: { files: 'known' | 'new' }): Promise<void> {
    if (this.closed || this.followed.has(folder)) return;
    if (this.followed.size >= this.maxFolders) {
      if (!this.isFull) this.options.problem(`only ${this.maxFolders} folders are followed: not ${folder}`);
      this.isFull = true;
      return;
    }
    const watcher = watch(folder, (event, name) => {
      if (name !== null) this.heard(folder, name, event);
    });
    watcher.on('error', () => this.drop(folder));
    this.followed.set(folder, { watcher, rules });
    for (const entry of await listed(folder)) {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) {
        if (files === 'new' && !rules.ignores(entry.name)) this.options.file(path);
        continue;
      }
      if (neverWalked.has(entry.name) || rules.ignores(`${entry.name}/`)) continue;
      await this.follow(path, await IgnoreRules.of(path, { rules, name: entry.name }), { files });
    }
  }

  private heard(folder: string, name: string, event: string): void {
    const known = this.followed.get(folder);
    if (this.closed || known === undefined) return;
    const path = join(folder, name);
    const { rules } = known;
    if (name === '.gitignore' || name === '.bulwarkignore') {
      this.options.file(path);
      this.queue(() => this.followAnew(folder));
      return;
    }
    if (event === 'rename' && !neverWalked.has(name)) {
      if (this.followed.has(path) || !rules.ignores(`${name}/`)) {
        this.queue(() => this.replaced(path, () => IgnoreRules.of(path, { rules, name })));
      }
    }
    if (!rules.ignores(name) && !this.followed.has(path)) this.options.file(path);
  }

  /** Something else goes by a name: a folder is followed anew, since the watch of the former follows that. */
  private async replaced(path: string, rulesOf: () => Promise<IgnoreRules>): Promise<void> {
    const info = await lstat(path).catch(() => undefined);
    if (this.followed.has(path)) {
      this.drop(path);
      this.options.folderGone(path);
    }
    if (info?.isDirectory()) await this.follow(path, await rulesOf(), { files: 'new' });
  }

  /** Other folders are left out than before. */
  private async followAnew(folder: string): Promise<void> {
    const roots = [...this.followed.keys()].filter((path) => isWithin(folder, path));
    const root = roots.reduce((top, path) => (path.length < top.length ? path : top), folder);
    this.drop(root);
    await this.follow(root, await IgnoreRules.of(root), { files: 'known' });
  }

  private drop(folder: string): void {
    for (const [path, { watcher }] of this.followed) {
      if (!isWithin(path, folder)) continue;
      watcher.close();
      this.followed.delete(path);
    }
    this.isFull = false;
  }

  /** One after the other, so that no folder is followed twice. */
  private queue(work: () => Promise<void>): void {
    this.working = this.working.then(work).catch((error: unknown) => {
      this.options.problem(error instanceof Error ? error.message : String(error));
    });
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/** Nothing for a folder that is gone again, or may not be read: the scan tells of that. */
async function listed(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}
