import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import type { EtcdDataEvidence } from '../../model/etcd-data.ts';
import type { NodeEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { nodeComponents, sourceOf } from '../../semantics/node/node-components.ts';
import { gapOf } from '../node/file-problem.ts';
import type { Seen } from '../node/file-reader.ts';
import { RootReader } from '../node/root-reader.ts';
import { readEtcdFile } from './file.ts';

export interface NodeEtcdOptions {
  /** Where the node's files are on this machine: `/`, or the folder that was named. */
  readonly root: string;
  readonly signal?: AbortSignal | undefined;
}

export interface NodeEtcdReading {
  readonly etcd: readonly EtcdDataEvidence[];
  readonly gaps: readonly Gap[];
}

/** A larger one takes longer to read than anybody expects of a look at a node. */
const largest = 2 * 1024 ** 3;
/** Of the etcd in k3s and RKE2, which may have no process and no manifest of its own. */
const embedded = ['/var/lib/rancher/k3s/server/db/etcd', '/var/lib/rancher/rke2/server/db/etcd'];
const hint = 'name a snapshot with --etcd, and leave the node’s own database out with --no-etcd';

/**
 * Reads the databases of the etcd members of a node whose files are here, where there are any: a member that keeps its
 * data elsewhere is no gap. Nothing outside `root` is opened, whatever links there are. Never rejects.
 */
export async function readNodeEtcd(node: NodeEvidence, { root, signal }: NodeEtcdOptions): Promise<NodeEtcdReading> {
  const etcd: EtcdDataEvidence[] = [];
  const gaps: Gap[] = [];
  let reader: RootReader | undefined;
  try {
    reader = new RootReader(root, root === '/' ? 'stay' : 'refuse');
    const read = new Set<string>();
    for (const path of databasesOf(node)) {
      const shown = sourceOf(node, path).file;
      const { end, problem } = reader.walk(path);
      if (end === undefined) {
        if (problem !== undefined && problem.kind !== 'absent') gaps.push(gapOf(shown, problem));
        continue;
      }
      if (read.has(end.path)) continue;
      read.add(end.path);
      const found = await readDatabase(end, { root, shown, signal });
      gaps.push(...found.gaps);
      etcd.push(...found.etcd.map((data) => ({ ...data, at: shown, node: { name: node.name, at: node.at } })));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    gaps.push({ code: 'unreadable', what: sourceOf(node, '/').file, reason });
  } finally {
    reader?.close();
  }
  return { etcd, gaps };
}

/** Paths on the node where its members keep their databases. */
function databasesOf(node: NodeEvidence): readonly string[] {
  const folders = new Set<string>(embedded);
  for (const { component, config, onNode } of nodeComponents(node)) {
    if (component !== 'etcd') continue;
    const folder = config.get('data-dir')?.value;
    if (typeof folder !== 'string' || !folder.startsWith('/')) continue;
    const place = onNode(folder);
    if (place !== undefined) folders.add(place);
  }
  return [...folders].map((folder) => `${folder.replace(/\/+$/, '')}/member/snap/db`);
}

interface DatabaseOptions {
  readonly root: string;
  /** The path as reports name it. */
  readonly shown: string;
  readonly signal: AbortSignal | undefined;
}

async function readDatabase({ path, type, stats }: Seen, options: DatabaseOptions): Promise<NodeEtcdReading> {
  const { root, shown: what, signal } = options;
  const refusal = (gap: Omit<Gap, 'what'>): NodeEtcdReading => ({ etcd: [], gaps: [{ what, ...gap }] });
  if (type !== 'file') return refusal({ code: 'unreadable', reason: 'it is no regular file' });
  if (stats.size > largest) {
    return refusal({ code: 'too-large', reason: `the database has ${stats.size} bytes`, hint });
  }
  let handle: FileHandle | undefined;
  try {
    const place = `${(await realpath(root)).replace(/\/+$/, '')}${path}`;
    // The links on the way were followed; a folder that became one meanwhile shows in the name of what was opened.
    handle = await open(place, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
    const opened = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : place;
    if (opened !== place && (await readlink(opened)) !== place) {
      return refusal({ code: 'unreadable', reason: 'it was moved while it was read' });
    }
    const { evidence, gaps } = await readEtcdFile(opened, { signal });
    return {
      etcd: evidence === undefined ? [] : [evidence],
      gaps: gaps.map((gap) => ({ ...gap, what, ...(gap.hint !== undefined && { hint }) })),
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      return refusal({ code: 'unreadable', reason: 'permission denied', hint: 'run it as root' });
    }
    return refusal({ code: 'unreadable', reason: message.replaceAll(path, '') });
  } finally {
    await handle?.close().catch(() => undefined);
  }
}
