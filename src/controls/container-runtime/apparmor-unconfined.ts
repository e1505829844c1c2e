import { edit } from '../../model/edit.ts';
import type { Path } from '../../model/path.ts';
import type { AppArmorProfile } from '../../model/security-context.ts';
import { type Failure, fail, pass } from '../../model/verdict.ts';
import {
  appArmorAnnotationPrefix,
  isAllowedAppArmorAnnotation,
  isAllowedAppArmorType,
} from '../../semantics/pod-security/allowed.ts';
import { control } from '../control.ts';
import { inContainer, inPod } from '../examples.ts';

export default control({
  id: 'container-runtime/apparmor-unconfined',
  title: 'Nobody switches AppArmor off',
  severity: 'high',
  subject: 'pod',
  why: 'Runtimes confine containers with an AppArmor profile by themselves. Unconfined takes it away, and with it the ban on mounting and on writing to /proc and /sys.',
  remedy: 'Use RuntimeDefault, or a Localhost profile that is loaded on the nodes.',
  check: ({ pod }) => {
    let failures: Failure[] | undefined;
    const ofPod = pod.securityContext.appArmorProfile;
    if (isForbidden(ofPod)) failures = [fail(`the pod ${says(ofPod)}`, typeOf(ofPod))];
    for (const { name, securityContext } of pod.containers) {
      const profile = securityContext.appArmorProfile;
      if (!isForbidden(profile)) continue;
      failures ??= [];
      failures.push(fail(`container ${name} ${says(profile)}`, typeOf(profile), { key: name }));
    }
    if (pod.annotations.size === 0) return failures ?? pass;
    for (const [key, value] of pod.annotations) {
      if (!key.startsWith(appArmorAnnotationPrefix) || isAllowedAppArmorAnnotation(value)) continue;
      failures ??= [];
      const message = `annotation ${key} sets the AppArmor profile ${value}`;
      failures.push(fail(message, [...pod.metadataPath, 'annotations', key], { key }));
    }
    return failures ?? pass;
  },
  fix: {
    safety: 'may-break',
    edits: (_, { at, key }) =>
      key?.startsWith(appArmorAnnotationPrefix)
        ? [edit.set(at, 'runtime/default')]
        : [edit.set(at.slice(0, -1), { type: 'RuntimeDefault' })],
  },
  examples: {
    fail: [
      inContainer('securityContext: { appArmorProfile: { type: Unconfined } }'),
      inPod('securityContext: { appArmorProfile: { type: Unconfined } }'),
      inPod('initContainers: [{ name: a, image: b, securityContext: { appArmorProfile: { type: Unconfined } } }]'),
      annotated('unconfined'),
      annotated('RuntimeDefault'),
    ],
    pass: [
      inContainer('securityContext: { appArmorProfile: { type: RuntimeDefault } }'),
      inPod('securityContext: { appArmorProfile: { type: Localhost, localhostProfile: app } }'),
      inContainer('securityContext: {}'),
      annotated('runtime/default'),
      annotated('localhost/app'),
      annotated('""'),
    ],
  },
});

/** As Pod Security baseline: any type but the two good ones, those included that the API server would refuse. */
function isForbidden(profile: AppArmorProfile | undefined): profile is AppArmorProfile {
  return profile !== undefined && !isAllowedAppArmorType(profile.type);
}

function says({ type }: AppArmorProfile): string {
  return type === '' ? 'sets an appArmorProfile without a type' : `sets appArmorProfile.type: ${type}`;
}

function typeOf({ path }: AppArmorProfile): Path {
  return [...path, 'type'];
}

function annotated(value: string): string {
  const annotation = `  annotations:\n    ${appArmorAnnotationPrefix}app: ${value}\n`;
  return inContainer('securityContext: {}').replace('metadata:\n', `metadata:\n${annotation}`);
}
