import type { Offence } from './check.ts';
import { formatPolicy, type PodSecurityPolicy } from './policy.ts';
import { quoteGo } from './wording.ts';

/** `reason (detail), reason (detail)`. */
export function formatResults(results: readonly Pick<Offence, 'reason' | 'detail'>[]): string {
  return results.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

/**
 * The message of the 403 with which the API server refuses a pod. `podName` is empty for a pod that has none yet.
 * Source: pod-security-admission, admission/admission.go.
 */
export function formatDenial(
  podName: string,
  policy: PodSecurityPolicy,
  results: readonly Pick<Offence, 'reason' | 'detail'>[],
): string {
  const pod = podName === '' ? 'pods' : `pods ${quoteGo(podName)}`;
  return `${pod} is forbidden: violates PodSecurity ${quoteGo(formatPolicy(policy))}: ${formatResults(results)}`;
}

/** The text of a warning, and of the `audit-violations` annotation. */
export function formatWarning(
  policy: PodSecurityPolicy,
  results: readonly Pick<Offence, 'reason' | 'detail'>[],
): string {
  return `would violate PodSecurity ${quoteGo(formatPolicy(policy))}: ${formatResults(results)}`;
}
