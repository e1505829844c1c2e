import type { Container, VolumeMount } from '../../model/container.ts';
import type { Edit } from '../../model/edit.ts';
import { edit } from '../../model/edit.ts';
import type { Path } from '../../model/path.ts';
import type { Pod, Volume } from '../../model/pod.ts';
import { classifyHostPath } from './host-path-class.ts';

/** What a hostPath volume is reported as: the first that applies, so that each volume gives one finding. */
export type HostPathReport = 'runtime-socket' | 'cloud-credentials' | 'sensitive' | 'writable' | 'plain';

export interface HostPathVolume {
  readonly volume: Volume;
  readonly path: string;
  /** Path of the field to blame. */
  readonly at: Path;
  /** `writable` where a container of any role mounts the volume without `readOnly: true`. */
  readonly access: 'writable' | 'read-only' | 'unmounted';
  /** "volume logs is /var/log of the node, writable by container app". */
  readonly description: string;
  /** The path, and who may write to it: for `Failure.items`. */
  readonly items: readonly string[];
}

/** The hostPath volumes of a pod that are reported as `report`, in the order of the pod spec. */
export function hostPathVolumes(pod: Pod, report: HostPathReport): readonly HostPathVolume[] {
  if (!pod.volumes.some(isHostPath)) return none;
  const mounts = mountsByVolume(pod);
  const found: HostPathVolume[] = [];
  for (const volume of pod.volumes) {
    if (volume.hostPath === undefined) continue;
    const { readers, writers } = mounts.get(volume.name) ?? unmounted;
    const access = writers.size > 0 ? 'writable' : readers > 0 ? 'read-only' : 'unmounted';
    if (reportOf(volume.hostPath, access) !== report) continue;
    const { path } = volume.hostPath;
    const description = `volume ${volume.name} is ${path} of the node, ${describeAccess(access, writers)}`;
    const items = [path, ...[...writers].map((name) => `writable by container ${name}`)];
    found.push({ volume, path, at: [...volume.path, 'hostPath', 'path'], access, description, items });
  }
  return found;
}

/** Makes every mount of a volume read-only. */
export function readOnlyEdits(pod: Pod, volume: string | undefined): readonly Edit[] {
  const edits: Edit[] = [];
  for (const mount of pod.containers.flatMap((container) => container.volumeMounts)) {
    if (mount.name === volume && !mount.readOnly) edits.push(edit.set([...mount.path, 'readOnly'], true));
  }
  return edits;
}

const none: readonly HostPathVolume[] = Object.freeze([]);

function isHostPath(volume: Volume): boolean {
  return volume.hostPath !== undefined;
}

function reportOf(hostPath: { path: string; type: string }, access: HostPathVolume['access']): HostPathReport {
  const pathClass = classifyHostPath(hostPath.path);
  if (pathClass !== 'other') return pathClass;
  // A block device is a disk of the node, wherever its file lies.
  if (hostPath.type === 'BlockDevice') return 'sensitive';
  return access === 'writable' ? 'writable' : 'plain';
}

interface Mounts {
  readers: number;
  /** Names of the containers that mount the volume writable. */
  readonly writers: Set<string>;
}

const unmounted: Mounts = { readers: 0, writers: new Set() };

function mountsByVolume(pod: Pod): ReadonlyMap<string, Mounts> {
  const byVolume = new Map<string, Mounts>();
  const add = (container: Container, mount: VolumeMount) => {
    const mounts = byVolume.get(mount.name) ?? { readers: 0, writers: new Set() };
    byVolume.set(mount.name, mounts);
    if (mount.readOnly) mounts.readers += 1;
    else mounts.writers.add(container.name);
  };
  for (const container of pod.containers) for (const mount of container.volumeMounts) add(container, mount);
  return byVolume;
}

function describeAccess(access: HostPathVolume['access'], writers: ReadonlySet<string>): string {
  if (access === 'read-only') return 'mounted read-only';
  if (access === 'unmounted') return 'mounted by no container';
  return `writable by ${writers.size === 1 ? 'container' : 'containers'} ${[...writers].join(', ')}`;
}
