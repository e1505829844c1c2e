/*
 * What one node shows: its processes, files and accounts, as they were read and with nothing judged. Secrets are
 * redacted when they are read: a private key, token or password is never in a snapshot.
 */

export interface NodeEvidence {
  /** The host's own name. */
  readonly name: string;
  /** `host`: this machine. `root`: a mounted or unpacked file system, without processes. */
  readonly from: 'host' | 'root' | 'bundle';
  /** `/`, the folder, or the bundle's file, as the user named it. */
  readonly at: string;
  readonly processes: readonly ProcessEvidence[];
  readonly files: readonly FileEvidence[];
  readonly users: readonly Account[];
  readonly groups: readonly Account[];
}

export interface Account {
  readonly id: number;
  readonly name: string;
}

/** A process of a Kubernetes component, found by its executable. */
export interface ProcessEvidence {
  readonly pid: number;
  readonly parent: number;
  /** Path of the executable, in the process's own mount namespace. */
  readonly exe: string;
  readonly argv: readonly string[];
  /** Only variables that configure a component (`ETCD_*`); never the whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Id of the container that it runs in, from its cgroup. */
  readonly container?: string;
}

export type FileType = 'file' | 'directory' | 'symlink' | 'socket' | 'other';

export interface FileEvidence {
  /** Absolute, on the node: never with the folder of `--root` in front. */
  readonly path: string;
  readonly type: FileType;
  /** Permission bits with set-uid, set-gid and sticky: 0o0640. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** RFC 3339. */
  readonly modified: string;
  /** Of a symbolic link: where it leads, as it is written. */
  readonly target?: string;
  /** Text of a configuration file, credentials redacted; certificates of a certificate file. Absent: not read. */
  readonly text?: string;
  /**
   * The process whose mount namespace the path is in, where that is not the host's: a component in a container. Such a
   * file may be one of the host's too, and is then listed once more without this.
   */
  readonly process?: number;
  /** What the file holds that was not kept. */
  readonly secret?: 'private-key' | 'token' | 'kubeconfig-credential' | 'encryption-key' | 'password';
}
