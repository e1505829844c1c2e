import { createHash } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BulwarkError } from '../model/errors.ts';
import { stateError } from './state-error.ts';

/** A folder that one process at a time works in. */
export interface StateFolder {
  readonly path: string;
  readonly checkpoint: string;
  readonly outbox: string;
  readonly spool: string;
  release(): Promise<void>;
}

/** Longest path of a Unix socket. */
const longestSocket = 100;

/**
 * Makes the folder, readable by its owner only, and holds it. The kernel lets go of it when the process ends, however
 * that ends: a listening socket is no stale lock file. Throws `usage` where another process holds it.
 */
export async function holdStateFolder(path: string): Promise<StateFolder> {
  let folder: string;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    folder = await realpath(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC') throw stateError(path, cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BulwarkError('usage', `--state: ${reason}`, 'choose a folder that can be written', { cause });
  }
  const inside = join(folder, 'lock');
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const socket = inside.length <= longestSocket ? inside : join(tmpdir(), `bulwark-${digest}.lock`);
  const server = await hold(socket, folder).catch((error: unknown) => {
    throw stateError(folder, error);
  });
  const checkpoint = join(folder, 'checkpoint.json');
  const outbox = join(folder, 'outbox.ndjson');
  // Half written when the process was killed or the disk was full.
  for (const path of [checkpoint, outbox]) await rm(`${path}.tmp`, { force: true }).catch(() => undefined);
  return {
    path: folder,
    checkpoint,
    outbox,
    spool: join(folder, 'spool'),
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function hold(socket: string, folder: string): Promise<Server> {
  try {
    return await listen(socket);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (await answers(socket)) {
      throw new BulwarkError(
        'usage',
        `another process watches with the state in ${folder}`,
        'stop it first, or choose another folder with --state',
      );
    }
    await rm(socket, { force: true });
    return await listen(socket);
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
