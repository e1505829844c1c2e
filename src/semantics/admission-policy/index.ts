/**
 * ValidatingAdmissionPolicies and their bindings, decided as the API server decides them, offline and for a version of
 * Kubernetes. Every denial is told, where the API server tells the first.
 *
 * Sources: kubernetes pkg/apis/admissionregistration and apiserver pkg/admission/plugin/policy/validating.
 */
import type { KubeObject } from '../../model/snapshot.ts';
import type { AdmissionPolicySet, LoadedPolicies, LoadOptions } from './policy-set.ts';
import type { ConditionsResult } from './webhook-conditions.ts';

export type {
  AccessAnswer,
  AccessAttributes,
  AdmissionPolicySet,
  Authorise,
  EvaluateOptions,
  LoadedPolicies,
  LoadOptions,
  PolicyDecision,
  PolicyProblem,
  PolicyScope,
  ResourceRule,
} from './policy-set.ts';
export type { ConditionsResult, WebhookConditions } from './webhook-conditions.ts';

/**
 * The policies among objects of any kind. What cannot be evaluated is refused here, by name, and is not in the set; a
 * set without it still decides. The engine is loaded only where there is a policy.
 */
export async function loadAdmissionPolicies(
  objects: readonly KubeObject[],
  options: LoadOptions,
): Promise<LoadedPolicies> {
  const policies = objects.filter((object) => isOf(object, 'ValidatingAdmissionPolicy'));
  const bindings = objects.filter((object) => isOf(object, 'ValidatingAdmissionPolicyBinding'));
  if (policies.length === 0 && bindings.length === 0) return { policies: noPolicies, problems: [] };
  const { compilePolicies } = await import('./compiled-set.ts');
  return compilePolicies(policies, bindings, options);
}

/** The `matchConditions` of a webhook; the engine is loaded only where there is one. */
export async function loadWebhookConditions(
  sources: readonly { readonly name: string; readonly expression: string }[],
  options: LoadOptions,
): Promise<ConditionsResult> {
  if (sources.length === 0) return { conditions: { evaluate: () => 'match' }, problems: [] };
  const { compileWebhookConditions } = await import('./webhook-conditions.ts');
  return compileWebhookConditions(sources, options.serverMinor);
}

const noPolicies: AdmissionPolicySet = {
  names: [],
  scopes: [],
  evaluate: () => ({
    allowed: true,
    denials: [],
    warnings: [],
    auditAnnotations: new Map(),
    patch: [],
    serverAnswer: undefined,
  }),
};

function isOf({ apiVersion, kind }: KubeObject, wanted: string): boolean {
  return kind === wanted && apiVersion.startsWith('admissionregistration.k8s.io/');
}
