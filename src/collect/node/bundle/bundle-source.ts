import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { FileEvidence, ProcessEvidence } from '../../../model/node.ts';
import type { Gap } from '../../../model/snapshot.ts';
import { recogniseProcess } from '../../../semantics/node/components.ts';
import { readGetfacl } from '../access-lists.ts';
import { gapOf, problemOf } from '../file-problem.ts';
import type { FileReader } from '../file-reader.ts';
import { type AccessLists, type ByteOrder, listKey, type NodeSource } from '../node-source.ts';
import { assembleProcess, componentVariables, type Processes } from '../processes.ts';
import { readArchive } from './archive.ts';
import { BundleReader } from './bundle-reader.ts';
import { bundleVersion } from './node-script.ts';

export interface BundleOptions {
  /** The bundle's file, or what it is called where `content` is at hand. */
  readonly at: string;
  readonly content?: Buffer | undefined;
  readonly pids?: readonly number[] | undefined;
}

const partName =
  /^(?:bundle|sockets|(?:host|\d{1,10})\/(?:stat|links|missing|listed|texts|acl|space|text\/\d{1,7})|process\/\d{1,10}\/(?:cmdline|exe|cgroup|stat|status|environ|files)|system\/(?:proc|sys)\/[A-Za-z0-9_./-]{1,90})$/;

/** Compressed; what it unpacks to has a limit of its own. */
const maxFileBytes = 128 * 1024 * 1024;

const hint = 'it must be what the script of "bulwark node script" wrote on the node';

/** A node from the archive that the script of `bulwark node script` wrote there. What is wrong with it is in `gaps`. */
export class BundleSource implements NodeSource {
  readonly host: FileReader;
  readonly gaps: readonly Gap[];
  readonly name: string;
  readonly byteOrder: ByteOrder;
  private readonly parts: ReadonlyMap<string, Buffer>;
  private readonly pids: readonly number[] | undefined;

  constructor({ at, content, pids }: BundleOptions) {
    this.pids = pids;
    const { parts, gaps } = openParts(at, content ?? readBundleFile(at));
    const header = new Map<string, string>();
    for (const line of (parts.get('bundle')?.toString('utf8') ?? '').split('\n').slice(1)) {
      const space = line.indexOf(' ');
      if (space > 0) header.set(line.slice(0, space), line.slice(space + 1));
    }
    this.parts = parts;
    this.gaps = gaps;
    this.name = header.get('name') || (at.split('/').at(-1) ?? at);
    this.byteOrder = header.get('order') === 'big' ? 'big' : 'little';
    this.host = this.reader('host', header.get('from') === 'root' ? 'refuse' : 'stay');
  }

  processes(): Processes {
    const gaps: Gap[] = [];
    const processes: ProcessEvidence[] = [];
    for (const pid of this.pids ?? this.processIds()) {
      const part = (name: string): string | undefined => this.text(`process/${pid}/${name}`);
      const written = part('cmdline')?.replace(/\n+$/, '');
      if (written === undefined || written === '') continue;
      const argv = written.split('\n').map((word) => word.replaceAll('\x01', '\n'));
      const exe = (part('exe') ?? '').replace(/\n$/, '');
      if (recogniseProcess(exe, argv) === undefined) continue;
      const variables = part('environ');
      const process = assembleProcess({
        pid,
        exe,
        argv,
        stat: part('stat') ?? '',
        cgroup: part('cgroup') ?? '',
        status: part('status') ?? '',
      });
      processes.push({
        ...process,
        env: componentVariables((variables ?? '').split('\n').map((line) => line.replaceAll('\x01', '\n'))),
      });
      const unread = exe === '' ? 'exe' : variables === undefined ? 'environ' : undefined;
      if (unread !== undefined) gaps.push(gapOf(`/proc/${pid}/${unread}`, denied));
    }
    return { processes, gaps };
  }

  filesOf({ pid }: ProcessEvidence): FileReader | 'host' | Gap | undefined {
    const files = this.text(`process/${pid}/files`)?.trim();
    if (files === 'host') return 'host';
    if (files === 'unknown') return gapOf(`/proc/${pid}/root`, denied);
    return this.parts.has(`${pid}/stat`) ? this.reader(String(pid), 'stay') : undefined;
  }

  kernelFile(path: string): string | undefined {
    return this.text(`system${path}`);
  }

  socketOwners(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
    const owners = new Map<string, number>();
    for (const line of (this.text('sockets') ?? '').split('\n')) {
      const [, inode, pid] = /^(\d+) (\d{1,10})$/.exec(line) ?? [];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, Number(pid));
    }
    return owners;
  }

  async accessLists(files: readonly FileEvidence[]): Promise<AccessLists | undefined> {
    const byStore = new Map<string, ReadonlyMap<string, readonly string[]>>();
    const found = new Map<string, readonly string[]>();
    if (!this.parts.has('host/acl')) return undefined;
    for (const file of files) {
      const store = String(file.process ?? 'host');
      const lists = byStore.get(store) ?? readGetfacl(this.text(`${store}/acl`) ?? '');
      byStore.set(store, lists);
      const entries = lists.get(file.path);
      if (entries !== undefined) found.set(listKey(file), entries);
    }
    return found;
  }

  close(): void {
    // It holds nothing open.
  }

  private reader(store: string, above: 'stay' | 'refuse'): BundleReader {
    return new BundleReader((name) => this.parts.get(`${store}/${name}`), above);
  }

  private text(name: string): string | undefined {
    return this.parts.get(name)?.toString('utf8');
  }

  private processIds(): number[] {
    const ids = new Set<number>();
    for (const name of this.parts.keys()) {
      const [, id] = /^process\/(\d+)\/cmdline$/.exec(name) ?? [];
      if (id !== undefined) ids.add(Number(id));
    }
    return [...ids].sort((a, b) => a - b);
  }
}

const denied = { kind: 'unreadable', reason: 'permission denied' } as const;

interface Opened {
  readonly parts: ReadonlyMap<string, Buffer>;
  readonly gaps: readonly Gap[];
}

function openParts(at: string, content: Buffer | Gap): Opened {
  if (!Buffer.isBuffer(content)) return { parts: new Map(), gaps: [content] };
  const { files, problems } = readArchive(content, (name) => partName.test(name));
  const gaps = problems.map(
    ({ kind, entry, reason }): Gap => ({
      code: kind,
      what: entry === undefined ? at : `${at}: ${entry}`,
      reason,
      hint,
    }),
  );
  const version = files.get('bundle')?.toString('utf8').split('\n')[0];
  if (version === bundleVersion) return { parts: files, gaps };
  const reason =
    version === undefined ? 'not a bundle of a node' : 'a bundle of another version, which is not understood';
  const other: Gap = { code: 'malformed', what: at, reason, hint };
  return { parts: new Map(), gaps: gaps.length > 0 && version === undefined ? gaps : [...gaps, other] };
}

function readBundleFile(at: string): Buffer | Gap {
  let fd: number | undefined;
  try {
    fd = openSync(at, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (!stats.isFile()) return { code: 'unreadable', what: at, reason: 'not a file', hint };
    if (stats.size > maxFileBytes) {
      return { code: 'too-large', what: at, reason: `larger than ${maxFileBytes / 1024 / 1024} MiB`, hint };
    }
    return readFileSync(fd);
  } catch (error) {
    return { code: 'unreadable', what: at, reason: problemOf(error).reason };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
