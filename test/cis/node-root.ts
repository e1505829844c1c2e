import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FileStat {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The files of a node, as an independent reader of the benchmark sees them. */
export interface NodeRoot {
  /** Text of a file; undefined where there is none. */
  read(path: string): string | undefined;
  stat(path: string): FileStat | undefined;
  /** Paths directly in a folder, in lexical order. */
  list(folder: string): readonly string[];
}

/** A node's file system under a folder. */
export function rootAt(folder: string): NodeRoot {
  return {
    read: (path) => attempt(() => readFileSync(join(folder, path), 'utf8')),
    stat: (path) =>
      attempt(() => {
        const { mode, uid, gid } = lstatSync(join(folder, path));
        return { path, mode: mode & 0o777, uid, gid };
      }),
    list: (path) => (attempt(() => readdirSync(join(folder, path))) ?? []).sort().map((name) => join(path, name)),
  };
}

/** Files of `paths`, where a last step `*` stands for those in a folder and `**` for all below it. */
export function matching(root: NodeRoot, paths: readonly string[]): readonly FileStat[] {
  const found = paths.flatMap((path) => {
    if (path.endsWith('/**')) return below(root, path.slice(0, -3));
    if (path.endsWith('/*')) return root.list(path.slice(0, -2));
    return [path.replace(/\/$/, '')];
  });
  return found.flatMap((path) => root.stat(path) ?? []);
}

function below(root: NodeRoot, folder: string): readonly string[] {
  return root.list(folder).flatMap((path) => [path, ...below(root, path)]);
}

/** The number that the node's own user or group file has for a name; root needs no file. */
export function idOf(root: NodeRoot, file: '/etc/passwd' | '/etc/group', name: string): number | undefined {
  const line = (root.read(file) ?? '').split('\n').find((each) => each.startsWith(`${name}:`));
  if (line === undefined) return name === 'root' ? 0 : undefined;
  return Number(line.split(':')[2]);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
