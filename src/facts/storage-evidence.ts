import { isObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import type { EncryptionState, EvidenceName } from '../semantics/storage/drivers.ts';
import { defineFact } from './facts.ts';
import { podTraffic } from './wire-encryption.ts';

/** What the cluster says beside the classes of a driver; `unknown` where nothing of it was read, or where it disagrees. */
export const storageEvidence = defineFact('storage-evidence', (facts): ((name: EvidenceName) => EncryptionState) => {
  const connections: EncryptionState[] = [];
  const disks: EncryptionState[] = [];
  const pools: EncryptionState[] = [];
  for (const object of facts.snapshot.objects) {
    if (object.kind === 'CephCluster' && groupKind(object) === 'ceph.rook.io/CephCluster') {
      connections.push(cephConnections(object));
      disks.push(cephDisks(object));
    } else if (object.kind === 'DiskPool' && groupKind(object) === 'openebs.io/DiskPool') {
      pools.push(stateOf(isObject(valueAt(object.value, ['spec', 'encryptionConfig']))));
    }
  }
  const states: ReadonlyMap<EvidenceName, EncryptionState> = new Map([
    ['ceph-connections', agreed(connections)],
    ['ceph-disks', agreed(disks)],
    // One pool in plain text may get any replica.
    ['mayastor-pools', pools.includes('unencrypted') ? 'unencrypted' : agreed(pools)],
    ['pod-network', facts.get(podTraffic)],
  ]);
  return (name) => states.get(name) ?? 'unknown';
});

function agreed(states: readonly EncryptionState[]): EncryptionState {
  const [first = 'unknown'] = states;
  return states.every((state) => state === first) ? first : 'unknown';
}

function stateOf(isEncrypted: boolean): EncryptionState {
  return isEncrypted ? 'encrypted' : 'unencrypted';
}

function isExternal({ value }: KubeObject): boolean {
  return valueAt(value, ['spec', 'external', 'enable']) === true;
}

/** Source: rook/rook, CephCluster CRD, `network.connections.encryption`. */
function cephConnections(object: KubeObject): EncryptionState {
  const enabled = valueAt(object.value, ['spec', 'network', 'connections', 'encryption', 'enabled']);
  if (enabled === true) return 'encrypted';
  return isExternal(object) ? 'unknown' : 'unencrypted';
}

/** Source: rook/rook, CephCluster CRD, `storage.storageClassDeviceSets[].encrypted` and `storage.config.encryptedDevice`. */
function cephDisks(object: KubeObject): EncryptionState {
  if (isExternal(object)) return 'unknown';
  const storage = valueAt(object.value, ['spec', 'storage']);
  const sets = objectsIn(valueAt(storage, ['storageClassDeviceSets']));
  if (sets.length > 0) return agreed(sets.map((set) => stateOf(own(set, 'encrypted') === true)));
  if (
    objectsIn(valueAt(storage, ['nodes'])).some((node) => valueAt(node, ['config', 'encryptedDevice']) !== undefined)
  ) {
    return 'unknown';
  }
  return stateOf(valueAt(storage, ['config', 'encryptedDevice']) === 'true');
}
