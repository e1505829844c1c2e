import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, sep } from 'node:path';
import { BulwarkError } from '../model/errors.ts';

/** Limits of what is taken out of a repository. */
const maxFiles = 100_000;
const maxTotalBytes = 1024 * 1024 * 1024;
const deadlineMs = 120_000;

export interface Revision {
  readonly revision: string;
  /** A folder of the repository; paths count from it. */
  readonly cwd: string;
  /** Files and folders; none: the folder itself. */
  readonly paths: readonly string[];
}

/** Whether git knows a revision of that name. Never throws. */
export async function isRevision(revision: string, cwd: string): Promise<boolean> {
  if (revision.startsWith('-')) return false;
  try {
    await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], cwd);
    return true;
  } catch {
    return false;
  }
}

/**
 * Gives `use` a folder with the files of a revision, which is removed again. The repository and its working tree are
 * only read; symbolic links and submodules are left out. Throws `usage` where git does.
 */
export async function withRevision<T>(revision: Revision, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bulwark-revision-'));
  try {
    const blobs = await listBlobs(revision);
    await writeBlobs(blobs, { folder, cwd: revision.cwd });
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Blob {
  readonly id: string;
  readonly path: string;
}

async function listBlobs({ revision, cwd, paths }: Revision): Promise<readonly Blob[]> {
  const outside = paths.find((path) => !isInside(path));
  if (outside !== undefined) {
    const hint = 'name what lies below the folder that you are in, or go to where it does';
    throw new BulwarkError('usage', `${outside} is not in this folder`, hint);
  }
  const listed = await git(['ls-tree', '-r', '-z', '-l', revision, '--', ...(paths.length === 0 ? ['.'] : paths)], cwd);
  const blobs: Blob[] = [];
  let total = 0;
  for (const entry of listed.split('\0')) {
    // mode SP type SP id SP size TAB path
    const [, mode = '', id = '', size = '', path = ''] = /^(\d+) blob ([0-9a-f]+) +(\d+)\t([^]+)$/.exec(entry) ?? [];
    if (!mode.startsWith('100') || !isInside(path)) continue;
    total += Number(size);
    if (blobs.length === maxFiles || total > maxTotalBytes) {
      throw new BulwarkError(
        'usage',
        `${revision} has too many files here`,
        'name folders, as in: diff A B -- deploy/',
      );
    }
    blobs.push({ id, path });
  }
  return blobs;
}

/** A tree that was made by hand may hold names that lead out of it. */
function isInside(path: string): boolean {
  const plain = normalize(path);
  return path !== '' && plain !== '..' && !plain.startsWith(`..${sep}`) && !plain.startsWith(sep);
}

/** All contents through one process, which answers in the order that it is asked. */
async function writeBlobs(blobs: readonly Blob[], { folder, cwd }: { folder: string; cwd: string }): Promise<void> {
  if (blobs.length === 0) return;
  const child = spawn('git', ['cat-file', '--batch'], { cwd, env: gitEnvironment(), timeout: deadlineMs });
  child.stdin.on('error', () => undefined);
  child.stdin.end(blobs.map(({ id }) => `${id}\n`).join(''));
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  failed.catch(() => undefined);
  const contents = new BatchReader(child.stdout);
  const folders = new Set<string>();
  for (const { path } of blobs) {
    const content = await Promise.race([contents.next(), failed]);
    if (content === undefined) throw new BulwarkError('usage', `git cannot read ${path}`, 'run git fsck');
    const file = join(folder, path);
    if (!folders.has(dirname(file))) await mkdir(dirname(file), { recursive: true });
    folders.add(dirname(file));
    await writeFile(file, content);
  }
  await exited;
}

/** `ID blob SIZE LF content LF`, again and again. */
class BatchReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private pending: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  async next(): Promise<Buffer | undefined> {
    let end = this.pending.indexOf(10);
    while (end === -1) {
      if (!(await this.more())) return undefined;
      end = this.pending.indexOf(10);
    }
    const [, size] = / blob (\d+)$/.exec(this.pending.toString('latin1', 0, end)) ?? [];
    if (size === undefined) return undefined;
    const length = end + 1 + Number(size);
    const parts: Buffer[] = [this.pending];
    let have = this.pending.length;
    while (have < length + 1) {
      const { value, done } = await this.chunks.next();
      if (done === true) return undefined;
      parts.push(value);
      have += value.length;
    }
    const all = parts.length === 1 ? this.pending : Buffer.concat(parts);
    this.pending = all.subarray(length + 1);
    return all.subarray(end + 1, length);
  }

  private async more(): Promise<boolean> {
    const { value, done } = await this.chunks.next();
    if (done === true) return false;
    this.pending = Buffer.concat([this.pending, value]);
    return true;
  }
}

function git(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: gitEnvironment(), maxBuffer: 256 * 1024 * 1024, timeout: deadlineMs };
    execFile('git', [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else {
        const said = stderr.trim().split('\n')[0] || error.message;
        reject(new BulwarkError('usage', `git: ${said}`, 'run this in a git repository', { cause: error }));
      }
    });
  });
}

/** Reading must not write: no index is refreshed, and no pager or prompt is started. */
function gitEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_PAGER: 'cat', LC_ALL: 'C' };
}
