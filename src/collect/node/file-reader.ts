import type { FileType } from '../../model/node.ts';
import { type FileProblem, problemOf } from './file-problem.ts';

/** As many as Linux follows on the way to one file (path_resolution(7)). */
const maxLinks = 40;
/** Names of one folder that are looked at. */
export const maxEntries = 20_000;

/** What lstat(2) says of a file, as far as it is kept. */
export interface FileStats {
  /** With the bits of the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
}

export interface Seen {
  /** Absolute below the root, without links on the way. */
  readonly path: string;
  readonly type: FileType;
  readonly stats: FileStats;
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
  /** Whether names were left out that hold a line break, which the lists of a bundle cannot. */
  readonly leftOut?: true;
}

/** Bytes of the file system that holds a file. */
export interface Space {
  readonly total: number;
  /** For users other than root. */
  readonly available: number;
}

/** The files below one root: of a disk, or of a bundle. None of these throws. */
export interface FileReader {
  /** Everything on the way to `path`, which is absolute below the root. */
  walk(path: string): Way;
  /** The content of a regular file that `walk` ended at. Anything else is not opened. */
  read(file: Seen, maxBytes: number): Opened;
  /** The names in a folder that `walk` ended at, sorted. */
  list(folder: Seen): Listing | { readonly problem: FileProblem };
  /** Undefined where it cannot be told. */
  space(file: Seen): Space | undefined;
  close(): void;
}

export interface WalkOptions {
  /** What is at the path of these names, links on the way already followed. May throw a system call's error. */
  readonly look: (names: readonly string[]) => Seen | { readonly problem: FileProblem };
  /** What `..` does at the root: a system's own stays where it is, and no link has business to climb out of another. */
  readonly above: 'stay' | 'refuse';
}

/** Walks `path` name by name as the kernel does, absolute links relative to the root. */
export function walkPath(path: string, { look, above: atTop }: WalkOptions): Way {
  const seen: Seen[] = [];
  const left = path.split('/').reverse();
  let folders: string[] = [];
  let links = 0;
  // How many names were left after the link whose target is being walked.
  let afterLink = Number.POSITIVE_INFINITY;
  const fail = (problem: FileProblem): Way => ({ seen, problem, ...(left.length >= afterLink && { dangles: true }) });
  try {
    const top = look([]);
    if ('problem' in top) return fail(top.problem);
    let end = top;
    seen.push(end);
    while (left.length > 0) {
      const name = left.pop() as string;
      if (name === '' || name === '.') continue;
      if (end.type !== 'directory') return fail({ kind: 'absent', reason: 'not a folder on the way' });
      if (name === '..') {
        if (folders.length === 0 && atTop === 'refuse') {
          return fail({ kind: 'outside', reason: 'leads outside the root' });
        }
        folders = folders.slice(0, -1);
        const above = look(folders);
        if ('problem' in above) return fail(above.problem);
        end = above;
        continue;
      }
      const here = look([...folders, name]);
      if ('problem' in here) return fail(here.problem);
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
        end = top;
      }
    }
    return { seen, end };
  } catch (error) {
    return fail(problemOf(error));
  }
}

export function tooLarge(maxBytes: number): Opened {
  return { problem: { kind: 'too-large', reason: `larger than ${Math.floor(maxBytes / 1024 / 1024)} MiB` } };
}

export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

/** A name of bytes that are not UTF-8, for people. */
export function escapeName(name: Buffer): string {
  return name
    .toString('latin1')
    .replace(/[^ -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
