import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isTelling, LogFile } from './log-file.ts';
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
  // A file that is renamed while a folder is listed may be missing from the list: not from two.
  const names = new Set([...(await namesIn(folder)), ...(await namesIn(folder))]);
  const found: Sibling[] = [];
  for (const other of names) {
    const named = other.startsWith(`${name}.`) || other.startsWith(`${name}-`);
    const timed = other.startsWith(`${stem}-`) && rotationTime.test(other);
    if (!named && !timed) continue;
    // What is being compressed stands beside what it is made of.
    const plain = other.replace(/\.(?:gz|zst)$/, '');
    if (plain !== other && names.has(plain)) continue;
    const sibling = join(folder, other);
    const modified = await lastChange(sibling);
    if (modified !== undefined) found.push({ path: sibling, modified });
  }
  return found.sort(byRotation);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

/** In milliseconds since 1970; undefined for what is no file. */
async function lastChange(path: string): Promise<number | undefined> {
  for (const name of namesOf(path)) {
    const stats = await stat(name).catch(() => undefined);
    if (stats !== undefined) return stats.isFile() ? stats.mtimeMs : undefined;
  }
  return undefined;
}

/** A rotated file may be compressed between one look and the next. */
function namesOf(path: string): readonly string[] {
  return [path, `${path}.gz`, `${path}.zst`];
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
    // Rotated while we looked: it and what follows are for when it was read.
    if (isSame(file, current) || (await isCopyOf(file, current))) {
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

/** What `current` has become when it was compressed. */
async function isCopyOf(file: LogFile, current: LogFile): Promise<boolean> {
  if (current.compression !== undefined || !current.isRegular) return false;
  const begin = await current.fingerprint(await current.size());
  return begin !== undefined && isTelling(begin) && file.begins(begin);
}

function isSame(a: LogFile, b: LogFile): boolean {
  return a.inode === b.inode && a.device === b.device;
}

async function openRotated(path: string): Promise<LogFile | undefined> {
  for (const name of namesOf(path)) {
    const file = await LogFile.open(name).catch(() => undefined);
    if (file !== undefined) return file;
  }
  return undefined;
}

/**
 * Whether a position is one in this file: by its beginning or, where too little of that was read to tell, by its inode,
 * which may be used again for another file.
 */
export async function isOf(file: LogFile, { file: was, fingerprint }: Position): Promise<boolean> {
  const isSameInode = was !== undefined && file.inode === was.inode && file.device === was.device;
  if (fingerprint === undefined) return isSameInode;
  return (isSameInode || isTelling(fingerprint)) && file.begins(fingerprint);
}
