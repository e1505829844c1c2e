/**
 * The Pod Security Standards, as the API server's Pod Security admission applies them: every policy version since
 * v1.0, and what differs between servers at one policy version. Pure, and usable alone:
 *
 *     const { pod } = podFromJson(manifest);
 *     const policy = { level: 'restricted', version: parsePolicyVersion('v1.31') ?? latestVersion } as const;
 *     const results = evaluatePod(pod, policy, { serverMinor: 33 });
 *     if (results.length > 0) print(formatDenial('web-0', policy, results));
 *     for (const { check, violations } of results) {
 *       for (const { path } of violations) print(check, formatPath(path));
 *     }
 *
 * and for what a namespace asks for:
 *
 *     const { enforce, audit, warn, errors } = namespacePolicy(new Map(Object.entries(namespace.metadata.labels)));
 *
 * `evaluatePod` judges the pod that it is given. Exemptions of the server's configuration, and what mutating admission
 * would change first, are the caller's to know.
 */
export { podFromJson } from '../../model/pod.ts';
export {
  admitPodSecurity,
  type PodSecurityAnswer,
  type PodSecurityConfiguration,
  type PodSecurityExemptions,
  type PodSecurityRefusal,
  type PodSecuritySurroundings,
  type PodSecurityWarning,
  pluginConfiguration,
  podSecurityPolicyOf,
} from './admission.ts';
export { isSignificantPodUpdate } from './admission-update.ts';
export { newestPolicyMinor } from './allowed.ts';
export type { PodSecurityCheck, Violation } from './check.ts';
export { podSecurityChecks } from './checks.ts';
export { type EvaluateOptions, evaluatePod, type PodSecurityResult, policyChecks } from './evaluate.ts';
export { formatDenial, formatResults, formatWarning } from './message.ts';
export {
  builtInDefaults,
  formatNamespaceError,
  type LabelError,
  type NamespacePolicy,
  namespacePolicy,
  type PodSecurityMode,
  type PodSecurityPolicies,
  podSecurityLabelPrefix,
  podSecurityModes,
} from './namespace-policy.ts';
export {
  compareLevels,
  formatPolicy,
  latestVersion,
  type PodSecurityLevel,
  type PodSecurityPolicy,
  type PolicyVersion,
  parsePodSecurityLevel,
  parsePolicyVersion,
  podSecurityLevels,
} from './policy.ts';
