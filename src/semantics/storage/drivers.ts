import table from '../../../data/storage-drivers.json' with { type: 'json' };
import type { Severity } from '../../model/severity.ts';

/** Whether data is encrypted, as far as the objects of a cluster prove it. */
export type EncryptionState = 'encrypted' | 'unencrypted' | 'unknown';

/** What the rest of the cluster says, where that decides. */
export type EvidenceName = 'pod-network' | 'ceph-connections' | 'ceph-disks' | 'mayastor-pools';

/** Something that a class or a volume has. */
export interface Condition {
  /** Any of these parameters is one of `is`, or contains one of `contains`; where neither is given, it is set. */
  readonly parameter?: readonly string[];
  readonly mountOption?: readonly string[];
  readonly evidence?: EvidenceName;
  readonly is?: readonly string[];
  readonly contains?: readonly string[];
}

export interface EncryptionCase {
  /** All of them hold; absent: it always does. */
  readonly when?: readonly Condition[];
  readonly state: EncryptionState;
  readonly says: string;
  /** What to ask elsewhere, where the objects do not tell. */
  readonly prove?: string;
  readonly severity?: Severity;
}

/** A parameter that weakens a driver, whatever it is that is encrypted. */
export interface StorageHazard {
  readonly when: readonly Condition[];
  readonly severity: Severity;
  readonly says: string;
}

export type Encryption = 'atRest' | 'inTransit';

export interface StorageDriver {
  readonly name: string;
  readonly provisioners: readonly string[];
  /** The driver reads the names of parameters in any case. */
  readonly ignoresCase?: boolean;
  /** Tried in order; the last one always holds. */
  readonly atRest: readonly EncryptionCase[];
  readonly inTransit: readonly EncryptionCase[];
  /** Parameters that name a key of one's own. */
  readonly keys: readonly string[];
  /** Parameters that set or bound IOPS and throughput. */
  readonly performance: readonly string[];
  readonly hazards: readonly StorageHazard[];
  /** What the attributes and mount options of a PersistentVolume decide by themselves. */
  readonly volumeTells: readonly string[];
}

// Of the states and severities in the file, the compiler knows only that they are strings.
const drivers = table.drivers as unknown as readonly StorageDriver[];

const byProvisioner: ReadonlyMap<string, StorageDriver> = new Map(
  drivers.flatMap((driver) => driver.provisioners.map((name): [string, StorageDriver] => [name, driver])),
);

/** Suffixes of drivers that are named after the namespace of their operator: `rook-ceph.rbd.csi.ceph.com`. */
const bySuffix: readonly (readonly [suffix: string, driver: StorageDriver])[] = drivers.flatMap((driver) =>
  driver.provisioners.filter((name) => name.startsWith('*.')).map((name) => [name.slice(1), driver] as const),
);

/** The driver of a provisioner's name. Sources and date: `data/storage-drivers.json`. */
export function storageDriver(provisioner: string): StorageDriver | undefined {
  return byProvisioner.get(provisioner) ?? bySuffix.find(([suffix]) => provisioner.endsWith(suffix))?.[1];
}

export const storageDrivers: readonly StorageDriver[] = drivers;

/** The minor version from which Kubernetes has no code of its own for a provisioner, `1.27`; CSI migration may serve it. */
export function inTreeRemoval(provisioner: string): string | undefined {
  return removed.get(provisioner);
}

const removed: ReadonlyMap<string, string> = new Map(Object.entries(table.inTreeRemoved));
