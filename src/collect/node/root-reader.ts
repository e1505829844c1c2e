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
  statfsSync,
} from 'node:fs';
import type { FileType } from '../../model/node.ts';
import { type FileProblem, problemOf } from './file-problem.ts';
import {
  escapeName,
  type FileReader,
  type Listing,
  maxEntries,
  namesOf,
  type Opened,
  type Seen,
  type Space,
  tooLarge,
  type Way,
  walkPath,
} from './file-reader.ts';

/**
 * Opens a name without opening what it stands for: a device, pipe or link is only looked at. Linux; elsewhere there is
 * no such flag, and a folder is named by its path again at each step.
 */
const pathOnly = process.platform === 'linux' ? 0o10000000 : undefined;

/** Folders held open at a time. */
const maxOpen = 200;
/**
 * Reads below one folder and never outside it. A path is walked name by name, each looked up in the folder that was
 * opened before it, so that a link swapped in meanwhile leads nowhere else. Absolute links are relative to the root.
 * What `..` does at the root is for the caller to say: a system's own root stays where it is, and out of an unpacked
 * one no link has business to climb.
 */
export class RootReader implements FileReader {
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

  walk(path: string): Way {
    return walkPath(path, { look: (names) => this.look(names), above: this.above });
  }

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

  list(folder: Seen): Listing | { readonly problem: FileProblem } {
    try {
      const entries = readdirSync(this.inside(namesOf(folder.path)), { encoding: 'buffer' });
      const names: string[] = [];
      const undecodable: string[] = [];
      for (const entry of entries.slice(0, maxEntries)) {
        const name = entry.toString('utf8');
        if (Buffer.from(name, 'utf8').equals(entry)) names.push(name);
        else undecodable.push(escapeName(entry));
      }
      return { names: names.sort(), undecodable: undecodable.sort(), truncated: entries.length > maxEntries };
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }

  space(file: Seen): Space | undefined {
    try {
      const names = namesOf(file.path);
      const { bsize, blocks, bavail } = statfsSync(file.type === 'directory' ? this.inside(names) : this.place(names));
      return { total: blocks * bsize, available: bavail * bsize };
    } catch {
      return undefined;
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
