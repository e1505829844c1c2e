/*
 * What one node shows: its processes, files and accounts, as they were read and with nothing judged. Secrets are
 * redacted when they are read: a private key, token or password is never in a snapshot.
 */

import type { Gap } from './snapshot.ts';

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
  readonly groups: readonly Group[];
  /** What the kernel and the host's own services say. Absent where an older collector wrote the evidence. */
  readonly host?: HostEvidence;
  /** What could not be read here and a scan is complete without: told in the report, and no gap. */
  readonly unread?: readonly Gap[];
}

export interface Account {
  readonly id: number;
  readonly name: string;
}

export interface Group extends Account {
  /** The users that the group file lists; those whose primary group it is are not among them. */
  readonly members?: readonly string[];
}

/** Of the host, not of a container. What could not be read is absent, never an empty value. */
export interface HostEvidence {
  /** `/etc/os-release`: `ID`, `VERSION_ID`, `PRETTY_NAME`. */
  readonly os?: Readonly<Record<string, string>>;
  /** Kernel release, as `uname -r` prints it. */
  readonly kernel?: string;
  /** Values by name with dots: `kernel.panic`. Only those that a control or the kubelet asks for. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Devices and files that are swapped to, now. */
  readonly swaps?: readonly string[];
  /** Linux security modules that are on, of `/sys/kernel/security/lsm`. */
  readonly securityModules?: readonly string[];
  readonly selinux?: 'enforcing' | 'permissive' | 'disabled';
  /** Whether the kernel filters system calls, from `Seccomp:` of a process. */
  readonly seccomp?: boolean;
  readonly listeners?: readonly ListenerEvidence[];
  readonly filesystems?: readonly FilesystemEvidence[];
  readonly administrators?: AdministratorEvidence;
}

/** A TCP port that a process listens on. */
export interface ListenerEvidence {
  /** `0.0.0.0`, `::`, `127.0.0.1`, `::1` or an address of the node. */
  readonly address: string;
  readonly port: number;
  readonly pid?: number;
}

/** Space of the file system that holds `path`, in bytes. */
export interface FilesystemEvidence {
  readonly path: string;
  readonly total: number;
  /** For users other than root. */
  readonly available: number;
}

export interface AdministratorEvidence {
  /** Names of the accounts with user id 0. */
  readonly superusers: readonly string[];
  /** Who `sudo` lets be root, as the rule names them (`%wheel`, `deploy`), and whether without a password. */
  readonly sudoers: readonly { readonly who: string; readonly withoutPassword: boolean; readonly where: string }[];
  /** Keywords in lower case with their first value, which is the one in force; absent without a sshd configuration. */
  readonly sshd?: Readonly<Record<string, { readonly value: string; readonly where: string; readonly line: number }>>;
  /** How many keys each file holds; never the keys. */
  readonly authorizedKeys: readonly { readonly user: string; readonly path: string; readonly keys: number }[];
}

/** A process of a Kubernetes component, or of `kubectl proxy` or `port-forward`, found by its executable. */
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
  /** Effective user id. */
  readonly uid?: number;
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
  /** Entries of a POSIX access control list beyond the mode, as getfacl(1) writes them: `user:1000:r--`. */
  readonly acl?: readonly string[];
  /** Of a symbolic link: where it leads, as it is written. */
  readonly target?: string;
  /** Text of a configuration file, credentials redacted; certificates of a certificate file. Absent: not read. */
  readonly text?: string;
  /**
   * The process whose mount namespace the path is in, where that is not the host's: a component in a container. Such a
   * file may be one of the host's too, and is then listed once more without this.
   */
  readonly process?: number;
  /** Why its content, or what is in the folder, was not read: it is there, and what it holds is not known. */
  readonly unread?: string;
  /** What the file holds that was not kept. */
  readonly secret?: 'private-key' | 'token' | 'kubeconfig-credential' | 'encryption-key' | 'password';
}
