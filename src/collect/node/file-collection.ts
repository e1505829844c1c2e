import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FileEvidence, FilesystemEvidence, ProcessEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { unitArgs } from '../../semantics/node/component-args.ts';
import { recogniseProcess } from '../../semantics/node/components.ts';
import { type Mount, onHost, readStaticPod } from '../../semantics/node/static-pods.ts';
import { variableFilesOf } from '../../semantics/node/units.ts';
import { readPasswd } from './accounts.ts';
import { Budget, FileStore } from './file-store.ts';
import { layout, snapData } from './layout.ts';
import type { NodeSource } from './node-source.ts';
import {
  argumentReferences,
  environmentReferences,
  fileReferences,
  folderOf,
  growingFolders,
  type Reference,
  runtimeReferences,
} from './references.ts';
import { keyFilesOf, readSshd } from './sshd.ts';

interface Wanted extends Reference {
  readonly store: FileStore;
  /** Of a container that is known by its manifest alone: where its paths are on the node. */
  readonly mounts?: readonly Mount[] | undefined;
}

/** Files between two looks at whether the user has had enough. */
const turn = 128;
/** What units and configuration files name may name more; real nodes need two. */
const maxRounds = 8;

export interface FileCollectionOptions {
  readonly source: NodeSource;
  readonly signal?: AbortSignal | undefined;
}

/** The files of one node: those of the usual layouts, and those that they and the processes name. */
export class FileCollection {
  readonly host: FileStore;
  private readonly source: NodeSource;
  private readonly signal: AbortSignal | undefined;
  private readonly budget = new Budget();
  private readonly stores: FileStore[];
  private readonly sourceGaps: Gap[] = [];
  private queue: Wanted[] = [];
  private readonly asked = new Set<string>();
  private readonly storeIds = new Map<FileStore, number>();
  private readonly growing: { readonly store: FileStore; readonly path: string }[] = [];
  private sinceTurn = 0;

  constructor({ source, signal }: FileCollectionOptions) {
    this.source = source;
    this.signal = signal;
    this.host = new FileStore({ reader: source.host, budget: this.budget });
    this.stores = [this.host];
  }

  /** Throws the signal's reason where it is aborted; what was collected until then stays. */
  async collect(processes: readonly ProcessEvidence[]): Promise<void> {
    for (const row of layout) {
      for (const path of this.host.expand(row.path)) this.want({ path, holds: row.holds, store: this.host });
      await this.drain();
    }
    this.wantedByAccounts();
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

  files(): FileEvidence[] {
    return this.stores.flatMap((store) => [...store.files.values()]);
  }

  gaps(): Gap[] {
    return [...this.sourceGaps, ...this.stores.flatMap((store) => store.gaps)];
  }

  /** Space where the components' data grows, one entry a path. */
  filesystems(): FilesystemEvidence[] {
    const found = new Map<string, FilesystemEvidence>();
    const usual = growingFolders.map((path) => ({ store: this.host, path }));
    for (const { store, path } of [...this.growing, ...usual]) {
      const space = found.has(path) ? undefined : store.space(path);
      if (space !== undefined) found.set(path, { path, ...space });
    }
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
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
        this.signal?.throwIfAborted();
        this.read(each);
      }
    }
  }

  private want(wanted: Wanted): void {
    const { store, mounts, entries, space } = wanted;
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
    if (space !== undefined) this.growing.push({ store, path: space === 'here' ? path : folderOf(path) || '/' });
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
    } else if (holds === 'arguments') {
      const words = text.replaceAll('${SNAP_DATA}', snapData).split(/\s+/);
      for (const reference of argumentReferences(words)) this.want({ ...reference, store });
    } else if (holds === 'toml') {
      for (const reference of runtimeReferences(text)) this.want({ ...reference, store });
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
    const files = this.source.filesOf(process);
    if (files === undefined) return;
    if (files !== 'host' && 'reason' in files) {
      this.sourceGaps.push(files);
      return;
    }
    let store = this.host;
    if (files !== 'host') {
      store = new FileStore({ reader: files, budget: this.budget, process: process.pid });
      this.stores.push(store);
      store.add('/', 'none');
    }
    const { argsAt = 1 } = recogniseProcess(process.exe, process.argv) ?? {};
    const references = [...argumentReferences(process.argv.slice(argsAt)), ...environmentReferences(process.env)];
    for (const reference of references) this.want({ ...reference, store });
  }

  /** Kubeconfigs in home folders, and the keys that let someone log in. */
  private wantedByAccounts(): void {
    const { host } = this;
    const sshd = readSshd('/etc/ssh/sshd_config', {
      read: (path) => host.textOf(path),
      expand: (pattern) => host.expand(pattern),
    });
    for (const account of readPasswd(host.textOf('/etc/passwd') ?? '')) {
      if (!/^\/./.test(account.home)) continue;
      this.want({ path: `${account.home}/.kube/config`, holds: 'yaml', store: host });
      for (const path of keyFilesOf(account, sshd)) this.want({ path, holds: 'keys', store: host });
    }
  }
}
