import { customWorkload } from './custom-workloads/kinds.ts';
import { joinNames, matches, type Place } from './custom-workloads/places.ts';
import { readSpecPatch, readTemplatePatch } from './custom-workloads/pods.ts';
import { readPod } from './pod.ts';
import type { PodTemplate } from './pod-template.ts';
import { type Malformed, Reader } from './reader.ts';
import type { KubeObject } from './snapshot.ts';

/** An object that is a pod or makes pods. */
export interface Workload {
  readonly object: KubeObject;
  readonly templates: readonly PodTemplate[];
  readonly malformed: readonly Malformed[];
}

const inTemplate = ['spec', 'template'];

/** Built-in kinds by `group/Kind`, and the path of what holds `metadata` and `spec`. The version does not matter. */
const builtIn: ReadonlyMap<string, readonly string[]> = new Map([
  ['/Pod', []],
  ['/PodTemplate', ['template']],
  ['/ReplicationController', inTemplate],
  ['apps/Deployment', inTemplate],
  ['apps/StatefulSet', inTemplate],
  ['apps/DaemonSet', inTemplate],
  ['apps/ReplicaSet', inTemplate],
  ['extensions/Deployment', inTemplate],
  ['extensions/DaemonSet', inTemplate],
  ['extensions/ReplicaSet', inTemplate],
  ['batch/Job', inTemplate],
  ['batch/CronJob', ['spec', 'jobTemplate', 'spec', 'template']],
]);

/** Whether the kind of an object is one that needs no schema to be read. */
export function isKnownWorkload(groupKind: string): boolean {
  return builtIn.has(groupKind) || customWorkload(groupKind) !== undefined;
}

const builtInKinds = [...builtIn.keys()].map((key) => {
  const slash = key.indexOf('/');
  return { group: key.slice(0, slash), kind: key.slice(slash + 1) };
});

/** The kinds of Kubernetes itself that are or make pods, the groups that serve them today before older ones. */
export function builtInWorkloads(): readonly { readonly group: string; readonly kind: string }[] {
  return builtInKinds;
}

/** `group/Kind` of an object: the key of kind tables. */
export function groupKind(object: { readonly apiVersion: string; readonly kind: string }): string {
  const slash = object.apiVersion.indexOf('/');
  return `${slash === -1 ? '' : object.apiVersion.slice(0, slash)}/${object.kind}`;
}

/** Where the schema of a custom resource shows a pod template or pod spec, and what to call it. */
export interface DiscoveredPlace {
  readonly name: string;
  readonly place: Place;
  /** Whether it holds `metadata` and `spec`, or is itself the spec. */
  readonly holds: 'template' | 'spec';
}

/**
 * Undefined for an object that carries no pod template. `discovered` are places that the schema of its kind shows;
 * they count where Bulwark does not know the kind by itself, and nothing is found in an object that uses none.
 */
export function readWorkload(object: KubeObject, discovered?: readonly DiscoveredPlace[]): Workload | undefined {
  const key = groupKind(object);
  const malformed: Malformed[] = [];
  const root = new Reader(object.value, [], malformed);
  const template = builtIn.get(key);
  if (template !== undefined) {
    let reader = root;
    for (const step of template) reader = reader.object(step);
    return {
      object,
      templates: [{ name: '', pod: readPod(reader.object('spec'), reader.object('metadata')) }],
      malformed,
    };
  }
  const custom = customWorkload(key);
  if (custom !== undefined) return { object, templates: [...custom(root)], malformed: distinct(malformed) };
  if (discovered === undefined) return undefined;
  const templates = discovered.flatMap((place) => readDiscovered(root, place));
  return templates.length === 0 ? undefined : { object, templates, malformed };
}

/** Nobody knows what the controller of an unknown kind adds, so only what is set is certain. */
function readDiscovered(root: Reader, { name, place, holds }: DiscoveredPlace): PodTemplate[] {
  const read = holds === 'template' ? readTemplatePatch : readSpecPatch;
  return [...matches(root, place)].map((match) => ({
    name: joinNames(name, match.name),
    pod: read(match.reader, root),
  }));
}

/** Fields that several pods of an object share are read with each of them. */
function distinct(malformed: readonly Malformed[]): readonly Malformed[] {
  return [...new Map(malformed.map((field) => [field.message, field])).values()];
}
