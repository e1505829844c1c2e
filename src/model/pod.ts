import { type Container, type ContainerList, type Resources, readContainer, readResources } from './container.ts';
import type { JsonObject } from './json.ts';
import type { Path } from './path.ts';
import { type Malformed, Reader } from './reader.ts';
import { type PodSecurityContext, readPodSecurityContext } from './security-context.ts';

/** A pod, or the pod that a template would make. API defaulting is applied where verdicts depend on it. */
export interface Pod {
  /** Absolute path of the pod spec in the object. */
  readonly path: Path;
  /** Absolute path of the pod's metadata: the template's, or the Pod's own. */
  readonly metadataPath: Path;
  readonly raw: JsonObject;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly securityContext: PodSecurityContext;
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  readonly hostUsers: boolean | undefined;
  readonly shareProcessNamespace: boolean;
  /** `spec.os.name`. */
  readonly os: string | undefined;
  readonly runtimeClassName: string | undefined;
  readonly nodeName: string | undefined;
  readonly priorityClassName: string | undefined;
  /** As the API server defaults it: `serviceAccountName`, else the deprecated `serviceAccount`, else `default`. */
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean | undefined;
  readonly hostAliases: number;
  readonly volumes: readonly Volume[];
  /** Pod-level `resources`, 1.34 and later. */
  readonly resources: Resources;
  /** Init containers, containers, ephemeral containers: upstream's order. */
  readonly containers: readonly Container[];
  /**
   * Why it cannot be known whether the field at an absolute path is as it reads here: something that the object does
   * not show, such as an operator's defaults, decides it. Absent for pods that the object shows in full.
   */
  readonly undecided?: Undecided;
  /** Absolute path of a field of the pod spec. */
  at(...steps: readonly (string | number)[]): Path;
}

/** The reason why a field is not decided by the object that is read; undefined for a field that is. */
export type Undecided = (at: Path) => string | undefined;

export interface Volume {
  readonly path: Path;
  readonly name: string;
  /** The API field that names the source: `hostPath`, `configMap`. A volume without one is an `emptyDir`. */
  readonly type: string;
  /** The source's own fields. */
  readonly raw: JsonObject;
  readonly hostPath: { readonly path: string; readonly type: string } | undefined;
}

/** Volume sources that the API knows (core/v1 VolumeSource, 1.37). Any other field is no source to the API server. */
const volumeTypes = new Set([
  ...['awsElasticBlockStore', 'azureDisk', 'azureFile', 'cephfs', 'cinder', 'configMap', 'csi', 'downwardAPI'],
  ...['emptyDir', 'ephemeral', 'fc', 'flexVolume', 'flocker', 'gcePersistentDisk', 'gitRepo', 'glusterfs', 'hostPath'],
  ...['image', 'iscsi', 'nfs', 'persistentVolumeClaim', 'photonPersistentDisk', 'portworxVolume', 'projected'],
  ...['quobyte', 'rbd', 'scaleIO', 'secret', 'storageos', 'vsphereVolume'],
]);

const containerLists: readonly ContainerList[] = ['initContainers', 'containers', 'ephemeralContainers'];

/** Reads a pod spec. `metadata` is the pod's (or template's) metadata; the readers' paths are absolute. */
export function readPod(spec: Reader, metadata: Reader, undecided?: Undecided): Pod {
  const containers: Container[] = [];
  const pod: Pod = {
    path: spec.path,
    metadataPath: metadata.path,
    raw: spec.raw,
    labels: metadata.stringMap('labels'),
    annotations: metadata.stringMap('annotations'),
    securityContext: readPodSecurityContext(spec.object('securityContext')),
    hostNetwork: spec.boolean('hostNetwork') ?? false,
    hostPID: spec.boolean('hostPID') ?? false,
    hostIPC: spec.boolean('hostIPC') ?? false,
    hostUsers: spec.boolean('hostUsers'),
    shareProcessNamespace: spec.boolean('shareProcessNamespace') ?? false,
    os: spec.object('os').string('name'),
    runtimeClassName: spec.string('runtimeClassName'),
    nodeName: spec.string('nodeName'),
    priorityClassName: spec.string('priorityClassName'),
    serviceAccountName: spec.string('serviceAccountName') || spec.string('serviceAccount') || 'default',
    automountServiceAccountToken: spec.boolean('automountServiceAccountToken'),
    hostAliases: spec.objects('hostAliases').length,
    volumes: spec.objects('volumes').map(readVolume),
    resources: readResources(spec.object('resources')),
    containers,
    ...(undecided !== undefined && { undecided }),
    at: (...steps) => spec.at(...steps),
  };
  for (const list of containerLists) {
    for (const reader of spec.objects(list)) containers.push(readContainer(reader, pod, list));
  }
  return pod;
}

/** A pod from plain JSON, for use as a library: `spec` and `metadata` as in a Pod object. */
export function podFromJson(object: JsonObject): { pod: Pod; malformed: readonly Malformed[] } {
  const malformed: Malformed[] = [];
  const root = new Reader(object, [], malformed);
  return { pod: readPod(root.object('spec'), root.object('metadata')), malformed };
}

function readVolume(reader: Reader): Volume {
  const type = Object.keys(reader.raw).find((key) => volumeTypes.has(key) && reader.has(key));
  const source = reader.object(type ?? 'emptyDir');
  return {
    path: reader.path,
    name: reader.string('name') ?? '',
    type: type ?? unknownSource(reader) ?? 'emptyDir',
    raw: source.raw,
    hostPath:
      type === 'hostPath' ? { path: source.string('path') ?? '', type: source.string('type') ?? '' } : undefined,
  };
}

/** A source that this model does not know yet: kept by its name, so that it is never taken for an emptyDir. */
function unknownSource(reader: Reader): string | undefined {
  return Object.keys(reader.raw).find((key) => key !== 'name' && reader.has(key));
}
