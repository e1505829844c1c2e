import type { Container } from '../../model/container.ts';
import { edit } from '../../model/edit.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { isAllowedSeccompType } from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';
import { notOnWindows } from '../windows.ts';
import { nameContainers } from './name-containers.ts';

export default control({
  id: 'container-runtime/seccomp-profile',
  title: 'Every container has a seccomp profile',
  severity: 'medium',
  subject: 'pod',
  why: 'Without a profile a container may make every system call of the kernel, and the rarely used ones are where kernel exploits start.',
  remedy: 'Set seccompProfile.type: RuntimeDefault for the pod; it blocks what next to no program needs.',
  // One failure a pod: one field of the pod mends all its containers. What they set themselves is seccomp-unconfined's.
  check: ({ pod }) => {
    if (!pod.containers.some(hasNoProfile)) return pod.containers.some(isUnconfined) ? switchedOff : pass;
    if (pod.os === 'windows') return notOnWindows;
    const without = nameContainers(pod.containers.filter(hasNoProfile));
    return fail(
      `${without} without a seccomp profile, and the pod sets none`,
      pod.at('securityContext', 'seccompProfile'),
    );
  },
  fix: {
    safety: 'may-break',
    edits: ({ pod }) => [edit.set(pod.at('securityContext', 'seccompProfile'), { type: 'RuntimeDefault' })],
  },
  examples: {
    fail: [
      inContainer('securityContext: {}'),
      inPod('initContainers: [{ name: a, image: b, securityContext: { seccompProfile: { type: RuntimeDefault } } }]'),
      inPod('os: { name: linux }\nephemeralContainers: [{ name: debug, image: b }]'),
    ],
    pass: [
      inPod(
        'securityContext: { seccompProfile: { type: RuntimeDefault } }\nephemeralContainers: [{ name: c, image: d }]',
      ),
      inContainer('securityContext: { seccompProfile: { type: Localhost, localhostProfile: app.json } }'),
      inPod('securityContext: { seccompProfile: { type: Unconfined } }'),
      inPod('os: { name: windows }'),
    ],
  },
});

function hasNoProfile(container: Container): boolean {
  return container.effective.seccompProfile === undefined;
}

function isUnconfined({ effective }: Container): boolean {
  return effective.seccompProfile !== undefined && !isAllowedSeccompType(effective.seccompProfile.type);
}

const switchedOff = notApplicable('seccomp is switched off, which container-runtime/seccomp-unconfined reports');
