/**
 * PodSecurityPolicy, as the admission plugin of Kubernetes 1.20 applies it: which policy lets a pod in, what it sets on
 * it, and what the others have against it, in the API server's own words. Pure, and usable alone:
 *
 *     const policies = objects.map(readPodSecurityPolicy);
 *     const use = policyUse(access, { namespace: 'shop', serviceAccountName: 'web', user: identityOf('anne') });
 *     const decision = admitPod({
 *       pod: beforeAdmission(manifest),
 *       policies,
 *       operation: 'CREATE',
 *       mayUse: (policy) => use(policy).by !== undefined,
 *     });
 *     if (!decision.allowed) print(`pods "web-0" is forbidden: ${decision.message}`);
 *     for (const { path, was, is } of decision.changes) print(formatPath(path), was, is);
 *
 * and for the way out of it, which every cluster has to take before v1.25:
 *
 *     const { level, blockers, lost, traps } = fitsPodSecurity(policy);
 *     const set = silentlyMutated(pod, deployment.spec.template);
 */
export {
  admitPod,
  type PolicyDecision,
  type PolicyRefusal,
  type PolicyRequest,
  type PolicyTrial,
  tryPolicy,
} from './admit.ts';
export { beforeAdmission, type PodServiceAccount } from './before-admission.ts';
export { applyChanges, type Change } from './change.ts';
export {
  type ExplainedPolicy,
  explainAdmission,
  explanationLines,
  type PolicyExplanation,
  type PolicyOutcome,
} from './explain.ts';
export type { FieldError } from './field-error.ts';
export { type FitBlocker, fitsPodSecurity, type LostControl, type PodSecurityFit } from './fits.ts';
export { lintPodSecurityPolicy } from './lint.ts';
export {
  type ContainerView,
  containerSeccomp,
  judgedContainers,
  type PodView,
  podSeccomp,
  viewPod,
} from './pod-view.ts';
export { type PodSecurityPolicy, readPodSecurityPolicy } from './policy.ts';
export { prepareForCreate } from './prepare-for-create.ts';
export { appArmorContainerPrefix, policyAnnotations, seccompPodAnnotation, validatedAnnotation } from './profiles.ts';
export { safeSysctls } from './safe-sysctls.ts';
export { silentlyMutated } from './silently-mutated.ts';
export { type PolicyUse, type PolicyUser, policyUse } from './use.ts';
export { validatePod } from './validate-pod.ts';
