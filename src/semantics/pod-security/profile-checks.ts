import type { Path } from '../../model/path.ts';
import type { Pod } from '../../model/pod.ts';
import {
  appArmorAnnotationPrefix,
  isAllowedAppArmorAnnotation,
  isAllowedAppArmorType,
  isAllowedSeccompAnnotation,
  isAllowedSeccompType,
} from './allowed.ts';
import type { Edition, Offence, Violation } from './check.ts';
import { type Culprits, findContainers, findSetters, nameSetters, textsOf } from './culprits.ts';
import { nameContainers, plural, quoteGo, quoteList, sortedSet } from './wording.ts';

const annotationNoun = { one: 'annotation', many: 'annotations' };

/** Annotations at every version; the fields that took their place since servers know them, which is 1.30. */
export function appArmorProfile(pod: Pod, { server }: Edition): Offence | undefined {
  const annotations: { text: string; violation: Violation }[] = [];
  for (const [key, value] of pod.annotations) {
    if (!key.startsWith(appArmorAnnotationPrefix) || isAllowedAppArmorAnnotation(value)) continue;
    annotations.push({ text: `${key}=${quoteGo(value)}`, violation: { path: annotationPath(pod, key), value } });
  }
  const texts = sortedSet(annotations.map(({ text }) => text));
  const inAnnotations = annotations.map(({ violation }) => violation);
  if (server < 30) {
    return texts.length === 0
      ? undefined
      : { ...appArmorReason(texts), detail: texts.join(', '), violations: inAnnotations };
  }
  const culprits = findSetters(pod, ({ appArmorProfile: profile }) =>
    profile === undefined || isAllowedAppArmorType(profile.type)
      ? []
      : [{ field: ['appArmorProfile', 'type'], value: profile.type }],
  );
  const values = [...sortedSet(textsOf(culprits.violations)), ...texts];
  if (values.length === 0) return undefined;
  const setters = [...nameSetters(culprits)];
  if (texts.length > 0) setters.push(plural(texts.length, annotationNoun));
  return {
    ...appArmorReason(values),
    detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoteList(values)}`,
    violations: [...culprits.violations, ...inAnnotations],
  };
}

function appArmorReason(values: readonly string[]): { reason: string } {
  return { reason: plural(values.length, { one: 'forbidden AppArmor profile', many: 'forbidden AppArmor profiles' }) };
}

const podSeccompAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const containerSeccompAnnotation = 'container.seccomp.security.alpha.kubernetes.io/';

/** v1.0 to v1.18. An annotation for a container that the pod does not have counts for nothing. */
export function seccompAnnotations(pod: Pod): Offence | undefined {
  const keys = new Map<string, Violation>();
  const judge = (key: string, violation: Pick<Violation, 'container'>) => {
    const value = pod.annotations.get(key);
    if (value === undefined || isAllowedSeccompAnnotation(value)) return;
    keys.set(key, { ...violation, path: annotationPath(pod, key), value });
  };
  judge(podSeccompAnnotation, {});
  for (const container of pod.containers) judge(containerSeccompAnnotation + container.name, { container });
  if (keys.size === 0) return undefined;
  const texts = sortedSet([...keys.keys()].map((key) => `${key}=${quoteGo(pod.annotations.get(key) ?? '')}`));
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural(texts.length, annotationNoun)} ${texts.join(', ')}`,
    violations: [...keys.values()],
  };
}

const seccompType = ['seccompProfile', 'type'];

/** v1.19 and later: profiles that are set. Upstream: check_seccompProfile_baseline.go. */
export function seccompFields(pod: Pod): Offence | undefined {
  const culprits: Culprits = findSetters(pod, ({ seccompProfile: profile }) =>
    profile === undefined || isAllowedSeccompType(profile.type) ? [] : [{ field: seccompType, value: profile.type }],
  );
  if (culprits.violations.length === 0) return undefined;
  const values = quoteList(sortedSet(textsOf(culprits.violations)));
  return {
    reason: 'seccompProfile',
    detail: `${nameSetters(culprits).join(' and ')} must not set securityContext.seccompProfile.type to ${values}`,
    violations: culprits.violations,
  };
}

/** As `seccompFields`, and where nothing bad is set, something good must be. Upstream: check_seccompProfile_restricted.go. */
export function seccompRequired(pod: Pod): Offence | undefined {
  const set = seccompFields(pod);
  if (set !== undefined || pod.securityContext.seccompProfile !== undefined) return set;
  const { containers, violations } = findContainers(pod, ({ securityContext }) =>
    securityContext.seccompProfile === undefined ? [{ field: ['securityContext', ...seccompType] }] : [],
  );
  if (containers.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail:
      `pod or ${nameContainers(containers)} must set securityContext.seccompProfile.type ` +
      'to "RuntimeDefault" or "Localhost"',
    violations,
  };
}

function annotationPath(pod: Pod, key: string): Path {
  return [...pod.metadataPath, 'annotations', key];
}
