import type { JsonObject } from '../json.ts';
import { type Path, valueAt } from '../path.ts';
import type { Undecided } from '../pod.ts';

/*
 * What a custom resource does not decide about the pods that it makes. An operator fills in what the resource leaves
 * out, so a missing field says nothing; a field that is there does.
 */

/** Fields that hold optional parts: a failure that blames one of them as a whole is about a part that is missing. */
const holders: ReadonlySet<string> = new Set([
  ...['securityContext', 'podSecurityContext', 'capabilities', 'resources', 'limits', 'requests'],
  ...['spec', 'template', 'podTemplate', 'pod'],
]);

/** Lists of containers: a failure that blames a whole item is about a part of it that is missing. */
const containerLists: ReadonlySet<string> = new Set([
  ...['containers', 'initContainers', 'ephemeralContainers', 'sidecars', 'steps', 'additionalContainers'],
]);

/** What a container takes from its pod where it does not set it. */
const inherited: ReadonlySet<string> = new Set([
  ...['runAsNonRoot', 'runAsUser', 'runAsGroup', 'seccompProfile', 'appArmorProfile', 'seLinuxOptions'],
  'windowsOptions',
]);

/** Who decides what a resource leaves out, where nobody better is known. */
export const theOperator = 'the operator';

/** Only what the object sets is decided. `who` fills in the rest: "the operator". */
export function onlySetFields(object: JsonObject, who: string): Undecided {
  const reason = `the object does not set it, so ${who} decides it`;
  return (at) => (isSet(object, at) ? undefined : reason);
}

/** Fields that a controller gives a value of its own where the object leaves them out. */
export function defaulted(object: JsonObject, fields: readonly string[]): Undecided {
  return (at) => {
    const field = at.at(-1);
    if (typeof field !== 'string' || !fields.includes(field) || isSet(object, at)) return undefined;
    return `the controller gives ${field} a default of its own`;
  };
}

/**
 * Containers, all as deep in the object, are shown in full, but what they take from the pod, the pod's own fields and those in `overridable` are
 * decided elsewhere where they are not set. `who` decides them.
 */
export function onlyContainers(
  object: JsonObject,
  containers: readonly Path[],
  options: { readonly who: string; readonly overridable: ReadonlySet<string> },
): Undecided {
  const reason = `the object does not set it, so ${options.who} decides it`;
  const known = new Set(containers.map((path) => JSON.stringify(path)));
  const depth = containers[0]?.length ?? 0;
  return (at) => {
    if (isSet(object, at)) return undefined;
    if (!known.has(JSON.stringify(at.slice(0, depth)))) return reason;
    const field = at.slice(depth);
    if (field.length === 0 || field.at(-1) === 'securityContext') return reason;
    return field.some((step) => inherited.has(String(step)) || options.overridable.has(String(step)))
      ? reason
      : undefined;
  };
}

/** Values that are filled in when the object is run: `{{inputs.parameters.image}}`, `$(params.image)`. */
export function parameters(object: JsonObject, marker: string): Undecided {
  return (at) => {
    const value = valueAt(object, at);
    return typeof value === 'string' && value.includes(marker)
      ? 'a parameter decides it when the object is run'
      : undefined;
  };
}

/** Fields of a pod that the kind has no place for: its pods always have the API's default, and nobody can change it. */
export function noPlace(pod: Path, placed: ReadonlySet<string>, kind: string): Undecided {
  return (at) => {
    const field = at[pod.length];
    if (typeof field !== 'string' || !podFields.has(field) || placed.has(field) || !startsWith(at, pod))
      return undefined;
    return `a ${kind} has no field for it`;
  };
}

export function anyOf(...all: readonly Undecided[]): Undecided {
  return (at) => {
    for (const undecided of all) {
      const reason = undecided(at);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

/** Fields of a pod spec that a control may miss. */
const podFields: ReadonlySet<string> = new Set([
  ...['automountServiceAccountToken', 'hostIPC', 'hostNetwork', 'hostPID', 'hostUsers', 'nodeName', 'os'],
  ...['priorityClassName', 'resources', 'runtimeClassName', 'securityContext', 'serviceAccount'],
  ...['serviceAccountName', 'shareProcessNamespace'],
]);

function isSet(object: JsonObject, at: Path): boolean {
  const value = valueAt(object, at);
  if (value === undefined || value === null) return false;
  const last = at.at(-1);
  if (typeof last === 'number') return !containerLists.has(String(at.at(-2)));
  return last !== undefined && !holders.has(last);
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((step, index) => path[index] === step);
}
