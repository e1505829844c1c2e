import type { JsonObject } from '../../model/json.ts';
import type { KubeObject } from '../../model/snapshot.ts';

/** A claim, as far as tools for backups choose by it. */
export interface ClaimPlace {
  readonly namespace: string;
  readonly name: string;
  readonly labels: JsonObject;
  readonly annotations: JsonObject;
  readonly namespaceLabels: JsonObject;
  readonly className: string;
  /** The PersistentVolume that it is bound to. */
  readonly volumeName: string | undefined;
  /** Names of the driver of its class or volume. */
  readonly provisioner: string | undefined;
  /** Whether a pod asks Velero by annotation to back up the files of it (`opted-in`), or to leave them (`opted-out`). */
  readonly files: 'opted-in' | 'opted-out' | undefined;
}

/** `backup`: a copy elsewhere. `snapshot`: on the storage of the volume itself. */
export type Coverage = 'backup' | 'snapshot' | 'none' | 'unknown';

/** Something that makes backups again and again, or has made one lately. */
export interface BackupPlan {
  readonly tool: string;
  readonly object: KubeObject;
  /** The namespaces that it may cover. */
  readonly namespaces: 'all' | readonly string[];
  readonly covers: (claim: ClaimPlace) => Coverage;
  /** Why it does not run: paused, refused, or without a run for too long. It then covers nothing. */
  readonly idle: string | undefined;
}
