import type { HostEvidence, NodeEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { hasList, unreadLists, withLists } from './access-lists.ts';
import { type PasswdEntry, readGroup, readPasswd } from './accounts.ts';
import { readAdministrators } from './administrators.ts';
import { BundleSource } from './bundle/bundle-source.ts';
import { DiskSource } from './disk-source.ts';
import { FileCollection } from './file-collection.ts';
import { configuredSelinux, readKernel, readOsRelease } from './kernel.ts';
import { readListeners } from './listeners.ts';
import { nodeName } from './node-name.ts';
import { listKey, type NodeSource } from './node-source.ts';

export interface CollectNodeOptions {
  /** The node's top folder: `/`, or where its file system is mounted or unpacked. Of a bundle, its file. */
  readonly at: string;
  /**
   * `host`: processes are read too, from this machine's /proc. `bundle`: a file that the script of `bulwark node script`
   * wrote on another node.
   */
  readonly from: NodeEvidence['from'];
  /** A bundle that is in memory; `at` is then only what it is called. */
  readonly content?: Buffer;
  readonly name?: string;
  /** Of the processes, only these: for tests and for a machine that runs several nodes. */
  readonly pids?: readonly number[];
  readonly signal?: AbortSignal;
}

export interface CollectedNode {
  readonly node: NodeEvidence;
  readonly gaps: readonly Gap[];
}

/**
 * Reads one node: component processes, the files of the usual layouts and those that arguments, static pods, units and
 * configuration files name, every folder on the way to them, accounts, and what the kernel says of the host. Read-only;
 * nothing outside `at` is read, except through the mount namespaces of components. Credentials are redacted as they are
 * read. What could not be read is a gap; what is not there is none. A file that is no bundle is a gap beside a node that shows nothing. Throws the
 * system's error where `at` is no folder.
 */
export async function collectNode(options: CollectNodeOptions): Promise<CollectedNode> {
  const { at, from, content, pids } = options;
  const source = from === 'bundle' ? new BundleSource({ at, content, pids }) : new DiskSource({ at, from, pids });
  try {
    return await collectFrom(source, options);
  } finally {
    source.close();
  }
}

async function collectFrom(source: NodeSource, options: CollectNodeOptions): Promise<CollectedNode> {
  const gaps: Gap[] = [...source.gaps];
  const found = source.processes();
  gaps.push(...found.gaps);
  const collection = new FileCollection({ source, signal: options.signal });
  try {
    await collection.collect(found.processes);
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    gaps.push({ code: 'interrupted', what: options.at, reason: 'the scan was interrupted while this node was read' });
  }
  const accounts = readPasswd(collection.host.textOf('/etc/passwd') ?? '');
  const host = hostOf(source, { collection, accounts });
  const files = collection.files();
  const lists = await source.accessLists(files.filter(hasList));
  const name = options.name ?? nodeName(files) ?? source.name;
  const unread = lists === undefined ? unreadLists(files, { name, from: options.from }) : [];
  const node: NodeEvidence = {
    name,
    from: options.from,
    at: options.at,
    processes: found.processes,
    files: lists === undefined ? files : withLists(files, lists, listKey),
    users: accounts.map(({ id, name }) => ({ id, name })),
    groups: readGroup(collection.host.textOf('/etc/group') ?? ''),
    ...(Object.keys(host).length > 0 && { host }),
    ...(unread.length > 0 && { unread }),
  };
  return { node, gaps: [...gaps, ...collection.gaps()] };
}

interface HostFiles {
  readonly collection: FileCollection;
  readonly accounts: readonly PasswdEntry[];
}

function hostOf(source: NodeSource, { collection, accounts }: HostFiles): HostEvidence {
  const { host } = collection;
  const release = host.textOf('/etc/os-release');
  const kernel = readKernel((path) => source.kernelFile(path));
  const listeners = readListeners(source);
  const isRunning = kernel.kernel !== undefined;
  const filesystems = isRunning ? collection.filesystems() : [];
  const selinux =
    kernel.selinux ?? (isRunning ? undefined : configuredSelinux(host.textOf('/etc/selinux/config') ?? ''));
  const files = { read: (path: string) => host.textOf(path), expand: (pattern: string) => host.expand(pattern) };
  return {
    ...(release !== undefined && { os: readOsRelease(release) }),
    ...kernel,
    ...(selinux !== undefined && { selinux }),
    ...(listeners !== undefined && { listeners }),
    ...(filesystems.length > 0 && { filesystems }),
    ...(accounts.length > 0 && { administrators: readAdministrators(accounts, files) }),
  };
}
