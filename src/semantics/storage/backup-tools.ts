import { isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import type { BackupPlan, ClaimPlace, Coverage } from './backup-plan.ts';
import { hoursBetween, staleSince } from './staleness.ts';

/** A config.kio.kasten.io Policy. Source: docs.kasten.io, "Policies API". */
export function kastenPlan(object: KubeObject): BackupPlan | undefined {
  const spec = specOf(object);
  const actions = objectsIn(own(spec, 'actions')).map((action) => own(action, 'action'));
  if (!actions.includes('backup') && !actions.includes('export')) return undefined;
  const covered: Coverage = actions.includes('export') ? 'backup' : 'snapshot';
  const chosen = kastenNamespaces(own(spec, 'selector'));
  const frequency = own(spec, 'frequency');
  const validation = valueAt(object.value, ['status', 'validation']);
  return {
    tool: 'Kasten',
    object,
    namespaces: chosen ?? 'all',
    covers: () => (chosen === undefined ? 'unknown' : covered),
    idle:
      own(spec, 'paused') === true
        ? 'it is paused'
        : frequency === '@onDemand'
          ? 'it runs on demand only'
          : validation === 'Failed'
            ? 'Kasten refuses it: its validation failed'
            : undefined,
  };
}

const kastenNamespace = 'k10.kasten.io/appNamespace';

/** The namespaces that a selector names; undefined where it chooses by anything else. */
function kastenNamespaces(selector: Json | undefined): readonly string[] | undefined {
  if (!isObject(selector)) return undefined;
  const names: string[] = [];
  for (const term of objectsIn(own(selector, 'matchExpressions'))) {
    if (own(term, 'key') !== kastenNamespace || own(term, 'operator') !== 'In') return undefined;
    names.push(...stringsIn(own(term, 'values')));
  }
  const labels = own(selector, 'matchLabels');
  for (const [key, value] of Object.entries(isObject(labels) ? labels : {})) {
    if (key !== kastenNamespace || typeof value !== 'string') return undefined;
    names.push(value);
  }
  return names.length === 0 || names.some((name) => name.includes('*')) ? undefined : names;
}

/** A stork.libopenstorage.org ApplicationBackupSchedule or VolumeSnapshotSchedule. Source: docs.portworx.com, Stork. */
export function storkPlan(object: KubeObject): BackupPlan | undefined {
  const spec = specOf(object);
  const template = valueAt(spec, ['template', 'spec']);
  const idle = own(spec, 'suspend') === true ? 'it is suspended' : undefined;
  const tool = 'Portworx';
  if (object.kind === 'ApplicationBackupSchedule') {
    const names = stringsIn(valueAt(template, ['namespaces']));
    const isAll = names.includes('*');
    const selectors = valueAt(template, ['selectors']);
    const isLimited = isObject(selectors) && Object.keys(selectors).length > 0;
    return { tool, object, idle, namespaces: isAll ? 'all' : names, covers: () => (isLimited ? 'unknown' : 'backup') };
  }
  const claim = valueAt(template, ['persistentVolumeClaimName']);
  if (typeof claim !== 'string') return undefined;
  return {
    tool,
    object,
    idle,
    namespaces: [object.namespace ?? ''],
    covers: ({ name }) => (name === claim ? 'snapshot' : 'none'),
  };
}

/**
 * A longhorn.io RecurringJob. `labelsOf` gives the labels of the Longhorn volume of a name. Volumes without any label
 * of a job are in the group `default`. Source: longhorn.io documentation, "Recurring Snapshots and Backups".
 */
export function longhornPlan(
  object: KubeObject,
  labelsOf: (volume: string) => JsonObject | undefined,
): BackupPlan | undefined {
  const spec = specOf(object);
  const task = own(spec, 'task');
  if (typeof task !== 'string') return undefined;
  const covered: Coverage = task.startsWith('backup') ? 'backup' : task.startsWith('snapshot-') ? 'none' : 'snapshot';
  const groups = stringsIn(own(spec, 'groups'));
  return {
    tool: 'Longhorn',
    object,
    namespaces: 'all',
    idle: undefined,
    covers: ({ provisioner, volumeName, labels }) => {
      if (provisioner !== 'driver.longhorn.io') return 'none';
      const given = (volumeName === undefined ? undefined : labelsOf(volumeName)) ?? labels;
      return isInJob(given, object.name, groups) ? covered : 'none';
    },
  };
}

function isInJob(labels: JsonObject, job: string, groups: readonly string[]): boolean {
  const isOn = (key: string): boolean => own(labels, key) === 'enabled';
  if (isOn(`recurring-job.longhorn.io/${job}`)) return true;
  if (groups.some((group) => isOn(`recurring-job-group.longhorn.io/${group}`))) return true;
  const hasAny = Object.keys(labels).some(
    (key) => /^recurring-job(?:-group)?\.longhorn\.io\//.test(key) && !key.endsWith('/source'),
  );
  return !hasAny && groups.includes('default');
}

/** A snapshot.storage.k8s.io VolumeSnapshot that is no older than a week: older ones are no backup to go back to. */
export function snapshotPlan(object: KubeObject, takenAt: string): BackupPlan | undefined {
  const claim = valueAt(object.value, ['spec', 'source', 'persistentVolumeClaimName']);
  if (typeof claim !== 'string') return undefined;
  const ready = valueAt(object.value, ['status', 'readyToUse']) === true;
  const made = valueAt(object.value, ['status', 'creationTime']);
  const age = typeof made === 'string' ? hoursBetween(made, takenAt) : undefined;
  if (!ready || (age !== undefined && age > 7 * 24)) return undefined;
  return {
    tool: 'VolumeSnapshot',
    object,
    namespaces: [object.namespace ?? ''],
    idle: undefined,
    covers: ({ name }) => (name === claim ? 'snapshot' : 'none'),
  };
}

/** A k8up.io Schedule: every claim of its namespace that is not left out. Source: docs.k8up.io. */
export function k8upPlan(object: KubeObject): BackupPlan | undefined {
  if (!isObject(own(specOf(object), 'backup'))) return undefined;
  return {
    tool: 'K8up',
    object,
    namespaces: [object.namespace ?? ''],
    idle: undefined,
    covers: ({ annotations }) => (own(annotations, 'k8up.io/backup') === 'false' ? 'none' : 'backup'),
  };
}

/** A volsync.backube ReplicationSource: one claim, copied elsewhere. Source: volsync.readthedocs.io. */
export function volsyncPlan(object: KubeObject, takenAt: string): BackupPlan | undefined {
  const spec = specOf(object);
  const claim = own(spec, 'sourcePVC');
  if (typeof claim !== 'string') return undefined;
  const schedule = valueAt(spec, ['trigger', 'schedule']);
  const last = valueAt(object.value, ['status', 'lastSyncTime']);
  return {
    tool: 'VolSync',
    object,
    namespaces: [object.namespace ?? ''],
    idle:
      own(spec, 'paused') === true
        ? 'it is paused'
        : typeof schedule === 'string' && typeof last === 'string'
          ? staleSince(last, { schedule, takenAt })
          : undefined,
    covers: ({ name }) => (name === claim ? 'backup' : 'none'),
  };
}

/** A postgresql.cnpg.io ScheduledBackup: the claims of its database. Source: cloudnative-pg.io documentation, "Backup". */
export function databasePlan(object: KubeObject): BackupPlan | undefined {
  const spec = specOf(object);
  const cluster = valueAt(spec, ['cluster', 'name']);
  if (typeof cluster !== 'string') return undefined;
  const covered: Coverage = own(spec, 'method') === 'volumeSnapshot' ? 'snapshot' : 'backup';
  return {
    tool: 'CloudNativePG',
    object,
    namespaces: [object.namespace ?? ''],
    idle: own(spec, 'suspend') === true ? 'it is suspended' : undefined,
    covers: ({ labels }: ClaimPlace) => (own(labels, 'cnpg.io/cluster') === cluster ? covered : 'none'),
  };
}

function specOf({ value }: KubeObject): JsonObject {
  const spec = own(value, 'spec');
  return isObject(spec) ? spec : {};
}
