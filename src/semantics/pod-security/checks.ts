import type { CheckPod, CheckVersion, PodSecurityCheck } from './check.ts';
import {
  hostNamespaces,
  hostPorts,
  hostProbesAndHostLifecycle,
  privileged,
  windowsHostProcess,
} from './host-checks.ts';
import { procMount, seLinuxOptions, sysctls } from './kernel-checks.ts';
import {
  allowPrivilegeEscalation,
  defaultCapabilities,
  droppedCapabilities,
  runAsNonRoot,
  runAsUser,
} from './privilege-checks.ts';
import { appArmorProfile, seccompAnnotations, seccompFields, seccompRequired } from './profile-checks.ts';
import { hostPathVolumes, restrictedVolumes } from './volume-checks.ts';

/** The kernel of a Windows node has none of what these checks are about. Upstream: 1.25. */
function exceptWindows(check: CheckPod): CheckPod {
  return (pod, edition) => (pod.os === 'windows' ? undefined : check(pod, edition));
}

/**
 * Root in a user namespace of the pod's own is nobody on the node. Upstream: 1.35. Servers from 1.29 to 1.34 did this
 * at every policy version behind a feature gate that was off by default; it counts as off here.
 */
function exceptInUserNamespace(check: CheckPod): CheckPod {
  return (pod, edition) => (pod.hostUsers === false ? undefined : check(pod, edition));
}

function check(
  id: string,
  level: PodSecurityCheck['level'],
  versions: readonly CheckVersion[],
  overrides: readonly string[] = [],
): PodSecurityCheck {
  return { id, level, versions, overrides };
}

/** One rule at several minors: what it allows differs, and it looks that up itself. */
function sameRule(rule: CheckPod, ...minors: readonly number[]): readonly CheckVersion[] {
  return minors.map((since) => ({ since, check: rule }));
}

/** Every check, in the order in which the API server reports: by level, then by id. */
export const podSecurityChecks: readonly PodSecurityCheck[] = [
  check('appArmorProfile', 'baseline', sameRule(appArmorProfile, 0)),
  check('capabilities_baseline', 'baseline', sameRule(defaultCapabilities, 0)),
  check('hostNamespaces', 'baseline', sameRule(hostNamespaces, 0)),
  check('hostPathVolumes', 'baseline', sameRule(hostPathVolumes, 0)),
  check('hostPorts', 'baseline', sameRule(hostPorts, 0)),
  check('hostProbesAndHostLifecycle', 'baseline', sameRule(hostProbesAndHostLifecycle, 34)),
  check('privileged', 'baseline', sameRule(privileged, 0)),
  check('procMount', 'baseline', [
    { since: 0, check: procMount },
    { since: 35, check: exceptInUserNamespace(procMount) },
  ]),
  check('seLinuxOptions', 'baseline', sameRule(seLinuxOptions, 0, 31)),
  check('seccompProfile_baseline', 'baseline', [
    { since: 0, check: seccompAnnotations },
    { since: 19, check: seccompFields },
  ]),
  check('sysctls', 'baseline', sameRule(sysctls, 0, 27, 29, 32, 37)),
  check('windowsHostProcess', 'baseline', sameRule(windowsHostProcess, 0)),
  check('allowPrivilegeEscalation', 'restricted', [
    { since: 8, check: allowPrivilegeEscalation },
    { since: 25, check: exceptWindows(allowPrivilegeEscalation) },
  ]),
  check(
    'capabilities_restricted',
    'restricted',
    [
      { since: 22, check: droppedCapabilities },
      { since: 25, check: exceptWindows(droppedCapabilities) },
    ],
    ['capabilities_baseline'],
  ),
  check('procMount_restricted', 'restricted', sameRule(procMount, 35), ['procMount']),
  check('restrictedVolumes', 'restricted', sameRule(restrictedVolumes, 0), ['hostPathVolumes']),
  check('runAsNonRoot', 'restricted', [
    { since: 0, check: runAsNonRoot },
    { since: 35, check: exceptInUserNamespace(runAsNonRoot) },
  ]),
  check('runAsUser', 'restricted', [
    { since: 23, check: runAsUser },
    { since: 35, check: exceptInUserNamespace(runAsUser) },
  ]),
  check(
    'seccompProfile_restricted',
    'restricted',
    [
      { since: 19, check: seccompRequired },
      { since: 25, check: exceptWindows(seccompRequired) },
    ],
    ['seccompProfile_baseline'],
  ),
];
