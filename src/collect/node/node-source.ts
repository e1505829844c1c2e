import type { FileEvidence, ProcessEvidence } from '../../model/node.ts';
import type { Gap } from '../../model/snapshot.ts';
import type { FileReader } from './file-reader.ts';
import type { Processes } from './processes.ts';

export type ByteOrder = 'big' | 'little';

/** Where a node's evidence comes from: this machine, a folder that holds a node's files, or a bundle of another node. */
export interface NodeSource {
  readonly host: FileReader;
  /** What is wrong with the source as a whole. */
  readonly gaps: readonly Gap[];
  /** What the machine calls itself, where no file says. */
  readonly name: string;
  /** Of the node's processor: the kernel prints addresses in it. */
  readonly byteOrder: ByteOrder;
  /** Of components and what belongs to them; none where there is no running system. */
  processes(): Processes;
  /**
   * The files as a process sees them: `host` where they are the host's, undefined where the process ended meanwhile,
   * and a gap where they cannot be told.
   */
  filesOf(process: ProcessEvidence): FileReader | 'host' | Gap | undefined;
  /** A file of /proc or /sys; undefined where there is none, and for files without a kernel of their own. */
  kernelFile(path: string): string | undefined;
  /** The processes that hold sockets, by inode of the socket. */
  socketOwners(inodes: ReadonlySet<string>): ReadonlyMap<string, number>;
  /** What getfacl(1) prints about the files, which it names in the same order; undefined where it cannot be asked. */
  accessLists(files: readonly FileEvidence[]): Promise<AccessLists | undefined>;
  close(): void;
}

/** The entries of each file's list as getfacl(1) prints them, without comments; `listKey` is the key. */
export type AccessLists = ReadonlyMap<string, readonly string[]>;

export function listKey({ path, process }: Pick<FileEvidence, 'path' | 'process'>): string {
  return `${process ?? ''}:${path}`;
}
