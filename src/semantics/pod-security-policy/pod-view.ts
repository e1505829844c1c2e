import type { Container } from '../../model/container.ts';
import { isList, isObject, type JsonObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { type Path, valueAt } from '../../model/path.ts';
import { type Pod, podFromJson } from '../../model/pod.ts';
import type { Malformed } from '../../model/reader.ts';
import { annotationOf, seccompContainerPrefix, seccompPodAnnotation } from './profiles.ts';

/** A pod as the plugin sees it, with the distinction between unset and empty that it makes. */
export interface PodView {
  readonly object: JsonObject;
  readonly pod: Pod;
  /** An empty list is set. */
  readonly supplementalGroups: readonly number[] | undefined;
  /** Init containers, containers, ephemeral containers. */
  readonly containers: readonly ContainerView[];
  readonly volumes: readonly VolumeView[];
  readonly malformed: readonly Malformed[];
}

export interface ContainerView {
  readonly container: Container;
  /** As errors name it: `spec.containers[0]`. */
  readonly path: string;
  readonly capabilities: Capabilities | undefined;
  readonly procMount: string;
}

export interface Capabilities {
  /** Unset is told apart from empty where errors print the list. */
  readonly add: readonly string[] | undefined;
  readonly drop: readonly string[] | undefined;
}

export interface VolumeView {
  readonly name: string;
  /** As policies name it. */
  readonly type: string;
  readonly source: JsonObject;
}

/** Reads a Pod object. */
export function viewPod(object: JsonObject): PodView {
  const { pod, malformed } = podFromJson(object);
  const groups = valueAt(object, ['spec', 'securityContext', 'supplementalGroups']);
  return {
    object,
    pod,
    supplementalGroups: isList(groups) ? pod.securityContext.supplementalGroups : undefined,
    containers: pod.containers.map(viewContainer),
    volumes: objectsIn(valueAt(object, ['spec', 'volumes'])).map(viewVolume),
    malformed,
  };
}

/**
 * The containers that a policy judges. It sets fields on ephemeral containers as well, and with the feature off, as it is
 * in v1.20, the API server then drops them.
 */
export function judgedContainers({ containers }: PodView): readonly ContainerView[] {
  return containers.filter(({ container }) => container.role !== 'ephemeral');
}

function viewContainer(container: Container): ContainerView {
  const [, list = '', index = 0] = container.path;
  const { procMount, capabilities } = container.securityContext;
  const raw = valueAt(container.raw, ['securityContext', 'capabilities']);
  const known = (key: 'add' | 'drop'): readonly string[] | undefined =>
    isObject(raw) && isList(own(raw, key)) ? capabilities[key] : undefined;
  return {
    container,
    path: `spec.${list}[${index}]`,
    capabilities: isObject(raw) ? { add: known('add'), drop: known('drop') } : undefined,
    procMount: procMount ?? 'Default',
  };
}

/** In the order in which the plugin looks for a source; the fields of the API and, where another, a policy's name for it. */
const volumeTypes: readonly (readonly [field: string, type: string])[] = [
  ...['hostPath', 'emptyDir', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'secret', 'nfs', 'iscsi'],
  ...['glusterfs', 'persistentVolumeClaim', 'rbd', 'flexVolume', 'cinder', 'cephfs', 'flocker', 'downwardAPI', 'fc'],
  ...['azureFile', 'configMap', 'vsphereVolume', 'quobyte', 'azureDisk', 'photonPersistentDisk', 'storageos'],
  ...['projected', 'portworxVolume', 'scaleIO', 'csi', 'ephemeral'],
].map((field) => [field, field === 'cephfs' ? 'cephFS' : field]);

/** Every type that a policy can name, sorted as errors print them. */
export const policyVolumeTypes: readonly string[] = volumeTypes.map(([, type]) => type).sort();

/** A volume without a source that v1.20 knows is an emptyDir: the API server drops what it does not know. */
function viewVolume(volume: JsonObject): VolumeView {
  const name = own(volume, 'name');
  const [field = 'emptyDir', type = 'emptyDir'] = volumeTypes.find(([key]) => isObject(own(volume, key))) ?? [];
  const source = own(volume, field);
  return { name: typeof name === 'string' ? name : '', type, source: isObject(source) ? source : {} };
}

/** Where an annotation of a pod is. */
export function annotationPath(key: string): Path {
  return ['metadata', 'annotations', key];
}

/** The profile that the plugin compares: the pod's annotation, else its field; empty where there is none. */
export function podSeccomp({ pod }: PodView): string {
  const { seccompProfile } = pod.securityContext;
  const annotation = pod.annotations.get(seccompPodAnnotation) ?? '';
  return annotation === '' && seccompProfile !== undefined ? annotationOf(seccompProfile) : annotation;
}

/** The container's field, its annotation, the pod's field, the pod's annotation: the first that is set. */
export function containerSeccomp({ pod }: PodView, { container }: ContainerView): string {
  const { seccompProfile } = container.securityContext;
  if (seccompProfile !== undefined) return annotationOf(seccompProfile);
  const annotation = pod.annotations.get(`${seccompContainerPrefix}${container.name}`);
  if (annotation !== undefined) return annotation;
  const inherited = pod.securityContext.seccompProfile;
  return inherited === undefined ? (pod.annotations.get(seccompPodAnnotation) ?? '') : annotationOf(inherited);
}
