import { equalJson } from '../../model/equal-json.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { type Path, valueAt } from '../../model/path.ts';
import type { Change } from './change.ts';
import { annotationOf, appArmorContainerPrefix, seccompContainerPrefix, seccompPodAnnotation } from './profiles.ts';

const podFields: readonly Path[] = [
  ['spec', 'runtimeClassName'],
  ...['fsGroup', 'supplementalGroups', 'seLinuxOptions', 'seccompProfile'].map((f) => ['spec', 'securityContext', f]),
];

const containerFields = [
  ...['allowPrivilegeEscalation', 'capabilities', 'readOnlyRootFilesystem', 'runAsGroup', 'runAsNonRoot', 'runAsUser'],
  ...['seLinuxOptions', 'seccompProfile'],
] as const;

/**
 * What a running pod has and the template that it was made of has not, among the fields that a PodSecurityPolicy sets:
 * without the policy, the next pod of the template comes without them. Both as the API server gives them; a template is
 * anything with `metadata` and `spec`. Another mutating webhook may have set them as well: this does not tell who did.
 * Paths are those in the pod; containers are matched by name, as others may have been put between them.
 */
export function silentlyMutated(pod: JsonObject, template: JsonObject): readonly Change[] {
  const changes: Change[] = [];
  const compare = (path: Path, was: Json | undefined): void => {
    const is = valueAt(pod, path);
    if (!sameField(was, is))
      changes.push({ path, was: was === null ? undefined : was, is: is === null ? undefined : is });
  };
  for (const path of podFields) compare(path, valueAt(template, path));
  for (const list of ['initContainers', 'containers'] as const) {
    const before = new Map(objectsIn(valueAt(template, ['spec', list])).map((each) => [own(each, 'name'), each]));
    const after = valueAt(pod, ['spec', list]);
    if (!isList(after)) continue;
    for (const [index, container] of after.entries()) {
      const known = isObject(container) ? before.get(own(container, 'name')) : undefined;
      if (known === undefined) continue;
      for (const field of containerFields) {
        compare(['spec', list, index, 'securityContext', field], valueAt(known, ['securityContext', field]));
      }
    }
  }
  return [...changes, ...changedAnnotations(pod, template)];
}

/** Lists and objects without anything in them are as good as unset. */
function sameField(a: Json | undefined, b: Json | undefined): boolean {
  return (isNothing(a) && isNothing(b)) || equalJson(a, b);
}

function isNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every(isNothing);
}

/** Of profiles. An annotation that only repeats a field is the API server's own, v1.19 to v1.26, and no policy's. */
function changedAnnotations(pod: JsonObject, template: JsonObject): readonly Change[] {
  const before = annotationsOf(template);
  const repeated = repeatedAnnotations(template);
  const changes: Change[] = [];
  for (const [key, is] of Object.entries(annotationsOf(pod))) {
    const isProfile = key === seccompPodAnnotation || isContainerProfile(key);
    const was = own(before, key);
    if (!isProfile || was === is || repeated.get(key) === is) continue;
    changes.push({ path: ['metadata', 'annotations', key], was: was === null ? undefined : was, is });
  }
  return changes;
}

function isContainerProfile(key: string): boolean {
  return key.startsWith(seccompContainerPrefix) || key.startsWith(appArmorContainerPrefix);
}

function annotationsOf(object: JsonObject): JsonObject {
  const annotations = valueAt(object, ['metadata', 'annotations']);
  return isObject(annotations) ? annotations : {};
}

function repeatedAnnotations(template: JsonObject): ReadonlyMap<string, string> {
  const repeated = new Map<string, string>();
  const note = (key: string, profile: Json | undefined): void => {
    if (!isObject(profile)) return;
    const [type, localhostProfile] = [own(profile, 'type'), own(profile, 'localhostProfile')];
    if (typeof type !== 'string') return;
    const name = typeof localhostProfile === 'string' ? localhostProfile : undefined;
    repeated.set(key, annotationOf({ type, localhostProfile: name }));
  };
  note(seccompPodAnnotation, valueAt(template, ['spec', 'securityContext', 'seccompProfile']));
  for (const list of ['initContainers', 'containers']) {
    for (const container of objectsIn(valueAt(template, ['spec', list]))) {
      const profile = valueAt(container, ['securityContext', 'seccompProfile']);
      note(`${seccompContainerPrefix}${String(own(container, 'name'))}`, profile);
    }
  }
  return repeated;
}
