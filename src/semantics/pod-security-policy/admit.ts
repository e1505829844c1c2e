import { equalJson } from '../../model/equal-json.ts';
import { isObject, type JsonObject, own } from '../../model/json.ts';
import { applyChanges, type Change } from './change.ts';
import type { FieldError } from './field-error.ts';
import { mutationsOf } from './mutate.ts';
import { annotationPath, type PodView, viewPod } from './pod-view.ts';
import { type PodSecurityPolicy, procMountTypes } from './policy.ts';
import { prepareForCreate } from './prepare-for-create.ts';
import { validatedAnnotation } from './profiles.ts';
import { validatePod } from './validate-pod.ts';

export interface PolicyRequest {
  /** As the plugin gets it: see `beforeAdmission` for what the API server and its other plugins do to a manifest first. */
  readonly pod: JsonObject;
  /** On UPDATE: changes of owners, finalizers and managed fields alone are let through. */
  readonly oldPod?: JsonObject;
  readonly operation: 'CREATE' | 'UPDATE';
  /** All that the cluster has, in any order. */
  readonly policies: readonly PodSecurityPolicy[];
  /** Whether the pod's service account, or else whoever asks, may `use` a policy of this name in the pod's namespace. */
  mayUse(policy: string): boolean;
}

/** What the plugin answers. */
export interface PolicyDecision {
  readonly allowed: boolean;
  /** The policy that let the pod in and whose changes it has; undefined on UPDATE, where nothing is changed. */
  readonly policy: string | undefined;
  /** The policy that the pod, as it is then, passes without a change. */
  readonly validatedBy: string | undefined;
  /** As it is stored where it is allowed; as it came where not. */
  readonly pod: JsonObject;
  /** What the policy set. */
  readonly changes: readonly Change[];
  /** What the plugin writes on the pod: `kubernetes.io/psp`. */
  readonly annotations: ReadonlyMap<string, string>;
  readonly auditAnnotations: ReadonlyMap<string, string>;
  /** Of the policies that may be used, by name; the plugin itself prints them in no order and without the names. */
  readonly refusals: readonly PolicyRefusal[];
  /** After `pods "x" is forbidden: `; undefined where it is allowed. */
  readonly message: string | undefined;
}

export interface PolicyRefusal {
  readonly policy: string;
  readonly errors: readonly FieldError[];
}

const auditPrefix = 'podsecuritypolicy.policy.k8s.io';

/**
 * Decides as the admission plugin PodSecurityPolicy of v1.20 does for a pod itself (it lets every request for a subresource
 * through, ephemeral containers among them), both of its phases: on CREATE a policy is chosen and
 * may set fields, and then some policy must pass the result as it is; on UPDATE only the latter. Source:
 * plugin/pkg/admission/security/podsecuritypolicy/admission.go.
 */
export function admitPod(request: PolicyRequest): PolicyDecision {
  const { pod, oldPod, operation } = request;
  if (operation === 'UPDATE') {
    if (oldPod !== undefined && isOnlyHousekeeping(pod, oldPod)) return { ...nothingDone, allowed: true, pod };
    return validated(request, { ...nothingDone, pod });
  }
  const found = computeSecurityContext(request, pod, 'mutation-allowed');
  if (found.kind === 'none') return { ...nothingDone, pod, ...denial(found, 'admit') };
  const annotations = new Map([[validatedAnnotation, found.policy]]);
  const procMount = request.policies.some((policy) => procMountTypes(policy).length > 0) ? 'on' : 'off';
  const annotated: Change = { path: annotationPath(validatedAnnotation), was: undefined, is: found.policy };
  return validated(request, {
    ...nothingDone,
    policy: found.policy,
    pod: prepareForCreate(applyChanges(pod, [...found.changes, annotated]), { procMount }),
    changes: found.changes,
    annotations,
    auditAnnotations: new Map([[`${auditPrefix}/admit-policy`, found.policy]]),
  });
}

const nothingDone = {
  allowed: false,
  policy: undefined,
  validatedBy: undefined,
  changes: [],
  annotations: new Map<string, string>(),
  auditAnnotations: new Map<string, string>(),
  refusals: [],
  message: undefined,
} as const;

function validated(request: PolicyRequest, admitted: PolicyDecision): PolicyDecision {
  const found = computeSecurityContext(request, admitted.pod, 'as-it-is');
  if (found.kind === 'none') return { ...nothingDone, pod: request.pod, ...denial(found, 'validate') };
  const auditAnnotations = new Map(admitted.auditAnnotations).set(`${auditPrefix}/validate-policy`, found.policy);
  return { ...admitted, allowed: true, validatedBy: found.policy, auditAnnotations };
}

type Found =
  | { readonly kind: 'policy'; readonly policy: string; readonly changes: readonly Change[] }
  | { readonly kind: 'none'; readonly refusals: readonly PolicyRefusal[] | 'no-providers' };

/** The first policy by name that changes nothing; else, where it may change something, the first of all. */
function computeSecurityContext(
  { policies, mayUse }: PolicyRequest,
  pod: JsonObject,
  mode: 'mutation-allowed' | 'as-it-is',
): Found {
  const view = viewPod(pod);
  const hint = mode === 'as-it-is' ? view.pod.annotations.get(validatedAnnotation) : undefined;
  const usable = policies.filter(({ unusable }) => unusable.length === 0);
  if (usable.length === 0) return { kind: 'none', refusals: 'no-providers' };
  const refused: PolicyRefusal[] = [];
  let mutating: Found | undefined;
  for (const policy of inOrder(usable, hint)) {
    const { changes, errors } = tryPolicy(policy, view);
    if (errors.length > 0) {
      refused.push({ policy: policy.name, errors });
      continue;
    }
    // Once one is found that changes the pod, only one that does not can still take its place.
    if (changes.length > 0 && (mode === 'as-it-is' || mutating !== undefined)) continue;
    if (!mayUse(policy.name)) continue;
    const found: Found = { kind: 'policy', policy: policy.name, changes };
    if (changes.length === 0) return found;
    mutating = found;
  }
  if (mutating !== undefined) return mutating;
  const told = refused.filter(({ policy }) => mayUse(policy));
  return { kind: 'none', refusals: told.sort((a, b) => (a.policy < b.policy ? -1 : 1)) };
}

/** By name; the one that the pod's annotation names goes first, so that it is found soon. */
function inOrder(policies: readonly PodSecurityPolicy[], hint: string | undefined): readonly PodSecurityPolicy[] {
  const sorted = [...policies].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const first = sorted.filter(({ name }) => name === hint);
  return [...first, ...sorted.filter(({ name }) => name !== hint)];
}

export interface PolicyTrial {
  /** What the policy sets before it judges. */
  readonly changes: readonly Change[];
  readonly errors: readonly FieldError[];
}

/** What one policy alone makes of a pod. */
export function tryPolicy(policy: PodSecurityPolicy, view: PodView): PolicyTrial {
  const changes = mutationsOf(policy, view);
  const changed = changes.length === 0 ? view : viewPod(applyChanges(view.object, changes));
  return { changes, errors: validatePod(policy, changed) };
}

function denial(
  found: Found & { readonly kind: 'none' },
  phase: 'admit' | 'validate',
): Pick<PolicyDecision, 'refusals' | 'message'> {
  if (found.refusals === 'no-providers') {
    return { refusals: [], message: 'PodSecurityPolicy: no providers available to validate pod request' };
  }
  const errors = found.refusals.flatMap((refusal) => refusal.errors.map(({ text }) => text));
  const message = `PodSecurityPolicy: unable to ${phase} pod: [${errors.join(' ')}]`;
  return { refusals: found.refusals, message };
}

/** Of garbage collection: whoever may update and delete a pod may do so, whatever the policies. */
function isOnlyHousekeeping(pod: JsonObject, oldPod: JsonObject): boolean {
  return equalJson(withoutHousekeeping(pod), withoutHousekeeping(oldPod));
}

function withoutHousekeeping(pod: JsonObject): JsonObject {
  const metadata = own(pod, 'metadata');
  if (!isObject(metadata)) return pod;
  const { ownerReferences: _o, finalizers: _f, managedFields: _m, selfLink: _s, ...kept } = metadata;
  return { ...pod, metadata: kept };
}
