import { isObject, type JsonObject, own } from '../../model/json.ts';
import { type Pod, readPod } from '../../model/pod.ts';
import { type Malformed, Reader } from '../../model/reader.ts';
import type { Workload } from '../../model/workload.ts';

/**
 * A Pod object as admission reads it; undefined for anything that the API server would not decode as one. `known` is an
 * object that was read before, this one perhaps.
 */
export function readPodObject(object: JsonObject | undefined, known?: Workload): Pod | undefined {
  if (object === undefined) return undefined;
  const kind = own(object, 'kind');
  if (kind !== undefined && kind !== 'Pod') return undefined;
  return readBefore(object, known) ?? read(object, []);
}

/** Why an object, or the template at `path` in it, cannot be read as a pod, as a clause. */
export function whyNoPod(object: JsonObject | undefined, path: readonly string[] = []): string {
  if (object === undefined) return 'there is none';
  const kind = own(object, 'kind');
  if (path.length === 0 && kind !== undefined && kind !== 'Pod') return 'its kind is not Pod';
  const malformed: Malformed[] = [];
  read(object, path, malformed);
  const [first] = malformed;
  if (first === undefined) return 'it cannot be read';
  return malformed.length === 1 ? first.message : `${first.message}; and ${malformed.length - 1} more`;
}

const steps: ReadonlyMap<string, readonly string[]> = new Map([
  ['podtemplates', ['template']],
  ['cronjobs', ['spec', 'jobTemplate', 'spec', 'template']],
]);

const inSpec = ['spec', 'template'];

/** The template of what makes pods; undefined where it has none, which only a ReplicationController may. */
export function readPodTemplate(resource: string, object: JsonObject, known?: Workload): Pod | 'malformed' | undefined {
  if (resource === 'replicationcontrollers') {
    const spec = own(object, 'spec');
    if (isObject(spec) && (own(spec, 'template') ?? null) === null) return undefined;
  }
  return readBefore(object, known) ?? read(object, templatePath(resource)) ?? 'malformed';
}

/** Where what makes pods has its template. */
export function templatePath(resource: string): readonly string[] {
  return steps.get(resource) ?? inSpec;
}

function readBefore(object: JsonObject, known: Workload | undefined): Pod | undefined {
  return known?.object.value === object && known.malformed.length === 0 ? known.templates[0]?.pod : undefined;
}

function read(object: JsonObject, path: readonly string[], malformed: Malformed[] = []): Pod | undefined {
  let reader = new Reader(object, [], malformed);
  for (const step of path) reader = reader.object(step);
  const pod = readPod(reader.object('spec'), reader.object('metadata'));
  return malformed.length > 0 ? undefined : pod;
}

export function labelsOf(object: JsonObject): ReadonlyMap<string, string> {
  return new Reader(object, [], []).object('metadata').stringMap('labels');
}

/** As the API server names in messages what has no name yet: by what its name will begin with. */
export function nameOf(object: JsonObject | undefined): string {
  const metadata = object === undefined ? undefined : own(object, 'metadata');
  const name = isObject(metadata) ? own(metadata, 'name') || own(metadata, 'generateName') : undefined;
  return typeof name === 'string' ? name : '';
}
