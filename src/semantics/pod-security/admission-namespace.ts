import { type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { Pod } from '../../model/pod.ts';
import { nameOf, readPodObject } from './admission-object.ts';
import type { PodSecurityResult } from './evaluate.ts';
import { formatPolicy, type PodSecurityPolicy } from './policy.ts';
import { quoteGo, sortedSet } from './wording.ts';

export interface ExistingPodsOptions {
  readonly namespace: string;
  readonly enforce: PodSecurityPolicy;
  readonly exemptRuntimeClasses: ReadonlySet<string>;
  readonly judge: (pod: Pod) => readonly PodSecurityResult[];
  /** Asked after each pod: upstream takes a second at most, and half of what is left of the request. */
  readonly expired: () => boolean;
}

/** Upstream looks at no more pods of a namespace than this. */
const mostPods = 3000;

/**
 * The warnings about pods that exist when a namespace gets a stricter policy, in the words and order of the API server.
 * Of pods with one controller the first is looked at before the second of any other.
 * Source: pod-security-admission, admission/admission.go, EvaluatePodsInNamespace.
 */
export function checkExistingPods(objects: readonly JsonObject[], options: ExistingPodsOptions): readonly string[] {
  const { namespace, enforce, judge, expired } = options;
  const pods = prioritised(objects, options.exemptRuntimeClasses);
  const groups = new Map<string, { first: string; count: number }>();
  let checked = Math.min(pods.length, mostPods);
  for (const [index, object] of pods.slice(0, mostPods).entries()) {
    const pod = readPodObject(object);
    const results = pod === undefined ? [] : judge(pod);
    if (results.length > 0) {
      const reasons = results.map(({ reason }) => reason).join(', ');
      const name = nameOf(object);
      const group = groups.get(reasons);
      if (group === undefined) groups.set(reasons, { first: name, count: 1 });
      else {
        group.count += 1;
        if (name < group.first) group.first = name;
      }
    }
    if (expired()) {
      checked = index + 1;
      break;
    }
  }
  const warnings: string[] = [];
  if (checked < pods.length) {
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${checked} of ${pods.length} existing pods`,
    );
  }
  if (groups.size === 0) return warnings;
  warnings.push(
    `existing pods in namespace ${quoteGo(namespace)} violate the new PodSecurity enforce level ${quoteGo(formatPolicy(enforce))}`,
  );
  const lines = [...groups].map(([reasons, { first, count }]) => `${first}${others(count)}: ${reasons}`);
  return [...warnings, ...sortedSet(lines)];
}

function others(count: number): string {
  if (count === 1) return '';
  return count === 2 ? ' (and 1 other pod)' : ` (and ${count - 1} other pods)`;
}

function prioritised(objects: readonly JsonObject[], exempt: ReadonlySet<string>): readonly JsonObject[] {
  const first: JsonObject[] = [];
  const duplicates: JsonObject[] = [];
  const seen = new Set<string>();
  for (const object of objects) {
    const runtimeClass = valueAt(object, ['spec', 'runtimeClassName']);
    if (typeof runtimeClass === 'string' && exempt.has(runtimeClass)) continue;
    const controller = controllerOf(object);
    if (controller === undefined || !seen.has(controller)) first.push(object);
    else duplicates.push(object);
    if (controller !== undefined) seen.add(controller);
  }
  return [...first, ...duplicates];
}

function controllerOf(object: JsonObject): string | undefined {
  for (const reference of objectsIn(valueAt(object, ['metadata', 'ownerReferences']))) {
    if (own(reference, 'controller') === true) return String(own(reference, 'uid') ?? '');
  }
  return undefined;
}
