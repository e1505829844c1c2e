import { createHash, randomInt } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { EtcdDataEvidence, EtcdIntegrity } from '../../model/etcd-data.ts';
import type { Gap, GapCode } from '../../model/snapshot.ts';
import { type ByteSource, readEtcdData } from '../../semantics/etcd-data/index.ts';
import { foreignKind, kindBytes } from './file-kind.ts';

/** What was read of one etcd, and what could not be. Both, where a part could be read. */
export interface EtcdReading {
  readonly evidence?: EtcdDataEvidence;
  readonly gaps: readonly Gap[];
}

export interface EtcdFileOptions {
  readonly signal?: AbortSignal | undefined;
  /** `--etcd-prefix` of the API server; guessed from the keys where it is not given. */
  readonly prefix?: string | undefined;
}

const hashSize = 32;
/** A snapshot's pages are a multiple of it; what is over by the size of a hash is the hash (etcd's own rule). */
const sector = 512;
const step = 4 * 1024 * 1024;
/** etcd warns above 8 GiB. The file may also be sparse, and claim any size. */
const sizeLimit = 64 * 1024 ** 3;
const attempts = 5;
const smallFile = 64 * 1024 * 1024;
/** What was read may then belong to two states. */
const changed = 'the file changed while it was read: a running etcd writes to it, so read a snapshot or a copy';

/**
 * Reads a snapshot (`etcdctl snapshot save`) or a database file (`member/snap/db`, better a copy of it): how its values
 * are stored, and whether the snapshot is whole. Reads the file twice, forwards, with memory for its keys only; no
 * value is kept. Never rejects: what cannot be read is a gap.
 */
export async function readEtcdFile(path: string, options: EtcdFileOptions = {}): Promise<EtcdReading> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write to it.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    return await readHandle(handle, path, options);
  } catch (error) {
    return { gaps: [gapOfError(path, error, options.signal)] };
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

async function readHandle(handle: FileHandle, path: string, options: EtcdFileOptions): Promise<EtcdReading> {
  const stats = await handle.stat();
  if (stats.isDirectory()) {
    const hint = 'name a snapshot, or the file member/snap/db below the data folder';
    return refusal(path, { code: 'unreadable', reason: 'it is a folder', hint });
  }
  if (!stats.isFile()) return refusal(path, { code: 'unreadable', reason: 'it is no regular file' });
  if (stats.size > sizeLimit) {
    return refusal(path, {
      code: 'too-large',
      reason: `it has ${stats.size} bytes; no more than ${sizeLimit} are read`,
    });
  }
  const foreign = foreignKind(await readAt(handle, Buffer.alloc(kindBytes), 0));
  if (foreign !== undefined) {
    return refusal(path, { code: 'malformed', reason: `it is ${foreign.what}`, hint: foreign.hint });
  }
  for (let attempt = 1; ; attempt += 1) {
    const before = await handle.stat();
    const { evidence, gaps } = await readOnce(handle, path, { ...options, stats: before });
    const after = await handle.stat();
    if (evidence === undefined || (after.mtimeMs === before.mtimeMs && after.size === before.size)) {
      return { ...(evidence !== undefined && { evidence }), gaps };
    }
    // A member commits ten times a second at most, and a small file is read in between.
    if (attempt < attempts && after.size <= smallFile) continue;
    const problems = [changed, ...evidence.problems];
    return { evidence: { ...evidence, complete: false, problems }, gaps: incompleteGaps(path, problems) };
  }
}

async function readOnce(
  handle: FileHandle,
  path: string,
  { signal, prefix, stats }: EtcdFileOptions & { readonly stats: Stats },
): Promise<EtcdReading> {
  const { size } = stats;
  const hasHash = size % sector === hashSize;
  const integrity: EtcdIntegrity = hasHash ? await checkHash(handle, size, signal) : { state: 'no-hash', size };
  const source = fileSource(handle, { size: hasHash ? size - hashSize : size, signal });
  const store = await readEtcdData(source, { prefix, seed: randomInt(2 ** 32) });
  if (typeof store === 'string') {
    const hint = 'name a snapshot by `etcdctl snapshot save`, or a copy of the file member/snap/db of a member';
    return refusal(path, { code: 'malformed', reason: `it is no etcd snapshot or database: ${store}`, hint });
  }
  const evidence: EtcdDataEvidence = {
    from: 'file',
    at: path,
    file: {
      kind: hasHash ? 'snapshot' : 'database',
      integrity,
      modified: stats.mtime.toISOString(),
      mode: stats.mode & 0o7777,
      uid: stats.uid,
      gid: stats.gid,
    },
    ...store,
  };
  return { evidence, gaps: incompleteGaps(path, store.problems) };
}

/** A reading that ended early is a gap, whatever was counted until then. */
function incompleteGaps(what: string, problems: readonly string[]): readonly Gap[] {
  const [first] = problems;
  if (first === undefined) return [];
  const others = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  const hint = 'make a new snapshot with `etcdctl snapshot save`, and read that';
  return [{ code: 'malformed', what, reason: `${first}${others}`, hint }];
}

async function checkHash(handle: FileHandle, size: number, signal: AbortSignal | undefined): Promise<EtcdIntegrity> {
  const hashed = size - hashSize;
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(step);
  for (let at = 0; at < hashed; ) {
    signal?.throwIfAborted();
    const bytes = await readAt(handle, buffer.subarray(0, Math.min(step, hashed - at)), at);
    if (bytes.length === 0) break;
    hash.update(bytes);
    at += bytes.length;
  }
  const found = hash.digest('hex');
  const expected = (await readAt(handle, Buffer.alloc(hashSize), hashed)).toString('hex');
  return found === expected ? { state: 'ok', hashed } : { state: 'mismatch', hashed, expected, found };
}

function fileSource(
  handle: FileHandle,
  { size, signal }: { readonly size: number; readonly signal: AbortSignal | undefined },
): ByteSource {
  let buffer = Buffer.alloc(0);
  return {
    size,
    async read(offset, length) {
      signal?.throwIfAborted();
      const wanted = Math.max(0, Math.min(length, size - offset));
      if (buffer.length < wanted) buffer = Buffer.allocUnsafe(Math.max(wanted, 1024 * 1024));
      return readAt(handle, buffer.subarray(0, wanted), offset);
    },
  };
}

/** Fills `buffer` from `offset` on; what comes back is shorter at the end of the file. */
async function readAt(handle: FileHandle, buffer: Buffer, offset: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function refusal(path: string, gap: Omit<Gap, 'what'>): EtcdReading {
  return { gaps: [{ ...gap, what: path }] };
}

const reasons = new Map<string | undefined, string>([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EIO', 'the disk cannot read it'],
]);

function gapOfError(path: string, error: unknown, signal: AbortSignal | undefined): Gap {
  if (signal?.aborted) return { code: 'interrupted', what: path, reason: 'the reading was stopped' };
  const failure = error as NodeJS.ErrnoException;
  const reason = reasons.get(failure.code) ?? failure.message;
  const code: GapCode = 'unreadable';
  return { code, what: path, reason, ...(reason === 'permission denied' && { hint: 'run it as root' }) };
}
