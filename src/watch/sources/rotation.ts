import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { LogFile } from './log-file.ts';
import type { Position } from './source.ts';

interface Sibling {
  readonly path: string;
  readonly modified: number;
}

/** What the API server puts into the name of a log that it rotates. */
const rotationTime = /-(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3})/;

/**
 * The rotated files of the log at `path`, oldest first: `audit-2026-11-20T20-06-05.000.log` as the API server names
 * them, `audit.log.1` and `audit.log-20261120` as logrotate does, compressed or not.
 */
async function siblingsOf(path: string): Promise<readonly Sibling[]> {
  const folder = dirname(path);
  const name = basename(path);
  const stem = basename(path, extname(path));
  const names = await readdir(folder).catch(() => []);
  const known = new Set(names);
  const found: Sibling[] = [];
  for (const other of names) {
    const named = other.startsWith(`${name}.`) || other.startsWith(`${name}-`);
    const timed = other.startsWith(`${stem}-`) && rotationTime.test(other);
    if (!named && !timed) continue;
    // What is being compressed stands beside what it is made of.
    const plain = other.replace(/\.(?:gz|zst)$/, '');
    if (plain !== other && known.has(plain)) continue;
    const path = join(folder, other);
    const stats = await stat(path, { bigint: true }).catch(() => undefined);
    if (stats?.isFile() === true) found.push({ path, modified: Number(stats.mtimeNs) / 1e6 });
  }
  return found.sort(byRotation);
}

/** By the time in the name: compressing a file makes it look new. */
function byRotation(a: Sibling, b: Sibling): number {
  const [, first] = rotationTime.exec(basename(a.path)) ?? [];
  const [, second] = rotationTime.exec(basename(b.path)) ?? [];
  if (first !== undefined && second !== undefined && first !== second) return first < second ? -1 : 1;
  return a.modified - b.modified || (a.path < b.path ? 1 : -1);
}

export interface Search {
  readonly at: Position;
  /** When the file of the position was last written to, where it was read to its end. */
  readonly drained: number | undefined;
  /** The file that is read after what is found. */
  readonly current: LogFile;
}

export interface Rotated {
  /** The file that was being read, under its new name. Undefined where it is gone. */
  readonly old: LogFile | undefined;
  /** What came between it and the current file, oldest first. */
  readonly later: readonly LogFile[];
}

/**
 * Finds where a position has gone. All files are opened at once: while one is read the others may be renamed again,
 * compressed or deleted. Where the file is gone that was read to its end, what changed later is new all the same.
 */
export async function findRotated(path: string, { at, drained, current }: Search): Promise<Rotated> {
  let old: LogFile | undefined;
  const later: LogFile[] = [];
  for (const { path: sibling, modified } of await siblingsOf(path)) {
    const file = await openRotated(sibling);
    if (file === undefined) continue;
    // It was rotated while we looked: it and what follows are for when it was read.
    if (file.inode === current.inode && file.device === current.device) {
      await file.handle.close();
      break;
    }
    if (old === undefined && (await isOf(file, at))) {
      old = file;
      for (const { handle } of later.splice(0)) await handle.close();
    } else if (old !== undefined || (drained !== undefined && modified > drained)) {
      later.push(file);
    } else {
      await file.handle.close();
    }
  }
  return { old, later };
}

/** It may have been compressed since it was listed. */
async function openRotated(path: string): Promise<LogFile | undefined> {
  for (const name of [path, `${path}.gz`, `${path}.zst`]) {
    const file = await LogFile.open(name).catch(() => undefined);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Whether a position is one in this file: by its beginning, or by its inode where it had none yet. */
export async function isOf(file: LogFile, { file: was, fingerprint }: Position): Promise<boolean> {
  if (fingerprint !== undefined) return file.begins(fingerprint);
  return was !== undefined && file.inode === was.inode && file.device === was.device;
}
