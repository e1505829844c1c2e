import type { Pod, Volume } from '../../model/pod.ts';
import { restrictedVolumeTypes } from './allowed.ts';
import type { Edition, Offence } from './check.ts';
import { plural, quoteList, sortedSet } from './wording.ts';

/** Restricted types that messages name; upstream calls any other `unknown`. */
const namedVolumeTypes: ReadonlySet<string> = new Set([
  ...['awsElasticBlockStore', 'azureDisk', 'azureFile', 'cephfs', 'cinder', 'fc', 'flexVolume', 'flocker'],
  ...['gcePersistentDisk', 'gitRepo', 'glusterfs', 'hostPath', 'iscsi', 'nfs', 'photonPersistentDisk'],
  ...['portworxVolume', 'quobyte', 'rbd', 'scaleIO', 'storageos', 'vsphereVolume'],
]);

const volumeNoun = { one: 'volume', many: 'volumes' };

function nameVolumes(volumes: readonly Volume[]): string {
  return `${plural(volumes.length, volumeNoun)} ${quoteList(volumes.map(({ name }) => name))}`;
}

/** Upstream: check_hostPathVolumes.go. */
export function hostPathVolumes(pod: Pod): Offence | undefined {
  const volumes = pod.volumes.filter(({ type }) => type === 'hostPath');
  if (volumes.length === 0) return undefined;
  return {
    reason: 'hostPath volumes',
    detail: nameVolumes(volumes),
    violations: volumes.map(({ path }) => ({ path: [...path, 'hostPath'] })),
  };
}

/** Upstream: check_restrictedVolumes.go. */
export function restrictedVolumes(pod: Pod, { server }: Edition): Offence | undefined {
  const volumes = pod.volumes.filter((volume) => !isAllowed(volume, server));
  if (volumes.length === 0) return undefined;
  const types = sortedSet(volumes.map(({ type }) => (namedVolumeTypes.has(type) ? type : 'unknown')));
  const noun = plural(types.length, { one: 'restricted volume type', many: 'restricted volume types' });
  return {
    reason: 'restricted volume types',
    detail: `${nameVolumes(volumes)} ${plural(volumes.length, { one: 'uses', many: 'use' })} ${noun} ${quoteList(types)}`,
    violations: volumes.map(({ path, type }) => ({ path: [...path, type] })),
  };
}

/**
 * Image volumes came in 1.31 and were a type that the check did not know until 1.33. A server that is older than they
 * are drops the field, and what is left is an emptyDir.
 */
function isAllowed({ type }: Volume, server: number): boolean {
  if (type === 'image') return server >= 33 || server < 31;
  return restrictedVolumeTypes.has(type);
}
