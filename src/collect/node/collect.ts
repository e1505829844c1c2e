import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NodeEvidence, ProcessEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { unitArgs } from '../../semantics/node/component-args.ts';
import { recogniseProcess } from '../../semantics/node/components.ts';
import { type Mount, onHost, readStaticPod } from '../../semantics/node/static-pods.ts';
import { variableFilesOf } from '../../semantics/node/units.ts';
import { readGroup, readPasswd } from './accounts.ts';
import { gapOf, problemOf } from './file-problem.ts';
import { Budget, FileStore } from './file-store.ts';
import { layout } from './layout.ts';
import { readProcesses } from './processes.ts';
import { argumentReferences, environmentReferences, fileReferences, type Reference } from './references.ts';
import { RootReader } from './root-reader.ts';

export interface CollectNodeOptions {
  /** The node's top folder: `/`, or where its file system is mounted or unpacked. */
  readonly at: string;
  /** `host`: processes are read too, from this machine's /proc. */
  readonly from: 'host' | 'root';
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
 * configuration files name, every folder on the way to them, users and groups. Read-only; nothing outside `at` is read,
 * except through the mount namespaces of components. Credentials are redacted as they are read. What could not be read
 * is a gap; what is not there is none. Throws the system's error where `at` is no folder.
 */
export async function collectNode(options: CollectNodeOptions): Promise<CollectedNode> {
  const collection = new NodeCollection(options);
  try {
    return await collection.run();
  } finally {
    collection.close();
  }
}

interface Wanted extends Reference {
  readonly store: FileStore;
  /** Of a container that is known by its manifest alone: where its paths are on the node. */
  readonly mounts?: readonly Mount[] | undefined;
}

/** Files between two looks at whether the user has had enough. */
const turn = 128;
/** What units and configuration files name may name more; real nodes need two. */
const maxRounds = 8;

class NodeCollection {
  private readonly options: CollectNodeOptions;
  private readonly budget = new Budget();
  private readonly readers: RootReader[] = [];
  private readonly host: FileStore;
  private readonly stores: FileStore[];
  private readonly gaps: Gap[] = [];
  private queue: Wanted[] = [];
  private readonly asked = new Set<string>();
  private readonly storeIds = new Map<FileStore, number>();
  private sinceTurn = 0;

  constructor(options: CollectNodeOptions) {
    this.options = options;
    const isSystem = options.from === 'host' && options.at === '/';
    const reader = new RootReader(options.at, isSystem ? 'stay' : 'refuse');
    this.readers.push(reader);
    this.host = new FileStore({ reader, budget: this.budget });
    this.stores = [this.host];
  }

  close(): void {
    for (const reader of this.readers) reader.close();
  }

  async run(): Promise<CollectedNode> {
    const { from, at, name } = this.options;
    const processes = from === 'host' ? this.processes() : [];
    try {
      await this.files(processes);
    } catch (error) {
      if (!this.options.signal?.aborted) throw error;
      const reason = 'the scan was interrupted while this node was read';
      this.gaps.push({ code: 'interrupted', what: at, reason });
    }
    const passwd = this.accountFile('/etc/passwd');
    const node: NodeEvidence = {
      name: name ?? this.nodeName(),
      from,
      at,
      processes,
      files: this.allFiles(),
      users: readPasswd(passwd).map(({ id, name: user }) => ({ id, name: user })),
      groups: readGroup(this.accountFile('/etc/group')),
    };
    return { node, gaps: [...this.gaps, ...this.stores.flatMap((store) => store.gaps)] };
  }

  private async files(processes: readonly ProcessEvidence[]): Promise<void> {
    for (const row of layout) {
      for (const path of this.host.expand(row.path)) this.want({ path, holds: row.holds, store: this.host });
      await this.drain();
    }
    for (const { home } of readPasswd(this.accountFile('/etc/passwd'))) {
      if (!/^\/./.test(home)) continue;
      this.want({ path: `${home}/.kube/config`, holds: 'yaml', store: this.host });
    }
    for (const process of processes) this.wantedBy(process);
    for (let round = 0; round < maxRounds; round += 1) {
      await this.drain();
      for (const { args, env } of unitArgs([...this.host.files.values()])) {
        const references = [...argumentReferences(args.map(({ text }) => text)), ...environmentReferences(env)];
        for (const reference of references) this.want({ ...reference, store: this.host });
      }
      if (this.queue.length === 0) return;
    }
  }

  /** Reads what is wanted, and what that names in turn. */
  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      const wanted = this.queue;
      this.queue = [];
      for (const each of wanted) {
        this.sinceTurn += 1;
        if (this.sinceTurn >= turn) {
          this.sinceTurn = 0;
          await nextTurn();
        }
        this.options.signal?.throwIfAborted();
        this.read(each);
      }
    }
  }

  private want(wanted: Wanted): void {
    const { store, mounts, entries } = wanted;
    const path = mounts === undefined ? wanted.path : onHost(wanted.path, mounts);
    if (path === undefined) return;
    if (entries !== undefined) {
      if (path.includes('*')) return;
      for (const entry of store.expand(path + entries)) {
        // Found on the node, so already where it is kept.
        this.want({ store, path: entry, holds: wanted.holds });
      }
      return;
    }
    const key = `${this.storeId(store)} ${wanted.holds} ${path}`;
    if (this.asked.has(key)) return;
    this.asked.add(key);
    this.queue.push(wanted);
  }

  private storeId(store: FileStore): number {
    const known = this.storeIds.get(store);
    if (known !== undefined) return known;
    this.storeIds.set(store, this.storeIds.size);
    return this.storeIds.size - 1;
  }

  private read({ store, path, holds, mounts }: Wanted): void {
    const place = mounts === undefined ? path : onHost(path, mounts);
    if (place === undefined) return;
    const text = store.add(place, holds);
    if (text === undefined) return;
    if (holds === 'manifest') this.wantedByPod(store, text, place);
    else if (holds === 'unit') {
      for (const file of variableFilesOf(text)) this.want({ path: file, holds: 'variables', store });
    } else if (holds === 'yaml') {
      for (const reference of fileReferences(text, path)) this.want({ ...reference, store, mounts });
    }
  }

  private wantedByPod(store: FileStore, text: string, file: string): void {
    for (const { args, env, mounts, hostPaths } of readStaticPod(text, file)) {
      const references = [...argumentReferences(args.map((arg) => arg.text)), ...environmentReferences(env)];
      for (const reference of references) this.want({ ...reference, store, mounts });
      for (const path of hostPaths) this.want({ path, holds: 'none', store });
    }
  }

  private wantedBy(process: ProcessEvidence): void {
    const store = this.storeOf(process);
    if (store === undefined) return;
    const { argsAt = 1 } = recogniseProcess(process.exe, process.argv) ?? {};
    const references = [...argumentReferences(process.argv.slice(argsAt)), ...environmentReferences(process.env)];
    for (const reference of references) this.want({ ...reference, store });
  }

  /** The host's files, or those of the process's own mount namespace. Undefined where they cannot be read. */
  private storeOf({ pid }: ProcessEvidence): FileStore | undefined {
    const folder = `/proc/${pid}`;
    try {
      const host = this.options.at === '/' ? '/proc/self/ns/mnt' : '/proc/1/ns/mnt';
      const isHost = readlinkSync(`${folder}/ns/mnt`) === readlinkSync(host) && readlinkSync(`${folder}/root`) === '/';
      if (isHost) return this.host;
      const reader = new RootReader(`${folder}/root/`, 'stay');
      this.readers.push(reader);
      const store = new FileStore({ reader, budget: this.budget, process: pid });
      this.stores.push(store);
      store.add('/', 'none');
      return store;
    } catch (error) {
      const problem = problemOf(error);
      if (problem.kind !== 'absent') this.gaps.push(gapOf(`${folder}/root`, problem));
      return undefined;
    }
  }

  private processes(): readonly ProcessEvidence[] {
    const { processes, gaps } = readProcesses('/proc', this.options.pids);
    this.gaps.push(...gaps);
    return processes;
  }

  private allFiles(): NodeEvidence['files'] {
    return this.stores.flatMap((store) => [...store.files.values()]);
  }

  /** Read for its names alone, and not kept. */
  private accountFile(path: string): string {
    const reader = this.readers[0];
    const { end } = reader?.walk(path) ?? {};
    if (reader === undefined || end === undefined) return '';
    const opened = reader.read(end, 20 * 1024 * 1024);
    return 'text' in opened ? opened.text.toString('utf8') : '';
  }

  private nodeName(): string {
    const file = this.allFiles().find(({ path, process }) => path === '/etc/hostname' && process === undefined);
    const written = file?.text?.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#'));
    if (written !== undefined) return written.trim();
    return this.options.from === 'host'
      ? hostname()
      : (this.options.at.split('/').findLast((step) => step !== '') ?? '/');
  }
}
