import type { LostControl } from './fits.ts';
import type { IdStrategy, PodSecurityPolicy } from './policy.ts';
import { policyAnnotations } from './profiles.ts';

/** What a policy limits or sets that no Pod Security level has an opinion on. */
export function lostControls(policy: PodSecurityPolicy): readonly LostControl[] {
  const lost: LostControl[] = [];
  const lose = (field: string, message: string): void => void lost.push({ field, message });
  const lists = [
    ['allowedHostPaths', policy.allowedHostPaths.map(({ pathPrefix }) => pathPrefix), 'limits host paths to'],
    ['allowedFlexVolumes', policy.allowedFlexVolumes, 'limits FlexVolume drivers to'],
    ['allowedCSIDrivers', policy.allowedCSIDrivers, 'limits inline CSI drivers to'],
    ['forbiddenSysctls', policy.forbiddenSysctls, 'forbids the sysctls'],
    ['defaultAddCapabilities', policy.defaultAddCapabilities, 'adds the capabilities'],
    ['requiredDropCapabilities', policy.requiredDropCapabilities, 'drops for containers that do not do so themselves'],
  ] as const;
  for (const [field, items, does] of lists) if (items.length > 0) lose(field, `${does} ${items.join(', ')}`);
  if (policy.readOnlyRootFilesystem) lose('readOnlyRootFilesystem', 'makes root filesystems read-only');
  if (policy.runAsUser.rule === 'MustRunAs') lose('runAsUser', `limits users to ${rangesText(policy.runAsUser)}`);
  for (const field of ['runAsGroup', 'supplementalGroups', 'fsGroup'] as const) {
    const strategy = policy[field];
    if (strategy !== undefined && strategy.rule !== 'RunAsAny') lose(field, `limits groups to ${rangesText(strategy)}`);
  }
  const { runtimeClass } = policy;
  if (runtimeClass !== undefined && !runtimeClass.allowed.includes('*')) {
    const names = runtimeClass.allowed.length === 0 ? 'none' : runtimeClass.allowed.join(', ');
    lose('runtimeClass', `limits runtime classes to ${names}`);
  }
  const defaults = [
    ['runtimeClass', runtimeClass?.default, 'the runtime class'],
    [policyAnnotations.defaultSeccomp, policy.annotations.get(policyAnnotations.defaultSeccomp), 'the seccomp profile'],
    [
      policyAnnotations.defaultAppArmor,
      policy.annotations.get(policyAnnotations.defaultAppArmor),
      'the AppArmor profile',
    ],
  ] as const;
  for (const [field, value, what] of defaults) {
    if (value !== undefined && value !== '') lose(field, `sets ${what} ${value} where there is none`);
  }
  if (policy.seLinux.rule === 'MustRunAs') lose('seLinux', 'sets the SELinux context where there is none');
  if (policy.defaultAllowPrivilegeEscalation === false || !policy.allowPrivilegeEscalation)
    lose('allowPrivilegeEscalation', 'sets allowPrivilegeEscalation to false where it is not set');
  return lost;
}

function rangesText({ ranges }: IdStrategy): string {
  return ranges.map(({ min, max }) => (min === max ? `${min}` : `${min}-${max}`)).join(', ');
}
