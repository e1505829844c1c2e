/*
 * What an etcd holds, counted: how each resource's values are stored, without the values. A snapshot file, a database
 * file and a live member give the same evidence, so that one control judges all three.
 */

export interface EtcdDataEvidence {
  readonly from: 'file' | 'live';
  /** The file as the user named it, or the URL of the member that answered. */
  readonly at: string;
  /** The node whose own database this is, as its evidence names it. */
  readonly node?: { readonly name: string; readonly at: string };
  /** Of a file only. */
  readonly file?: EtcdFileEvidence;
  /** Of a live member only: its version, `3.5.21`. */
  readonly version?: string;
  /** Bytes on disk, and those of them that are in use; the rest are free pages that defragmentation gives back. */
  readonly size: { readonly total: number; readonly inUse: number };
  /** The newest revision that was seen; 0 where there is none. */
  readonly revision: number;
  /** Old revisions up to this one were dropped by the last compaction that finished. Files only. */
  readonly compacted?: number;
  /** `--etcd-prefix` as it was given or guessed from the keys: `/registry`. Absent where no key looks like Kubernetes. */
  readonly prefix?: string;
  /** Sorted by name. */
  readonly resources: readonly StoredResource[];
  /** Live keys outside the prefix: another program's, such as Calico's, and the API server's own `compact_rev_key`. */
  readonly otherKeys: number;
  /** False where a part could not be read, or a limit was reached: counts are then at least, and none is not proof. */
  readonly complete: boolean;
  /** What could not be read, or is not as etcd writes it. */
  readonly problems: readonly string[];
}

export interface EtcdFileEvidence {
  /**
   * `snapshot`: what `etcdctl snapshot save` writes, with its hash at the end. `database`: a `member/snap/db`, which
   * lacks what is only in the write-ahead log beside it (the last 100 ms before a copy, by default).
   */
  readonly kind: 'snapshot' | 'database';
  readonly integrity: EtcdIntegrity;
  /** RFC 3339. Of the file, not of the data: a copy has the time of the copying unless that was kept. */
  readonly modified: string;
  /** Permission bits, and numeric owner. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The permission bits that all folders on the way to it have. Absent where they were not looked at. */
  readonly way?: number;
}

/**
 * Whether a snapshot is what etcd wrote, by the SHA-256 of all that stands before it (`snapshot restore` refuses it
 * otherwise; `snapshot status` does not look). Sizes are in bytes.
 */
export type EtcdIntegrity =
  | { readonly state: 'ok'; readonly hashed: number }
  | { readonly state: 'mismatch'; readonly hashed: number; readonly expected: string; readonly found: string }
  /** A database file has none, nor a snapshot that was cut short. */
  | { readonly state: 'no-hash'; readonly size: number };

/** One resource, and every way in which its values are stored. */
export interface StoredResource {
  /**
   * The API's plural (`secrets`, `deployments`: etcd keys have no group), or `group/resource` of custom resources and
   * of the few built-in ones that are stored so (`apiextensions.k8s.io/customresourcedefinitions`).
   */
  readonly resource: string;
  readonly stored: readonly StoredClass[];
}

export interface StoredClass {
  readonly as: StoredAs;
  /** Values that the API serves now. */
  readonly live: StoredCount;
  /** Older revisions, deleted objects included: in every copy of the database until compaction drops them. Files only. */
  readonly old: StoredCount;
  /**
   * Copies in pages that compaction freed and nothing has overwritten yet: in every copy until defragmentation. One
   * value may be counted more than once. Files only.
   */
  readonly freed: number;
}

export interface StoredCount {
  readonly count: number;
  /** At most three, below the prefix and the resource: `kube-system/bootstrap-token-abcdef`. */
  readonly examples: readonly string[];
}

export type StoredAs =
  | { readonly form: 'plaintext'; readonly encoding: 'protobuf' | 'json' | 'cbor' }
  | {
      readonly form: 'encrypted';
      /** `aescbc`, `aesgcm`, `secretbox` or `kms`; a later Kubernetes may have others. */
      readonly provider: string;
      /** `v1`, `v2`. */
      readonly version: string;
      /** Name of the key, or of the KMS provider. Empty: there are too many to tell apart. */
      readonly key: string;
      /** KMS v2 only: which key of the KMS the value's own key is under, as the plugin calls it. */
      readonly keyId?: string;
    }
  /** Neither a Kubernetes encoding nor an encrypted value, or nothing at all. */
  | { readonly form: 'unknown' };
