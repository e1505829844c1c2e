import type { Path } from './path.ts';
import { type Pod, readPod } from './pod.ts';
import { type Malformed, Reader } from './reader.ts';
import type { KubeObject } from './snapshot.ts';

/** An object that is a pod or makes pods. */
export interface Workload {
  readonly object: KubeObject;
  readonly templates: readonly PodTemplate[];
  readonly malformed: readonly Malformed[];
}

export interface PodTemplate {
  /** Empty for kinds with one template; else what tells it from its siblings, such as `templates/build`. */
  readonly name: string;
  readonly pod: Pod;
}

/** Where a kind keeps a pod template. */
interface TemplatePlace {
  /** Path of what holds `metadata` and `spec`. */
  readonly template: Path;
}

const podTemplate: readonly TemplatePlace[] = [{ template: ['spec', 'template'] }];

/** Built-in kinds by `group/Kind`; the version does not matter. */
const builtIn = new Map<string, readonly TemplatePlace[]>([
  ['/Pod', [{ template: [] }]],
  ['/PodTemplate', [{ template: ['template'] }]],
  ['/ReplicationController', podTemplate],
  ['apps/Deployment', podTemplate],
  ['apps/StatefulSet', podTemplate],
  ['apps/DaemonSet', podTemplate],
  ['apps/ReplicaSet', podTemplate],
  ['extensions/Deployment', podTemplate],
  ['extensions/DaemonSet', podTemplate],
  ['extensions/ReplicaSet', podTemplate],
  ['batch/Job', podTemplate],
  ['batch/CronJob', [{ template: ['spec', 'jobTemplate', 'spec', 'template'] }]],
]);

/** `group/Kind` of an object: the key of kind tables. */
export function groupKind(object: { readonly apiVersion: string; readonly kind: string }): string {
  const slash = object.apiVersion.indexOf('/');
  return `${slash === -1 ? '' : object.apiVersion.slice(0, slash)}/${object.kind}`;
}

/** Undefined for an object that carries no pod template. */
export function readWorkload(object: KubeObject): Workload | undefined {
  const places = builtIn.get(groupKind(object));
  if (places === undefined) return undefined;
  const malformed: Malformed[] = [];
  const templates: PodTemplate[] = [];
  for (const place of places) {
    for (const { reader, name } of findPlaces(new Reader(object.value, [], malformed), place.template)) {
      templates.push({ name, pod: readPod(reader.object('spec'), reader.object('metadata')) });
    }
  }
  return { object, templates, malformed };
}

/** What a pattern matches. Without a `*` that is one place, even where the object leaves it out. */
function findPlaces(root: Reader, pattern: Path): { reader: Reader; name: string }[] {
  let reader = root;
  for (const step of pattern) reader = reader.object(String(step));
  return [{ reader, name: '' }];
}
