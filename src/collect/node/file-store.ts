import type { FileEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { type FileProblem, gapOf } from './file-problem.ts';
import { type FileReader, maxEntries, type Seen, type Space } from './file-reader.ts';
import type { Holds } from './layout.ts';
import { redactFile } from './redact-file.ts';
import { missingPem } from './redact-pem.ts';

export const maxFileBytes = 20 * 1024 * 1024;
/** Of all texts together, and of all files. */
const maxTotalBytes = 256 * 1024 * 1024;
const maxFiles = 100_000;
/** Folders below one of a `**`. */
const maxDepth = 12;

/** Who is asked for the text of these reads it himself, and keeps none of it. */
const lookedAt: ReadonlySet<Holds> = new Set(['none', 'accounts', 'sudoers', 'sshd', 'selinux', 'keys']);

/** What the limits of one collection leave, shared by all of its stores. */
export class Budget {
  bytes = maxTotalBytes;
  files = maxFiles;
}

export interface FileStoreOptions {
  readonly reader: FileReader;
  readonly budget: Budget;
  /** The process whose files these are, where they are not the host's. */
  readonly process?: number | undefined;
}

/** The files of one root as evidence: each is looked at once, and read once, however many things name it. */
export class FileStore {
  readonly files = new Map<string, FileEvidence>();
  readonly gaps: Gap[] = [];
  private readonly reader: FileReader;
  private readonly budget: Budget;
  private readonly process: number | undefined;
  /** How each file was read, by its own path. */
  private readonly read = new Map<string, Holds>();
  private readonly told = new Set<string>();

  constructor({ reader, budget, process }: FileStoreOptions) {
    this.reader = reader;
    this.budget = budget;
    this.process = process;
  }

  /**
   * Records `path` and everything on the way, and keeps what `holds` allows of its content. The text that is kept, if
   * it is read for the first time.
   */
  add(path: string, holds: Holds): string | undefined {
    const end = this.look(path);
    if (end === undefined || lookedAt.has(holds)) return undefined;
    if (holds === 'folder') {
      for (const name of this.names(end)) this.look(`${end.path}/${name}`);
      return undefined;
    }
    return end.type === 'file' ? this.content(end, holds) : this.special(end, path);
  }

  /** The text of a regular file, for its facts alone; undefined where there is none. */
  textOf(path: string): string | undefined {
    const { end } = this.reader.walk(path);
    if (end?.type !== 'file') return undefined;
    const opened = this.reader.read(end, maxFileBytes);
    if ('text' in opened) return opened.text.toString('utf8');
    if (opened.problem.kind !== 'absent') this.gap(end.path, opened.problem);
    return undefined;
  }

  space(path: string): Space | undefined {
    const { end } = this.reader.walk(path);
    return end === undefined ? undefined : this.reader.space(end);
  }

  /** The paths that a pattern of the layout stands for, as it is written, links and all. */
  expand(pattern: string): string[] {
    const star = pattern.indexOf('*');
    if (star === -1) return [pattern];
    const slash = pattern.lastIndexOf('/', star);
    const folder = pattern.slice(0, slash);
    const [name = '', ...rest] = pattern.slice(slash + 1).split('/');
    const end = this.look(folder === '' ? '/' : folder);
    if (end === undefined) return [];
    if (name === '**') return this.below(end, 0);
    const [before = '', after = ''] = name.split('*');
    const found = this.names(end).filter(
      (each) => !each.startsWith('.') && each.startsWith(before) && each.endsWith(after),
    );
    const tail = rest.map((step) => `/${step}`).join('');
    return found.flatMap((each) => this.expand(`${end.path === '/' ? '' : end.path}/${each}${tail}`));
  }

  private below(folder: Seen, depth: number): string[] {
    const found: string[] = [];
    if (depth > maxDepth) {
      this.gap(folder.path, { kind: 'too-large', reason: `more than ${maxDepth} folders deep` });
      return found;
    }
    for (const name of this.names(folder)) {
      const path = `${folder.path}/${name}`;
      const { seen } = this.reader.walk(path);
      const here = seen.findLast((each) => each.path === path);
      // A folder that a link leads to is not gone into: it may be anywhere.
      if (here?.type === 'directory') {
        this.record(here);
        found.push(...this.below(here, depth + 1));
      } else found.push(path);
    }
    return found;
  }

  private names(folder: Seen): readonly string[] {
    if (folder.type !== 'directory') return [];
    const listing = this.reader.list(folder);
    if ('problem' in listing) {
      this.leave(folder.path, listing.problem);
      return [];
    }
    for (const name of listing.undecodable) {
      this.gap(`${folder.path}/${name}`, { kind: 'unreadable', reason: 'its name is not UTF-8, so it was not read' });
    }
    if (listing.leftOut) {
      const reason = 'files with a line break in their name were left out on the node';
      this.gap(folder.path, { kind: 'unreadable', reason });
    }
    if (listing.leftOut || listing.truncated) this.mark(folder.path, 'not all of it was read');
    if (listing.truncated) {
      this.gap(folder.path, { kind: 'too-large', reason: `more than ${maxEntries} files in one folder` });
    }
    return listing.names;
  }

  private look(path: string): Seen | undefined {
    const way = this.reader.walk(path);
    for (const seen of way.seen) this.record(seen);
    if (way.problem === undefined) return way.end;
    const link = way.seen.findLast((seen) => seen.type === 'symlink');
    if (way.dangles && link !== undefined && way.problem.kind === 'absent') {
      this.gap(link.path, { kind: 'unreadable', reason: `a link to ${link.target}, which does not exist` });
    } else if (way.dangles && link !== undefined) {
      this.gap(link.path, { ...way.problem, reason: `a link to ${link.target}: ${way.problem.reason}` });
    } else if (way.problem.kind !== 'absent') {
      this.gap(path, way.problem);
      // The folder that could not be entered is the last that was seen.
      const last = way.seen.at(-1);
      if (way.problem.kind === 'unreadable' && last?.type === 'directory') this.mark(last.path, way.problem.reason);
    }
    return undefined;
  }

  /** Says that something could not be read, and marks it as such: what is not known is not absent. */
  private leave(path: string, problem: FileProblem): void {
    // What vanished meanwhile is gone.
    if (problem.kind === 'absent') return;
    this.gap(path, problem);
    this.mark(path, problem.reason);
  }

  private mark(path: string, reason: string): void {
    const evidence = this.files.get(path);
    if (evidence !== undefined) this.files.set(path, { ...evidence, unread: reason });
  }

  private record({ path, type, stats, target }: Seen): void {
    if (this.files.has(path)) return;
    if (this.budget.files <= 0) {
      this.gap('/', { kind: 'too-large', reason: `more than ${maxFiles} files: the others were not looked at` });
      return;
    }
    this.budget.files -= 1;
    this.files.set(path, {
      path,
      type,
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
      size: stats.size,
      modified: timeOf(stats.mtimeMs),
      ...(target !== undefined && { target }),
      ...(this.process !== undefined && { process: this.process }),
    });
  }

  private content(file: Seen, holds: Holds): string | undefined {
    const evidence = this.files.get(file.path);
    const before = this.read.get(file.path);
    if (evidence === undefined || before === holds) return undefined;
    if (before !== undefined) {
      // Who calls it a file of tokens is believed over who calls it configuration.
      if (holds === 'token' || holds === 'password') this.withhold(evidence, holds);
      return undefined;
    }
    this.read.set(file.path, holds);
    if (holds === 'token' || holds === 'password') {
      if (evidence.size > 0) this.withhold(evidence, holds);
      return undefined;
    }
    const opened = this.reader.read(file, Math.min(maxFileBytes, this.budget.bytes));
    if ('problem' in opened) {
      this.leave(file.path, opened.problem);
      return undefined;
    }
    const { text, secret, problem } = redactFile(opened.text, holds);
    if (problem !== undefined) this.gap(file.path, problem);
    const missing = holds === 'pem' ? missingPem(evidence, opened.text) : undefined;
    if (missing !== undefined) this.gap(file.path, { kind: 'malformed', reason: missing });
    this.budget.bytes -= text?.length ?? 0;
    this.files.set(file.path, {
      ...evidence,
      ...(text !== undefined && { text }),
      ...(secret !== undefined && { secret }),
    });
    return text;
  }

  private withhold(file: FileEvidence, secret: 'token' | 'password'): void {
    const { text: _dropped, ...evidence } = file;
    this.files.set(evidence.path, { ...evidence, secret });
    this.read.set(evidence.path, secret);
  }

  private special(seen: Seen, path: string): undefined {
    if (seen.type === 'directory' || seen.type === 'socket') return undefined;
    this.gap(path, { kind: 'special', reason: 'a device or pipe, which is not opened' });
  }

  private gap(path: string, problem: FileProblem): void {
    const what = this.process === undefined ? path : `/proc/${this.process}/root${path}`;
    if (this.told.has(what + problem.reason)) return;
    this.told.add(what + problem.reason);
    this.gaps.push(gapOf(what, problem));
  }
}

/** RFC 3339. A clock that jumped may leave a time that no calendar has: the nearest that one has stands for it. */
function timeOf(milliseconds: number): string {
  const latest = Date.UTC(9999, 11, 31, 23, 59, 59);
  const earliest = Date.parse('0000-01-01T00:00:00Z');
  return new Date(Math.min(Math.max(Math.trunc(milliseconds) || 0, earliest), latest)).toISOString();
}
