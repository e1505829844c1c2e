import type { EtcdDataEvidence } from '../model/etcd-data.ts';
import type { KubeconfigEvidence } from '../model/kubeconfig.ts';
import type { NodeEvidence } from '../model/node.ts';
import type { ClusterInfo, Gap, KubeObject, SkippedInput, Snapshot } from '../model/snapshot.ts';

/** What one collector read. */
export interface Collected {
  readonly objects: readonly KubeObject[];
  readonly inputs: readonly SkippedInput[];
  readonly gaps: readonly Gap[];
  readonly cluster?: ClusterInfo;
  readonly nodes?: readonly NodeEvidence[];
  readonly kubeconfigs?: KubeconfigEvidence;
  readonly etcd?: readonly EtcdDataEvidence[];
}

/** One snapshot of all that was read. `takenAt` is RFC 3339. */
export function assembleSnapshot(parts: readonly Collected[], takenAt: string): Snapshot {
  const nodes = parts.flatMap((part) => part.nodes ?? []);
  const etcd = parts.flatMap((part) => part.etcd ?? []);
  const kubeconfigs = parts.find((part) => part.kubeconfigs !== undefined)?.kubeconfigs;
  const cluster = parts.find((part) => part.cluster !== undefined)?.cluster;
  return {
    schema: 'bulwark.snapshot/v1',
    takenAt,
    objects: parts.flatMap((part) => part.objects),
    inputs: parts.flatMap((part) => part.inputs),
    gaps: parts.flatMap((part) => part.gaps),
    ...(cluster === undefined ? {} : { cluster }),
    ...(nodes.length > 0 && { nodes }),
    ...(kubeconfigs !== undefined && { kubeconfigs }),
    ...(etcd.length > 0 && { etcd }),
  };
}
