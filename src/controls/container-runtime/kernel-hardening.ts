import type { Container } from '../../model/container.ts';
import { fail, pass } from '../../model/verdict.ts';
import {
  appArmorAnnotationPrefix,
  isAllowedAppArmorAnnotation,
  isAllowedAppArmorType,
  isAllowedSeccompType,
} from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';

export default control({
  id: 'container-runtime/kernel-hardening',
  title: 'Something stands between a container and the kernel',
  severity: 'medium',
  subject: 'container',
  // The umbrella over the single measures: shown where those are switched off or accepted.
  coveredBy: [
    'container-runtime/seccomp-profile',
    'container-runtime/seccomp-unconfined',
    'container-runtime/apparmor-unconfined',
    'pods/privileged',
  ],
  why: 'Seccomp, AppArmor, SELinux and dropped capabilities each take away ways into the kernel. A container with none of them relies on the kernel having no bugs.',
  remedy: 'Set seccompProfile.type: RuntimeDefault for the pod, and drop all capabilities.',
  check: ({ pod, container }) => {
    if (hasSeccomp(container) || hasAppArmor(container) || hasSelinux(container)) return pass;
    // One capability fewer is no hardening: it may be one that nobody needs.
    if (container.securityContext.capabilities.drop.includes('ALL')) return pass;
    if (pod.os === 'windows') return notOnWindows;
    const message = `container ${container.name} has no seccomp, AppArmor or SELinux setting, and drops no capabilities`;
    return fail(message, container.at('securityContext'));
  },
  examples: {
    fail: [
      inContainer('securityContext: {}'),
      inContainer('securityContext: { capabilities: { drop: [NET_RAW] }, seccompProfile: { type: Unconfined } }'),
    ],
    pass: [
      inPod('securityContext: { seccompProfile: { type: RuntimeDefault } }'),
      inPod('securityContext: { seLinuxOptions: { level: "s0:c1,c2" } }'),
      inContainer('securityContext: { capabilities: { drop: [ALL] } }'),
      inContainer('securityContext: { appArmorProfile: { type: RuntimeDefault } }'),
      inPod('os: { name: windows }'),
    ],
  },
});

function hasSeccomp({ effective }: Container): boolean {
  return effective.seccompProfile !== undefined && isAllowedSeccompType(effective.seccompProfile.type);
}

function hasAppArmor({ name, pod, effective }: Container): boolean {
  if (effective.appArmorProfile !== undefined) return isAllowedAppArmorType(effective.appArmorProfile.type);
  if (pod.annotations.size === 0) return false;
  const annotation = pod.annotations.get(appArmorAnnotationPrefix + name);
  return annotation !== undefined && annotation !== '' && isAllowedAppArmorAnnotation(annotation);
}

function hasSelinux({ effective }: Container): boolean {
  const options = effective.seLinuxOptions;
  return options !== undefined && (options.level !== '' || (options.type !== '' && options.type !== 'spc_t'));
}
