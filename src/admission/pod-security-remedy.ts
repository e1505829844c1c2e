import type { JsonPatchOperation } from '../model/admission.ts';
import { applyEditsToValue } from '../model/apply-edit.ts';
import { type Edit, edit } from '../model/edit.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { Path } from '../model/path.ts';
import type { Pod } from '../model/pod.ts';
import type { PodSecurityResult, Violation } from '../semantics/pod-security/index.ts';
import { patchBetween } from './json-patch.ts';

export interface Remedy {
  /** Of the object that holds the pod; empty where nothing can be mended without a person. */
  readonly patch: readonly JsonPatchOperation[];
  /** Checks that still fail with the patch: a person has to decide about them. */
  readonly left: readonly PodSecurityResult[];
}

export interface RemedyOptions {
  readonly object: JsonObject;
  readonly results: readonly PodSecurityResult[];
  /** Judges the pod in an object that was edited. */
  readonly judge: (object: JsonObject) => { readonly pod: Pod; readonly results: readonly PodSecurityResult[] };
}

/**
 * The patch that lets a pod, or the pods of a template, pass the checks that it fails, as far as fields decide: nothing
 * is changed for a check that fails all the same. It is judged again before it is given.
 */
export function remedyOf({ object, results, judge }: RemedyOptions): Remedy {
  let edited = object;
  for (const { check } of results) {
    const { pod, results: failing } = judge(edited);
    const result = failing.find((each) => each.check === check);
    if (result === undefined) continue;
    const after = applyEditsToValue(edited, editsFor(result, pod));
    if (isObject(after) && !judge(after).results.some((each) => each.check === check)) edited = after;
  }
  return { patch: patchBetween(object, edited), left: judge(edited).results };
}

/** Of some checks what is there must go, of others something must be set; volumes and users are a person's to change. */
function editsFor({ check, violations }: PodSecurityResult, pod: Pod): readonly Edit[] {
  switch (check) {
    case 'hostNamespaces':
    case 'privileged':
    case 'procMount':
    case 'procMount_restricted':
    case 'seLinuxOptions':
    case 'windowsHostProcess':
    case 'hostProbesAndHostLifecycle':
    case 'hostPorts':
      return violations.map(({ path }) => edit.remove(path));
    case 'appArmorProfile':
      return violations.map(({ path }) => edit.remove(path.at(-1) === 'type' ? path.slice(0, -1) : path));
    case 'allowPrivilegeEscalation':
      return violations.map(({ path }) => edit.set(path, false));
    case 'capabilities_baseline':
    case 'capabilities_restricted':
      return violations.map(capabilityEdit);
    case 'runAsNonRoot':
      return explicit(
        violations,
        (path) => edit.set(path, true),
        edit.set(pod.at('securityContext', 'runAsNonRoot'), true),
      );
    case 'seccompProfile_baseline':
    case 'seccompProfile_restricted':
      return explicit(
        violations,
        (path) => edit.set(path.slice(0, -1), { type: 'RuntimeDefault' }),
        edit.set(pod.at('securityContext', 'seccompProfile'), { type: 'RuntimeDefault' }),
      );
    default:
      return [];
  }
}

function capabilityEdit({ path, value }: Violation): Edit {
  const isAdded = typeof path.at(-1) === 'number';
  return isAdded ? edit.removeItems(path.slice(0, -1), value === undefined ? [] : [value]) : edit.append(path, 'ALL');
}

/** What is set wrongly is set right where it stands; what is set nowhere is set for the whole pod. */
function explicit(violations: readonly Violation[], right: (path: Path) => Edit, whole: Edit): readonly Edit[] {
  const set = violations.filter(({ value }) => value !== undefined);
  return set.length > 0 ? set.map(({ path }) => right(path)) : [whole];
}
