import type { FileEvidence } from '../../model/node.ts';

const maxLinks = 40;

/** Files that were collected, by path, links followed as they were then. */
export class FileTree {
  private readonly files = new Map<string, FileEvidence>();
  private folders: Map<string, string[]> | undefined;

  constructor(files: readonly FileEvidence[]) {
    for (const file of files) this.files.set(file.path, file);
  }

  /** The file that `path` comes to; undefined where none was found there. */
  find(path: string): FileEvidence | undefined {
    const left = path.split('/').reverse();
    let at: string[] = [];
    let links = 0;
    while (left.length > 0) {
      const name = left.pop() as string;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        at.pop();
        continue;
      }
      const file = this.files.get(`/${[...at, name].join('/')}`);
      if (file?.target === undefined) {
        at.push(name);
        continue;
      }
      links += 1;
      if (links > maxLinks) return undefined;
      left.push(...file.target.split('/').reverse());
      if (file.target.startsWith('/')) at = [];
    }
    return this.files.get(`/${at.join('/')}`);
  }

  all(): readonly FileEvidence[] {
    return [...this.files.values()];
  }

  has(path: string): boolean {
    return this.find(path) !== undefined;
  }

  read(path: string): string | undefined {
    return this.find(path)?.text;
  }

  list(path: string): readonly string[] {
    const folder = this.find(path);
    return folder?.type === 'directory' ? (this.children().get(folder.path) ?? []) : [];
  }

  private children(): ReadonlyMap<string, string[]> {
    if (this.folders !== undefined) return this.folders;
    const folders = new Map<string, string[]>();
    for (const path of this.files.keys()) {
      if (path === '/') continue;
      const slash = path.lastIndexOf('/');
      const folder = path.slice(0, slash) || '/';
      const names = folders.get(folder);
      if (names === undefined) folders.set(folder, [path.slice(slash + 1)]);
      else names.push(path.slice(slash + 1));
    }
    for (const names of folders.values()) names.sort();
    this.folders = folders;
    return folders;
  }
}
