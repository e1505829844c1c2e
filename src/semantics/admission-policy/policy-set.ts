import type { AdmissionDecision, AdmissionRequest, AdmissionUser, ClusterView, Denial } from '../../model/admission.ts';
import type { Path } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';

/** ValidatingAdmissionPolicies and their bindings, ready to judge requests. */
export interface AdmissionPolicySet {
  /** The policies that are in force, that is, bound: names, sorted. */
  readonly names: readonly string[];
  /** What a webhook must be sent so that every policy sees its requests: one for each of `names`. */
  readonly scopes: readonly PolicyScope[];
  /** Synchronous, and never throws: what fails is a denial or not, as the policy's `failurePolicy` says. */
  evaluate(request: AdmissionRequest, view: ClusterView, options: EvaluateOptions): PolicyDecision;
}

/** What a policy is asked about. */
export interface PolicyScope {
  readonly name: string;
  /** Whether any binding has what fails refused; the others warn, or leave an audit annotation. */
  readonly denies: boolean;
  readonly rules: readonly ResourceRule[];
}

export interface PolicyDecision extends AdmissionDecision {
  /** The API server answers with the first denial only; `denials` holds all of them. */
  readonly serverAnswer: Denial | undefined;
}

export interface EvaluateOptions {
  /** Who may do what, for expressions that ask `authorizer`; without it each such question is an error. */
  readonly authorise?: Authorise;
  /** Whether time is up: asked now and then, and what still runs then ends with an error. */
  readonly deadline?: () => boolean;
}

export type Authorise = (user: AdmissionUser, attributes: AccessAttributes) => AccessAnswer;

export type AccessAttributes =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly verb: string; readonly path: string };

export interface AccessAnswer {
  readonly answer: 'allowed' | 'denied' | 'unknown';
  /** Why; for `unknown`, what is missing. */
  readonly reason: string;
}

/** As in `rules` of a ValidatingWebhookConfiguration. */
export interface ResourceRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly string[];
  readonly resources: readonly string[];
  readonly scope: '*' | 'Cluster' | 'Namespaced';
}

/** Something that is wrong with a policy or binding. */
export interface PolicyProblem {
  readonly object: KubeObject;
  /** The field, from the object's root. */
  readonly path: Path;
  /** Names the policy or binding, and says what is wrong with it. */
  readonly message: string;
  /** An `error` keeps the policy or binding out of the set; with a `warning` it is in force. */
  readonly severity: 'error' | 'warning';
}

export interface LoadOptions {
  /**
   * The minor of the API server that is imitated. Where it is not set, everything that is known may be used: a webhook
   * of our own evaluates policies on servers that have none.
   */
  readonly serverMinor?: number;
}

export interface LoadedPolicies {
  readonly policies: AdmissionPolicySet;
  readonly problems: readonly PolicyProblem[];
}
