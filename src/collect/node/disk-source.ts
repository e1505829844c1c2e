import { execFile } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { endianness, hostname } from 'node:os';
import type { FileEvidence, ProcessEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import { getfaclArguments, readGetfacl } from './access-lists.ts';
import { gapOf, problemOf } from './file-problem.ts';
import type { FileReader } from './file-reader.ts';
import { type AccessLists, listKey, type NodeSource } from './node-source.ts';
import { type Processes, readProcesses } from './processes.ts';
import { RootReader } from './root-reader.ts';

export interface DiskSourceOptions {
  /** The node's top folder: `/`, or where its file system is mounted or unpacked. */
  readonly at: string;
  /** `host`: the files are those of the running system, whose processes are in this machine's /proc. */
  readonly from: 'host' | 'root';
  readonly pids?: readonly number[] | undefined;
}

const maxKernelFileBytes = 16 * 1024 * 1024;

/** A node whose files are in this machine's file system. The constructor throws the system's error where `at` is no folder. */
export class DiskSource implements NodeSource {
  readonly host: RootReader;
  readonly gaps: readonly Gap[] = [];
  readonly name: string;
  readonly byteOrder = endianness() === 'BE' ? 'big' : 'little';
  private readonly options: DiskSourceOptions;
  private readonly readers: RootReader[] = [];
  /** Reads /proc and /sys of this machine, which a node's unpacked root does not have. */
  private readonly kernel: RootReader | undefined;

  constructor(options: DiskSourceOptions) {
    const { at, from } = options;
    this.options = options;
    const isSystem = from === 'host' && at === '/';
    this.host = this.open(at, isSystem ? 'stay' : 'refuse');
    this.kernel = from === 'root' ? undefined : isSystem ? this.host : this.open('/', 'stay');
    this.name = from === 'host' ? hostname() : (at.split('/').findLast((step) => step !== '') ?? '/');
  }

  processes(): Processes {
    return this.options.from === 'root' ? { processes: [], gaps: [] } : readProcesses('/proc', this.options.pids);
  }

  filesOf({ pid }: ProcessEvidence): FileReader | 'host' | Gap | undefined {
    const folder = `/proc/${pid}`;
    try {
      const isHost =
        readlinkSync(`${folder}/ns/mnt`) === readlinkSync(`/proc/${this.host1()}/ns/mnt`) &&
        readlinkSync(`${folder}/root`) === '/';
      return isHost ? 'host' : this.open(`${folder}/root/`, 'stay');
    } catch (error) {
      const problem = problemOf(error);
      return problem.kind === 'absent' ? undefined : gapOf(`${folder}/root`, problem);
    }
  }

  kernelFile(path: string): string | undefined {
    if (this.kernel === undefined) return undefined;
    const isNetwork = path.startsWith('/proc/net/');
    // What a collector in a pod calls /proc/net and net.* is the pod's own.
    if (path.startsWith('/proc/sys/net/') && !this.sharesNetwork()) return undefined;
    const place = isNetwork ? path.replace('/proc/', `/proc/${this.host1()}/`) : path;
    const { end } = this.kernel.walk(place);
    const opened = end === undefined ? undefined : this.kernel.read(end, maxKernelFileBytes);
    return opened !== undefined && 'text' in opened ? opened.text.toString('utf8') : undefined;
  }

  socketOwners(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
    const owners = new Map<string, number>();
    if (this.kernel === undefined || inodes.size === 0) return owners;
    for (const pid of numbersIn('/proc')) {
      for (const fd of numbersIn(`/proc/${pid}/fd`)) {
        const inode = socketAt(`/proc/${pid}/fd/${fd}`);
        // The parent comes first, and is who opened it.
        if (inode !== undefined && inodes.has(inode) && !owners.has(inode)) owners.set(inode, pid);
      }
      if (owners.size === inodes.size) break;
    }
    return owners;
  }

  async accessLists(files: readonly FileEvidence[]): Promise<AccessLists | undefined> {
    const top = this.options.at === '/' ? '' : this.options.at.replace(/\/+$/, '');
    const keys = new Map<string, string>();
    for (const file of files) {
      const folder = file.process === undefined ? top : `/proc/${file.process}/root`;
      keys.set(folder + file.path, listKey(file));
    }
    const found = new Map<string, readonly string[]>();
    const paths = [...keys.keys()];
    for (let start = 0; start < paths.length; start += batch) {
      const output = await getfacl(paths.slice(start, start + batch));
      if (output === undefined) return undefined;
      for (const [path, entries] of readGetfacl(output)) {
        const key = keys.get(path);
        if (key !== undefined) found.set(key, entries);
      }
    }
    return found;
  }

  close(): void {
    for (const reader of this.readers) reader.close();
  }

  private open(at: string, above: 'stay' | 'refuse'): RootReader {
    const reader = new RootReader(at, above);
    this.readers.push(reader);
    return reader;
  }

  /** The process that stands for the host: a collector in a pod has namespaces of its own. */
  private host1(): string {
    return this.options.at === '/' ? 'self' : '1';
  }

  private sharesNetwork(): boolean {
    if (this.options.at === '/') return true;
    try {
      return readlinkSync('/proc/self/ns/net') === readlinkSync('/proc/1/ns/net');
    } catch {
      return false;
    }
  }
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

function socketAt(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    return undefined;
  }
}

/** Files that one getfacl is asked for: arguments have room for 4096 characters each. */
const batch = 256;

/** Undefined where there is no getfacl. A file without a list, or gone meanwhile, is not among its answers. */
function getfacl(paths: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: 10_000, maxBuffer: 16 * 1024 * 1024, encoding: 'utf8' as const };
    execFile('getfacl', [...getfaclArguments, '--', ...paths], options, (error, stdout) => {
      // It ends with 1 where it could not read one of them, and prints the others.
      resolve(error !== null && stdout === '' && typeof error.code !== 'number' ? undefined : stdout);
    });
  });
}
