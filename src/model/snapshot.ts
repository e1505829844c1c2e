import type { EtcdDataEvidence } from './etcd-data.ts';
import type { JsonObject } from './json.ts';
import type { KubeconfigEvidence } from './kubeconfig.ts';
import type { NodeEvidence } from './node.ts';
import type { Path } from './path.ts';

/** Everything that one run read, as plain data. Judging a saved snapshot gives the same result as judging it live. */
export interface Snapshot {
  readonly schema: 'bulwark.snapshot/v1';
  /** RFC 3339. Expiry and end of life are judged against it, never against the clock. */
  readonly takenAt: string;
  readonly objects: readonly KubeObject[];
  /** Documents that gave no object, each with the reason. */
  readonly inputs: readonly SkippedInput[];
  readonly gaps: readonly Gap[];
  readonly cluster?: ClusterInfo;
  /** The nodes whose processes and files were read. */
  readonly nodes?: readonly NodeEvidence[];
  /** Those of the user who ran Bulwark, where they were asked for. */
  readonly kubeconfigs?: KubeconfigEvidence;
  /** What lies in etcd: of the snapshots and members that were named, and of the nodes' own databases. */
  readonly etcd?: readonly EtcdDataEvidence[];
}

export interface ClusterInfo {
  readonly server: string;
  /** As `/version` answers: `v1.20.2`. */
  readonly version?: string;
  /** Every `group/version` that the server has, sorted. */
  readonly apiVersions?: readonly string[];
  /** The namespaces that the scan was limited to; nothing of the cluster's own was read then. */
  readonly namespaces?: readonly string[];
  /** What could not be read and a scan is complete without, such as Secrets: told in the report, and no gap. */
  readonly unread?: readonly Gap[];
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Undefined for cluster-scoped objects and for manifests that leave it to whoever applies them. */
  readonly namespace: string | undefined;
  readonly value: JsonObject;
  readonly source: Source;
  /** Mapping keys that the document repeats inside this object (the last one wins). */
  readonly duplicateKeys?: readonly DuplicateKey[];
  /** Comments in it that accept findings. */
  readonly ignoreComments?: readonly IgnoreComment[];
}

/** `# bulwark:ignore …` in a manifest. */
export interface IgnoreComment {
  /** What follows `bulwark:ignore`. */
  readonly text: string;
  /** In the object's file, from 1. */
  readonly line: number;
  /** What it is about, from the object's root; absent: nothing follows it. */
  readonly path?: Path;
}

export interface DuplicateKey {
  readonly path: Path;
  /** The occurrence that wins, and the one that it hides. */
  readonly region: Region;
  readonly hidden: Region;
}

/** Where an object was read. */
export interface Source {
  /** Path as the user wrote it, `-` for stdin, or the API path of the object. */
  readonly file: string;
  /** 0-based index of the YAML document within the file. */
  readonly document: number;
  /** Path from the document's root to the object: non-empty for items of a List. */
  readonly base: Path;
  readonly rendered?: Rendered;
  /** Absent for objects that were read from an API server. */
  readonly positions?: Positions;
}

/** How rendered output came to be. `from` is the chart or overlay folder. */
export interface Rendered {
  readonly by: 'helm' | 'kustomize';
  readonly from: string;
  /** The template or resource file, where the renderer names it. */
  readonly template?: string;
}

/** Lines and columns count from 1; columns are UTF-16 code units; the end is exclusive. */
export interface Region {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Finds a place in a document. */
export interface Positions {
  /** The key and value at `path` (from the document's root), or their nearest existing ancestor. */
  locate(path: Path): Region | undefined;
  /** Plain data for a saved snapshot; see `yaml/saved-positions.ts`. */
  toJSON(): unknown;
}

export type SkippedBucket = 'not-applicable' | 'unparsable' | 'unrendered';

/** A document, or a whole file, that gave no object. */
export interface SkippedInput {
  readonly file: string;
  readonly document?: number;
  readonly line?: number;
  readonly column?: number;
  readonly bucket: SkippedBucket;
  readonly reason: string;
  /** What the user can do about it. */
  readonly hint?: string;
}

/** Evidence that is missing. A gap makes the run incomplete: exit code 3. */
export interface Gap {
  readonly code: GapCode;
  /** What could not be read: a file, a URL, a resource. */
  readonly what: string;
  readonly reason: string;
  readonly hint?: string;
  readonly region?: Region;
  /** The RBAC rule that would close it. */
  readonly rule?: PolicyRule;
}

export type GapCode =
  | 'unreadable'
  | 'malformed'
  | 'forbidden'
  | 'unavailable'
  | 'interrupted'
  | 'too-large'
  | 'render-failed';

/** rbac.authorization.k8s.io/v1 PolicyRule, the parts that are used here. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}
