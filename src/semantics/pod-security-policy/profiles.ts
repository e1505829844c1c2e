import type { SeccompProfile } from '../../model/security-context.ts';

/* Names of annotations, and seccomp profiles between annotation and field. Source: k8s.io/api/core/v1, pkg/api/pod. */

export const seccompPodAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
export const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/';
export const appArmorContainerPrefix = 'container.apparmor.security.beta.kubernetes.io/';

/** On a PodSecurityPolicy. */
export const policyAnnotations = {
  allowedSeccomp: 'seccomp.security.alpha.kubernetes.io/allowedProfileNames',
  defaultSeccomp: 'seccomp.security.alpha.kubernetes.io/defaultProfileName',
  allowedAppArmor: 'apparmor.security.beta.kubernetes.io/allowedProfileNames',
  defaultAppArmor: 'apparmor.security.beta.kubernetes.io/defaultProfileName',
} as const;

/** On a pod: the policy that let it in. */
export const validatedAnnotation = 'kubernetes.io/psp';

/** Both names of the runtime's own profile, each of which stands for the other where a policy allows one. */
export const runtimeDefaults: ReadonlySet<string> = new Set(['runtime/default', 'docker/default']);

export type SeccompFields = Pick<SeccompProfile, 'type' | 'localhostProfile'>;

/** Empty for a type that no annotation says. */
export function annotationOf({ type, localhostProfile }: SeccompFields): string {
  if (type === 'Unconfined') return 'unconfined';
  if (type === 'RuntimeDefault') return 'runtime/default';
  return type === 'Localhost' && localhostProfile !== undefined ? `localhost/${localhostProfile}` : '';
}

/** Undefined for a value that no field says. */
export function profileOf(annotation: string): { type: string; localhostProfile?: string } | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (runtimeDefaults.has(annotation)) return { type: 'RuntimeDefault' };
  const localhostProfile = annotation.startsWith('localhost/') ? annotation.slice('localhost/'.length) : '';
  return localhostProfile === '' ? undefined : { type: 'Localhost', localhostProfile };
}

/** The profiles that an annotation of a policy lists; undefined where it is not there. */
export function listedProfiles(text: string | undefined): readonly string[] | undefined {
  return text === undefined ? undefined : text.split(',');
}
