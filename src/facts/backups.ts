import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import type { BackupPlan, ClaimPlace, Coverage } from '../semantics/storage/backup-plan.ts';
import {
  databasePlan,
  k8upPlan,
  kastenPlan,
  longhornPlan,
  snapshotPlan,
  storkPlan,
  volsyncPlan,
} from '../semantics/storage/backup-tools.ts';
import { veleroPlan } from '../semantics/storage/velero.ts';
import { backupClaims } from './backup-claims.ts';
import { defineFact, type Facts } from './facts.ts';

/** Everything in the snapshot that makes backups of volumes. */
export const backupPlans = defineFact('backup-plans', (facts): readonly BackupPlan[] => {
  const read = planReader(facts);
  const plans: BackupPlan[] = [];
  for (const object of facts.snapshot.objects) {
    const plan = readers.has(object.kind) ? read(object) : undefined;
    if (plan !== undefined) plans.push(plan);
  }
  return plans;
});

/** The plan that an object is. */
export const backupPlanOf = defineFact(
  'backup-plan-of',
  (facts): ReadonlyMap<KubeObject, BackupPlan> => new Map(facts.get(backupPlans).map((plan) => [plan.object, plan])),
);

/** How a claim is covered: by the best that there is. */
export interface ClaimCoverage {
  readonly claim: ClaimPlace;
  readonly object: KubeObject;
  readonly coverage: Coverage;
}

/** The coverage of a claim. */
export const coverageOf = defineFact(
  'coverage-of',
  (facts): ReadonlyMap<KubeObject, Coverage> =>
    new Map([...facts.get(claimCoverage).values()].flat().map(({ object, coverage }) => [object, coverage])),
);

/** Every claim, by namespace. */
export const claimCoverage = defineFact('claim-coverage', (facts): ReadonlyMap<string, readonly ClaimCoverage[]> => {
  const everywhere: BackupPlan[] = [];
  const byNamespace = new Map<string, BackupPlan[]>();
  for (const plan of facts.get(backupPlans)) {
    if (plan.idle !== undefined) continue;
    if (plan.namespaces === 'all') everywhere.push(plan);
    else for (const namespace of new Set(plan.namespaces)) addTo(byNamespace, namespace, plan);
  }
  const covered = new Map<string, ClaimCoverage[]>();
  for (const { object, claim } of facts.get(backupClaims)) {
    const plans = [...(byNamespace.get(claim.namespace) ?? []), ...everywhere];
    addTo(covered, claim.namespace, { object, claim, coverage: best(plans, claim) });
  }
  return covered;
});

const order: readonly Coverage[] = ['none', 'snapshot', 'unknown', 'backup'];

function best(plans: readonly BackupPlan[], claim: ClaimPlace): Coverage {
  let found: Coverage = 'none';
  for (const plan of plans) {
    const coverage = plan.covers(claim);
    if (order.indexOf(coverage) > order.indexOf(found)) found = coverage;
    if (found === 'backup') break;
  }
  return found;
}

const readers: ReadonlySet<string> = new Set([
  ...['Schedule', 'Policy', 'ApplicationBackupSchedule', 'VolumeSnapshotSchedule', 'RecurringJob', 'VolumeSnapshot'],
  ...['ReplicationSource', 'ScheduledBackup'],
]);

function planReader(facts: Facts): (object: KubeObject) => BackupPlan | undefined {
  const { takenAt } = facts.snapshot;
  let volumes: ReadonlyMap<string, JsonObject> | undefined;
  let copiesFiles: boolean | undefined;
  return (object) => {
    switch (groupKind(object)) {
      case 'velero.io/Schedule':
        return veleroPlan(object, { takenAt, copiesFiles: (copiesFiles ??= veleroCopiesFiles(facts)) });
      case 'config.kio.kasten.io/Policy':
        return kastenPlan(object);
      case 'stork.libopenstorage.org/ApplicationBackupSchedule':
      case 'stork.libopenstorage.org/VolumeSnapshotSchedule':
        return storkPlan(object);
      case 'longhorn.io/RecurringJob': {
        const labels = (volumes ??= longhornVolumes(facts));
        return longhornPlan(object, (name) => labels.get(name));
      }
      case 'snapshot.storage.k8s.io/VolumeSnapshot':
        return snapshotPlan(object, takenAt);
      case 'k8up.io/Schedule':
        return k8upPlan(object);
      case 'volsync.backube/ReplicationSource':
        return volsyncPlan(object, takenAt);
      case 'postgresql.cnpg.io/ScheduledBackup':
        return databasePlan(object);
      default:
        return undefined;
    }
  };
}

/** Labels of the volumes of Longhorn, which name the jobs that they are in. */
function longhornVolumes({ snapshot }: Facts): ReadonlyMap<string, JsonObject> {
  const labels = new Map<string, JsonObject>();
  for (const object of snapshot.objects) {
    if (object.kind !== 'Volume' || groupKind(object) !== 'longhorn.io/Volume') continue;
    const own = valueAt(object.value, ['metadata', 'labels']);
    labels.set(object.name, isObject(own) ? own : {});
  }
  return labels;
}

/** `--default-volumes-to-fs-backup` of Velero's server, which was `--default-volumes-to-restic` before 1.10. */
function veleroCopiesFiles({ snapshot }: Facts): boolean {
  return snapshot.objects.some(({ kind, name, value }) => {
    if (kind !== 'Deployment' || name !== 'velero') return false;
    return objectsIn(valueAt(value, ['spec', 'template', 'spec', 'containers'])).some((container) =>
      [...stringsIn(own(container, 'command')), ...stringsIn(own(container, 'args'))].some((word) =>
        /^--default-volumes-to-(?:fs-backup|restic)(?:=true)?$/.test(word),
      ),
    );
  });
}

function addTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
