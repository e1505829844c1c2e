import type { FileType } from '../../../model/node.ts';
import type { FileProblem } from '../file-problem.ts';
import {
  escapeName,
  type FileReader,
  type Listing,
  maxEntries,
  type Opened,
  type Seen,
  type Space,
  tooLarge,
  type Way,
  walkPath,
} from '../file-reader.ts';

const types: ReadonlyMap<number, FileType> = new Map<number, FileType>([
  [0o10, 'file'],
  [0o04, 'directory'],
  [0o12, 'symlink'],
  [0o14, 'socket'],
]);

const gone: FileProblem = { kind: 'absent', reason: 'no such file or folder' };
const denied: FileProblem = { kind: 'unreadable', reason: 'permission denied' };
const uncollected: FileProblem = {
  kind: 'unreadable',
  reason: 'not in the bundle: what names it was not understood there',
};

/** How the text of a file fared on the node, as `node-script.ts` says it. */
const textProblems: ReadonlyMap<string, FileProblem> = new Map<string, FileProblem>([
  ['A', gone],
  ['D', gone],
  ['E', denied],
  [
    'W',
    { kind: 'malformed', reason: 'its secrets could not be told apart on the node: its text is not in the bundle' },
  ],
]);

/** The files of one mount namespace in a bundle, of which `part` gives the lists that the script wrote. */
export class BundleReader implements FileReader {
  private readonly seen = new Map<string, Seen>();
  private readonly missing = new Map<string, FileProblem>();
  private readonly listed = new Map<string, FolderNames>();
  private readonly texts = new Map<string, { readonly state: string; readonly number: string }>();
  private readonly spaces = new Map<string, Space>();
  private readonly part: (name: string) => Buffer | undefined;
  private readonly above: 'stay' | 'refuse';

  constructor(part: (name: string) => Buffer | undefined, above: 'stay' | 'refuse') {
    this.part = part;
    this.above = above;
    this.readStats();
    for (const line of this.lines('missing')) this.missing.set(line.slice(2), line.startsWith('E') ? denied : gone);
    for (const line of this.lines('texts')) {
      const [, state, number, path] = /^([A-Z]) (\d+) ([\s\S]*)$/.exec(line) ?? [];
      if (state !== undefined && number !== undefined && path !== undefined) this.texts.set(path, { state, number });
    }
    for (const line of this.lines('space')) {
      const [, size, total, available, path] = /^(\d+) (\d+) (\d+)\|([\s\S]*)$/.exec(line) ?? [];
      if (path === undefined) continue;
      this.spaces.set(path, { total: Number(total) * Number(size), available: Number(available) * Number(size) });
    }
    this.readFolders();
  }

  walk(path: string): Way {
    return walkPath(path, { look: (names) => this.look(`/${names.join('/')}`), above: this.above });
  }

  read(file: Seen, maxBytes: number): Opened {
    const text = this.texts.get(file.path);
    if (text === undefined) return { problem: uncollected };
    if (text.state === 'B' || file.stats.size > maxBytes) return tooLarge(maxBytes);
    const problem = textProblems.get(text.state);
    if (problem !== undefined) return { problem };
    const content = this.part(`text/${text.number}`);
    if (content === undefined) return { problem: uncollected };
    return content.length > maxBytes ? tooLarge(maxBytes) : { text: content };
  }

  list(folder: Seen): Listing | { readonly problem: FileProblem } {
    const names = this.listed.get(folder.path);
    if (names === undefined) return { problem: uncollected };
    if (names.problem !== undefined) return { problem: names.problem };
    return { ...names, names: names.names.sort(), undecodable: names.undecodable.sort() };
  }

  space(file: Seen): Space | undefined {
    return this.spaces.get(file.path);
  }

  close(): void {
    // It holds nothing open.
  }

  private look(path: string): Seen | { readonly problem: FileProblem } {
    const seen = this.seen.get(path);
    if (seen !== undefined) return seen;
    // Of what is no bundle, or broken off before the list of files, that is said once and not of every path.
    if (this.seen.size === 0) return { problem: gone };
    return { problem: this.missing.get(path) ?? uncollected };
  }

  /** `mode user group size seconds time|path`, the mode in hexadecimal; a link's target stands in a list of its own. */
  private readStats(): void {
    const targets = new Map<string, string>();
    const links = this.lines('links');
    for (let index = 0; index + 1 < links.length; index += 2) targets.set(links[index] ?? '', links[index + 1] ?? '');
    for (const line of this.lines('stat')) {
      const [, hex = '', uid, gid, size, seconds, time = '', path = ''] = statLine.exec(line) ?? [];
      const mode = Number.parseInt(hex, 16);
      const type = types.get(mode >> 12) ?? 'other';
      const target = targets.get(path);
      if (!path.startsWith('/') || this.seen.has(path) || (type === 'symlink' && target === undefined)) continue;
      const [, fraction = '0'] = /\.(\d+)/.exec(time) ?? [];
      const mtimeMs = Number(seconds) * 1000 + Math.floor(Number(`0.${fraction}`) * 1000);
      const stats = { mode, uid: Number(uid), gid: Number(gid), size: Number(size), mtimeMs };
      this.seen.set(
        path,
        type === 'symlink' && target !== undefined ? { path, type, stats, target } : { path, type, stats },
      );
    }
  }

  /** `D folder`, then `N path` of each entry; `X` for a name that no line can hold, `M` for more, `E` for denied. */
  private readFolders(): void {
    let folder: FolderNames | undefined;
    for (const bytes of linesOf(this.part('listed'))) {
      const line = bytes.toString('utf8');
      if (line.startsWith('D ')) {
        folder = { names: [], undecodable: [], truncated: false };
        this.listed.set(line.slice(2), folder);
      } else if (folder === undefined) continue;
      else if (line.startsWith('N ')) {
        const name = bytes.subarray(bytes.lastIndexOf(0x2f) + 1);
        const isText = Buffer.from(name.toString('utf8'), 'utf8').equals(name);
        if (!isText) folder.undecodable.push(escapeName(name));
        else if (folder.names.length < maxEntries) folder.names.push(name.toString('utf8'));
      } else if (line === 'X') folder.leftOut = true;
      else if (line === 'M') folder.truncated = true;
      else if (line === 'E') folder.problem = denied;
    }
  }

  private lines(name: string): string[] {
    return linesOf(this.part(name)).map((line) => line.toString('utf8'));
  }
}

interface FolderNames {
  readonly names: string[];
  readonly undecodable: string[];
  truncated: boolean;
  leftOut?: true;
  problem?: FileProblem;
}

const statLine = /^([0-9a-f]{1,8}) (\d{1,10}) (\d{1,10}) (\d{1,16}) (-?\d{1,16}) ([^|]*)\|([\s\S]*)$/;

function linesOf(content: Buffer | undefined): Buffer[] {
  const lines: Buffer[] = [];
  if (content === undefined) return lines;
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf(0x0a, start);
    lines.push(content.subarray(start, end === -1 ? content.length : end));
    if (end === -1) break;
    start = end + 1;
  }
  return lines;
}
