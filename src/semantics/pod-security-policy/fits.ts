import {
  baselineCapabilities,
  isAllowedAppArmorAnnotation,
  isAllowedSeccompAnnotation,
  isAllowedSelinuxType,
  isAllowedSysctl,
  restrictedCapability,
  restrictedVolumeTypes,
} from '../pod-security/allowed.ts';
import type { PodSecurityLevel } from '../pod-security/policy.ts';
import { lostControls } from './lost.ts';
import type { PodSecurityPolicy } from './policy.ts';
import { listedProfiles, policyAnnotations } from './profiles.ts';

/** How a policy relates to the Pod Security Standards. */
export interface PodSecurityFit {
  /** The strictest level that every pod passes which the policy admits, as far as a policy can say it. */
  readonly level: PodSecurityLevel;
  /** What lets pods through that a stricter level refuses; for `privileged`, what of `restricted` it lacks, too. */
  readonly blockers: readonly FitBlocker[];
  /** What the policy limits or sets and no level does: it is gone with the policy. */
  readonly lost: readonly LostControl[];
  /** Why pods that the policy admits may fail the level all the same. */
  readonly traps: readonly string[];
}

export interface FitBlocker {
  readonly level: Exclude<PodSecurityLevel, 'privileged'>;
  /** A field of the policy's spec, or an annotation. */
  readonly field: string;
  readonly message: string;
}

export interface LostControl {
  readonly field: string;
  readonly message: string;
}

/**
 * Which Pod Security level does not refuse what a policy admits. Source: the Kubernetes page "Mapping PodSecurityPolicies
 * to Pod Security Standards", made exact where a policy lists values.
 */
export function fitsPodSecurity(policy: PodSecurityPolicy): PodSecurityFit {
  const blockers = [...baselineBlockers(policy), ...restrictedBlockers(policy)];
  const has = (level: FitBlocker['level']): boolean => blockers.some((blocker) => blocker.level === level);
  const level = has('baseline') ? 'privileged' : has('restricted') ? 'baseline' : 'restricted';
  return { level, blockers, lost: lostControls(policy), traps: trapsOf(policy, level) };
}

function baselineBlockers(policy: PodSecurityPolicy): readonly FitBlocker[] {
  const blockers: FitBlocker[] = [];
  const block = (field: string, message: string): void => void blockers.push({ level: 'baseline', field, message });
  if (policy.privileged) block('privileged', 'allows privileged containers');
  if (policy.hostNetwork) block('hostNetwork', 'allows the network of the host');
  if (policy.hostPID) block('hostPID', 'allows the processes of the host');
  if (policy.hostIPC) block('hostIPC', 'allows the interprocess communication of the host');
  if (policy.hostPorts.some(({ max }) => max > 0)) block('hostPorts', 'allows host ports');
  const added = beyond(addable(policy), (name) => baselineCapabilities.has(name));
  if (added.length > 0) block('allowedCapabilities', `lets containers add ${added.join(', ')}`);
  for (const volume of ['*', 'hostPath']) {
    if (policy.volumes.includes(volume)) block('volumes', `allows ${volume === '*' ? 'every type' : volume}`);
  }
  const selinux = selinuxProblem(policy);
  if (selinux !== undefined) block('seLinux', selinux);
  const sysctls = beyond(policy.allowedUnsafeSysctls, (name) => isAllowedSysctl(name));
  if (sysctls.length > 0) block('allowedUnsafeSysctls', `allows ${sysctls.join(', ')}`);
  const procMounts = beyond(policy.allowedProcMountTypes, (type) => type === 'Default');
  if (procMounts.length > 0) block('allowedProcMountTypes', `allows ${procMounts.join(', ')}`);
  const seccomp = beyond(allowedSeccomp(policy), (name) => name === '' || isAllowedSeccompAnnotation(name));
  if (seccomp.length > 0) block(policyAnnotations.allowedSeccomp, `allows seccomp profiles ${seccomp.join(', ')}`);
  const appArmor = listedProfiles(policy.annotations.get(policyAnnotations.allowedAppArmor));
  if (appArmor === undefined)
    block(policyAnnotations.allowedAppArmor, 'is not set, which allows every AppArmor profile');
  else {
    const profiles = beyond(appArmor, isAllowedAppArmorAnnotation);
    if (profiles.length > 0)
      block(policyAnnotations.allowedAppArmor, `allows AppArmor profiles ${profiles.join(', ')}`);
  }
  return blockers;
}

function restrictedBlockers(policy: PodSecurityPolicy): readonly FitBlocker[] {
  const blockers: FitBlocker[] = [];
  const block = (field: string, message: string): void => void blockers.push({ level: 'restricted', field, message });
  if (policy.allowPrivilegeEscalation) block('allowPrivilegeEscalation', 'does not forbid privilege escalation');
  const added = beyond(addable(policy), (name) => name === restrictedCapability || !baselineCapabilities.has(name));
  if (added.length > 0) block('allowedCapabilities', `lets containers add ${added.join(', ')}`);
  if (!policy.requiredDropCapabilities.includes('ALL')) block('requiredDropCapabilities', 'does not drop ALL');
  const volumes = beyond(policy.volumes, (type) => {
    return restrictedVolumeTypes.has(type) || type === '*' || type === 'hostPath';
  });
  if (volumes.length > 0) block('volumes', `allows ${volumes.join(', ')}`);
  if (policy.runAsUser.rule !== 'MustRunAsNonRoot' && !excludesRoot(policy)) {
    block(
      'runAsUser',
      policy.runAsUser.rule === 'MustRunAs' ? 'has a range with 0 in it' : 'lets containers run as root',
    );
  }
  const seccomp = allowedSeccomp(policy);
  if (!policy.annotations.has(policyAnnotations.allowedSeccomp))
    block(policyAnnotations.allowedSeccomp, 'is not set, which leaves containers without a seccomp profile');
  else if (seccomp.includes('')) block(policyAnnotations.allowedSeccomp, 'allows containers without a seccomp profile');
  return blockers;
}

function excludesRoot({ runAsUser: { rule, ranges } }: PodSecurityPolicy): boolean {
  return rule === 'MustRunAs' && ranges.length > 0 && ranges.every(({ min, max }) => min > 0 || max < 0);
}

function addable({ allowedCapabilities, defaultAddCapabilities }: PodSecurityPolicy): readonly string[] {
  return [...new Set([...allowedCapabilities, ...defaultAddCapabilities])];
}

/** Without the annotation a policy refuses every profile that is set: nothing is allowed then. */
function allowedSeccomp({ annotations }: PodSecurityPolicy): readonly string[] {
  return listedProfiles(annotations.get(policyAnnotations.allowedSeccomp)) ?? [];
}

function beyond(names: readonly string[], isWithin: (name: string) => boolean): readonly string[] {
  return names.filter((name) => !isWithin(name));
}

function selinuxProblem({ seLinux: { rule, options } }: PodSecurityPolicy): string | undefined {
  if (rule !== 'MustRunAs' || options === undefined) return 'lets pods choose any SELinux context';
  if (options.user !== '' || options.role !== '') return 'sets a SELinux user or role';
  return isAllowedSelinuxType(options.type) ? undefined : `sets the SELinux type ${options.type}`;
}

function trapsOf(policy: PodSecurityPolicy, level: PodSecurityLevel): readonly string[] {
  if (level === 'privileged') return [];
  const traps = ['no policy limits the hosts of probes and lifecycle hooks, which baseline forbids since v1.34'];
  if (level === 'baseline') return traps;
  const why =
    policy.runAsUser.rule === 'MustRunAs'
      ? 'runAsUser MustRunAs sets runAsUser, not runAsNonRoot'
      : 'runAsUser MustRunAsNonRoot sets runAsNonRoot only where runAsUser is not set either';
  return [...traps, `${why}: restricted refuses pods that do not set runAsNonRoot themselves`];
}
