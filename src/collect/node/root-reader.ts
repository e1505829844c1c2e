import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import type { FileType } from '../../model/node.ts';
import { type FileProblem, problemOf } from './file-problem.ts';

/**
 * Opens a name without opening what it stands for: a device, pipe or link is only looked at. Linux; elsewhere there is
 * no such flag, and a folder is named by its path again at each step.
 */
const pathOnly = process.platform === 'linux' ? 0o10000000 : undefined;

/** As many as Linux follows on the way to one file (path_resolution(7)). */
const maxLinks = 40;
/** Folders held open at a time. */
const maxOpen = 200;
/** Names of one folder that are looked at. */
export const maxEntries = 20_000;

export interface Seen {
  /** Absolute below the root, without links on the way. */
  readonly path: string;
  readonly type: FileType;
  readonly stats: Stats;
  readonly target?: string;
}

export type Opened = { readonly text: Buffer } | { readonly problem: FileProblem };

/** Links, folders and the file that a path leads through, in that order; `problem` where it leads nowhere. */
export interface Way {
  readonly seen: readonly Seen[];
  /** What the path comes to in the end, links followed. */
  readonly end?: Seen;
  readonly problem?: FileProblem;
  /** The problem is in where a link leads. */
  readonly dangles?: true;
}

export interface Listing {
  readonly names: readonly string[];
  /** Names that are not UTF-8, escaped; they cannot be asked for again. */
  readonly undecodable: readonly string[];
  readonly truncated: boolean;
}

/**
 * Reads below one folder and never outside it. A path is walked name by name, each looked up in the folder that was
 * opened before it, so that a link swapped in meanwhile leads nowhere else. Absolute links are relative to the root.
 * What `..` does at the root is for the caller to say: a system's own root stays where it is, and out of an unpacked
 * one no link has business to climb.
 */
export class RootReader {
  private readonly root: string;
  private readonly rootFd: number | undefined;
  private readonly above: 'stay' | 'refuse';
  /** Open folders by path below the root; the least recently used is closed first. */
  private readonly open = new Map<string, number>();

  /** Throws the system's error where `root` is no folder. A link to the root itself is followed: the user named it. */
  constructor(root: string, above: 'stay' | 'refuse') {
    this.above = above;
    this.root = root.endsWith('/') ? root : `${root}/`;
    this.rootFd = pathOnly === undefined ? undefined : openSync(this.root, pathOnly | constants.O_DIRECTORY);
    if (pathOnly === undefined && !lstatSync(this.root).isDirectory()) throw new Error(`${root} is not a folder`);
  }

  close(): void {
    for (const fd of this.open.values()) closeSync(fd);
    this.open.clear();
    if (this.rootFd !== undefined) closeSync(this.rootFd);
  }

  /** Everything on the way to `path`, which is absolute below the root. Never throws. */
  walk(path: string): Way {
    const seen: Seen[] = [];
    const left = path.split('/').reverse();
    let folders: string[] = [];
    let links = 0;
    // How many names were left after the link whose target is being walked.
    let afterLink = Number.POSITIVE_INFINITY;
    const fail = (problem: FileProblem): Way => ({ seen, problem, ...(left.length >= afterLink && { dangles: true }) });
    try {
      let end = this.look([]);
      seen.push(end);
      while (left.length > 0) {
        const name = left.pop() as string;
        if (name === '' || name === '.') continue;
        if (end.type !== 'directory') return fail({ kind: 'absent', reason: 'not a folder on the way' });
        if (name === '..') {
          if (folders.length === 0 && this.above === 'refuse') {
            return fail({ kind: 'outside', reason: 'leads outside the root' });
          }
          folders = folders.slice(0, -1);
          end = this.look(folders);
          continue;
        }
        const here = this.look([...folders, name]);
        seen.push(here);
        if (here.target === undefined) {
          folders = [...folders, name];
          end = here;
          continue;
        }
        links += 1;
        if (links > maxLinks) return fail({ kind: 'unreadable', reason: 'too many links' });
        afterLink = Math.min(afterLink, left.length);
        left.push(...here.target.split('/').reverse());
        if (here.target.startsWith('/')) {
          folders = [];
          end = this.look([]);
        }
      }
      return { seen, end };
    } catch (error) {
      return fail(problemOf(error));
    }
  }

  /** The content of a regular file that `walk` ended at. Anything else is not opened. */
  read(file: Seen, maxBytes: number): Opened {
    let looked: number | undefined;
    let fd: number | undefined;
    try {
      const place = this.place(namesOf(file.path));
      const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
      if (pathOnly === undefined) {
        if (!lstatSync(place).isFile()) return notRegular;
        fd = openSync(place, flags);
      } else {
        looked = openSync(place, pathOnly | constants.O_NOFOLLOW);
        if (!fstatSync(looked).isFile()) return notRegular;
        // The same file, opened in earnest: its entry in /proc is a link, and followed.
        fd = openSync(`/proc/self/fd/${looked}`, flags & ~constants.O_NOFOLLOW);
      }
      const stats = fstatSync(fd);
      if (!stats.isFile()) return notRegular;
      return readAll(fd, stats.size, maxBytes);
    } catch (error) {
      return { problem: problemOf(error) };
    } finally {
      if (fd !== undefined) closeSync(fd);
      if (looked !== undefined) closeSync(looked);
    }
  }

  /** The names in a folder that `walk` ended at, sorted. */
  list(folder: Seen): Listing | { readonly problem: FileProblem } {
    try {
      const entries = readdirSync(this.inside(namesOf(folder.path)), { encoding: 'buffer' });
      const names: string[] = [];
      const undecodable: string[] = [];
      for (const entry of entries.slice(0, maxEntries)) {
        const name = entry.toString('utf8');
        if (Buffer.from(name, 'utf8').equals(entry)) names.push(name);
        else undecodable.push(entry.toString('latin1').replace(/[^ -~]/g, escapeByte));
      }
      return { names: names.sort(), undecodable: undecodable.sort(), truncated: entries.length > maxEntries };
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }

  private look(names: readonly string[]): Seen {
    const place = names.length === 0 ? this.inside(names) : this.place(names);
    const stats = lstatSync(place);
    const path = `/${names.join('/')}`;
    const type = typeOf(stats);
    return type === 'symlink' ? { path, type, stats, target: readlinkSync(place) } : { path, type, stats };
  }

  /** A path for a system call whose last name alone is still looked up. */
  private place(names: readonly string[]): string {
    if (this.rootFd === undefined) return this.root + names.join('/');
    return `/proc/self/fd/${this.folder(names.slice(0, -1))}/${names.at(-1)}`;
  }

  /** A path that stands for a folder itself, with no name left that could be a link. */
  private inside(names: readonly string[]): string {
    return this.rootFd === undefined ? `${this.root}${names.join('/')}/.` : `/proc/self/fd/${this.folder(names)}/.`;
  }

  private folder(names: readonly string[]): number {
    if (names.length === 0) return this.rootFd as number;
    const path = names.join('/');
    const known = this.open.get(path);
    if (known !== undefined) {
      this.open.delete(path);
      this.open.set(path, known);
      return known;
    }
    const parent = this.folder(names.slice(0, -1));
    const flags = (pathOnly ?? 0) | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const fd = openSync(`/proc/self/fd/${parent}/${names.at(-1)}`, flags);
    if (this.open.size >= maxOpen) this.closeOldest();
    this.open.set(path, fd);
    return fd;
  }

  private closeOldest(): void {
    for (const [path, fd] of this.open) {
      closeSync(fd);
      this.open.delete(path);
      return;
    }
  }
}

const notRegular: Opened = { problem: { kind: 'special', reason: 'not a regular file' } };

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function typeOf(stats: Stats): FileType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  return stats.isSocket() ? 'socket' : 'other';
}

/** Grows with what arrives: files of /proc have no size, and a log may grow while it is read. */
function readAll(fd: number, size: number, maxBytes: number): Opened {
  if (size > maxBytes) return tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  while (true) {
    const chunk = Buffer.allocUnsafe(Math.max(size - length + 1, 4096));
    const count = readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) return { text: Buffer.concat(chunks, length) };
    chunks.push(chunk.subarray(0, count));
    length += count;
    if (length > maxBytes) return tooLarge(maxBytes);
  }
}

function tooLarge(maxBytes: number): Opened {
  return { problem: { kind: 'too-large', reason: `larger than ${Math.floor(maxBytes / 1024 / 1024)} MiB` } };
}
