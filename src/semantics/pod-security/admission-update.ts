import type { JsonObject } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';

/** Servers before this minor also look at the annotations in which seccomp profiles once stood. */
const seccompAnnotationsEnd = 27;

const seccompAnnotation = 'container.seccomp.security.alpha.kubernetes.io/';

/**
 * Whether the update of a pod is one that Pod Security judges: containers come or go, an image changes, or an ephemeral
 * container is added. Then the whole pod is judged, however old what is wrong with it may be; everything else is let
 * through. Source: pod-security-admission, admission/admission.go, isSignificantPodUpdate.
 */
export function isSignificantPodUpdate(pod: JsonObject, old: JsonObject, serverMinor: number | undefined): boolean {
  const annotations = (serverMinor ?? seccompAnnotationsEnd) < seccompAnnotationsEnd;
  const differs = (now: JsonObject, before: JsonObject): boolean => {
    if ((now.image ?? '') !== (before.image ?? '')) return true;
    if (!annotations) return false;
    const path = ['metadata', 'annotations', `${seccompAnnotation}${String(now.name)}`];
    return valueAt(pod, path) !== valueAt(old, path);
  };
  for (const list of ['containers', 'initContainers']) {
    const now = containersOf(pod, list);
    const before = containersOf(old, list);
    if (now.length !== before.length) return true;
    for (const [index, container] of now.entries()) if (differs(container, before[index] ?? {})) return true;
  }
  const before = new Map<unknown, JsonObject>();
  for (const container of containersOf(old, 'ephemeralContainers')) {
    if (!before.has(container.name)) before.set(container.name, container);
  }
  return containersOf(pod, 'ephemeralContainers').some((container) => {
    const same = before.get(container.name);
    return same === undefined || differs(container, same);
  });
}

function containersOf(pod: JsonObject, list: string): readonly JsonObject[] {
  return objectsIn(valueAt(pod, ['spec', list]));
}
