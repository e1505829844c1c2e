import type { JsonObject } from './json.ts';
import type { KubeObject } from './snapshot.ts';

/** What the API server asks a webhook about, or a chain that is simulated: admission.k8s.io/v1 AdmissionRequest. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  /** Empty for the object itself: `ephemeralcontainers`, `resize`, `status`. */
  readonly subResource: string;
  /** Empty on a create with `generateName`. */
  readonly name: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly operation: AdmissionOperation;
  readonly userInfo: AdmissionUser;
  /** Undefined on DELETE. */
  readonly object: JsonObject | undefined;
  /** Undefined on CREATE and CONNECT. */
  readonly oldObject: JsonObject | undefined;
  readonly options: JsonObject | undefined;
  readonly dryRun: boolean;
  /** The whole request as it came in, for expressions that ask for any of its fields. */
  readonly value: JsonObject;
}

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export interface AdmissionUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** What one stage of admission, or all of them, say of a request. */
export interface AdmissionDecision {
  readonly allowed: boolean;
  /** Every reason against it, in the words of the stage that gives it; empty where it is allowed. */
  readonly denials: readonly Denial[];
  /** For the user, each at most 256 bytes and without line breaks. */
  readonly warnings: readonly string[];
  /** Without the webhook's prefix, which the API server puts before each key. */
  readonly auditAnnotations: ReadonlyMap<string, string>;
  /** RFC 6902, of a mutating stage; empty where nothing is changed. */
  readonly patch: readonly JsonPatchOperation[];
}

export interface Denial {
  /** The policy that refuses: `PodSecurity "restricted:latest"`, `control pods/privileged`, `policy images`. */
  readonly policy: string;
  readonly message: string;
  /** The container that it is about, so that what is wrong with one can be told together. */
  readonly container?: string;
  /** HTTP status for the client; 403 unless the policy says otherwise. */
  readonly code: number;
  readonly reason: string;
}

export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * What a decision may know of the cluster besides the request. Filled by informers in the webhook, and from a snapshot
 * or manifests by simulations. An answer of `undefined` says that the object is not there; a kind that could not be
 * read at all is in `unread`, and policies that need it must say so and not guess.
 */
export interface ClusterView {
  namespace(name: string): JsonObject | undefined;
  /** All objects of a kind that are known: `policy/v1beta1 PodSecurityPolicy` as group and kind. */
  objects(group: string, kind: string): readonly KubeObject[];
  /** Group and kind, as `rbac.authorization.k8s.io/Role`, to why they could not be read. */
  readonly unread: ReadonlyMap<string, string>;
  /** The minor of Kubernetes 1.x that serves the cluster; undefined where nobody knows. */
  readonly serverMinor: number | undefined;
}
