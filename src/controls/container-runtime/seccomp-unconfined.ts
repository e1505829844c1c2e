import { edit } from '../../model/edit.ts';
import type { Path } from '../../model/path.ts';
import type { SeccompProfile } from '../../model/security-context.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import { isAllowedSeccompType } from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'container-runtime/seccomp-unconfined',
  title: 'Nobody switches seccomp off',
  severity: 'high',
  subject: 'pod',
  why: 'Unconfined gives every system call of the kernel even where the kubelet would apply a profile by default.',
  remedy: 'Use RuntimeDefault, or a Localhost profile that allows the few calls that the program needs beyond it.',
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    const ofPod = pod.securityContext.seccompProfile;
    if (isForbidden(ofPod)) {
      const reached = pod.containers.some(({ securityContext }) => securityContext.seccompProfile === undefined);
      const message = `the pod ${says(ofPod)}${reached ? '' : '; its containers override it'}`;
      failures = [fail(message, typeOf(ofPod), reached ? {} : { severity: 'low' })];
    }
    for (const { name, securityContext } of pod.containers) {
      const profile = securityContext.seccompProfile;
      if (!isForbidden(profile)) continue;
      failures ??= [];
      failures.push(fail(`container ${name} ${says(profile)}`, typeOf(profile), { key: name }));
    }
    return failures ?? pass;
  },
  fix: {
    safety: 'may-break',
    edits: (_, { at }) => [edit.set(at.slice(0, -1), { type: 'RuntimeDefault' })],
  },
  examples: {
    fail: [
      inContainer('securityContext: { seccompProfile: { type: Unconfined } }'),
      inPod('securityContext: { seccompProfile: { type: Unconfined } }'),
      inPod(`securityContext: { seccompProfile: { type: RuntimeDefault } }
ephemeralContainers: [{ name: debug, image: b, securityContext: { seccompProfile: { type: Unconfined } } }]`),
      inContainer('securityContext: { seccompProfile: { type: runtime/default } }'),
    ],
    pass: [
      inContainer('securityContext: { seccompProfile: { type: RuntimeDefault } }'),
      inPod('securityContext: { seccompProfile: { type: Localhost, localhostProfile: app.json } }'),
      inContainer('securityContext: {}'),
    ],
  },
});

/** As Pod Security baseline: any type but the two good ones, those included that the API server would refuse. */
function isForbidden(profile: SeccompProfile | undefined): profile is SeccompProfile {
  return profile !== undefined && !isAllowedSeccompType(profile.type);
}

function says({ type }: SeccompProfile): string {
  return type === '' ? 'sets a seccompProfile without a type' : `sets seccompProfile.type: ${type}`;
}

function typeOf({ path }: SeccompProfile): Path {
  return [...path, 'type'];
}
