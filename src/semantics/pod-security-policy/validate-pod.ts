import { type FieldError, forbidden, invalid, invalidText } from './field-error.ts';
import { goQuote } from './go-syntax.ts';
import { judgedContainers, type PodView, podSeccomp } from './pod-view.ts';
import type { PodSecurityPolicy } from './policy.ts';
import { seccompPodAnnotation } from './profiles.ts';
import { safeSysctls } from './safe-sysctls.ts';
import { validateContainer } from './validate-container.ts';
import { validateGroups, validateSeccomp, validateSelinux } from './validate-ids.ts';
import { validateVolumes } from './validate-volumes.ts';

/**
 * What a policy has against a pod, in upstream's words and order; nothing where it lets the pod in. It looks at the pod
 * as it is: `mutationsOf` tells what the policy would set first. Source: provider.go (ValidatePod).
 */
export function validatePod(policy: PodSecurityPolicy, view: PodView): readonly FieldError[] {
  const { pod, supplementalGroups } = view;
  const { fsGroup, seLinuxOptions } = pod.securityContext;
  const context = 'spec.securityContext';
  const seccompPath = `pod.metadata.annotations[${seccompPodAnnotation}]`;
  return [
    ...validateGroups(policy.fsGroup, `${context}.fsGroup`, fsGroup === undefined ? undefined : [fsGroup]),
    ...validateGroups(policy.supplementalGroups, `${context}.supplementalGroups`, supplementalGroups),
    ...validateSeccomp(policy, seccompPath, podSeccomp(view)),
    ...validateSelinux(policy.seLinux, `${context}.seLinuxOptions`, seLinuxOptions),
    ...validateHost(policy, view),
    ...validateSysctls(policy, view),
    ...validateVolumes(policy, view),
    ...validateRuntimeClass(policy, pod.runtimeClassName),
    ...judgedContainers(view).flatMap((container) => validateContainer(policy, view, container)),
  ];
}

function validateHost(policy: PodSecurityPolicy, { pod }: PodView): readonly FieldError[] {
  const errors: FieldError[] = [];
  // Where the API server's own types have them: JSON has them in the spec.
  const refuse = (field: string, what: string): void =>
    void errors.push(invalid(`spec.securityContext.${field}`, true, `${what} is not allowed to be used`));
  if (pod.hostNetwork && !policy.hostNetwork) refuse('hostNetwork', 'Host network');
  if (pod.hostPID && !policy.hostPID) refuse('hostPID', 'Host PID');
  if (pod.hostIPC && !policy.hostIPC) refuse('hostIPC', 'Host IPC');
  return errors;
}

/** What is forbidden is forbidden even where it is safe. Source: sysctl/mustmatchpatterns.go. */
function validateSysctls(policy: PodSecurityPolicy, { pod }: PodView): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { name }] of pod.securityContext.sysctls.entries()) {
    const path = `pod.spec.securityContext.sysctls[${index}]`;
    if (matchesPattern(policy.forbiddenSysctls, name)) {
      errors.push(forbidden(path, `sysctl ${goQuote(name)} is not allowed`));
    } else if (!safeSysctls.has(name) && !matchesPattern(policy.allowedUnsafeSysctls, name)) {
      errors.push(forbidden(path, `unsafe sysctl ${goQuote(name)} is not allowed`));
    }
  }
  return errors;
}

function matchesPattern(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}

function validateRuntimeClass({ runtimeClass }: PodSecurityPolicy, name: string | undefined): readonly FieldError[] {
  if (runtimeClass === undefined || name === undefined) return [];
  if (runtimeClass.allowed.includes('*') || runtimeClass.allowed.includes(name)) return [];
  return [invalidText('spec.runtimeClassName', name, '')];
}
