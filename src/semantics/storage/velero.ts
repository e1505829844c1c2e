import { isObject, type JsonObject, own } from '../../model/json.ts';
import { objectsIn, stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { selectsLabels } from '../rbac/label-selector.ts';
import type { BackupPlan, ClaimPlace, Coverage } from './backup-plan.ts';
import { staleSince } from './staleness.ts';

export interface VeleroServer {
  /** `--default-volumes-to-fs-backup` of the server. */
  readonly copiesFiles: boolean;
  readonly takenAt: string;
}

/**
 * A velero.io Schedule. What is excluded wins over what is included; nothing included is everything.
 * Source: vmware-tanzu/velero pkg/apis/velero/v1/{schedule,backup}_types.go, pkg/util/collections/includes_excludes.go.
 */
export function veleroPlan(object: KubeObject, server: VeleroServer): BackupPlan {
  const spec = objectAt(object.value, ['spec']);
  const template = objectAt(spec, ['template']);
  const included = stringsIn(own(template, 'includedNamespaces'));
  const isEverywhere = included.length === 0 || included.includes('*');
  const isPattern = included.some((name) => name !== '*' && name.includes('*'));
  return {
    tool: 'Velero',
    object,
    namespaces: isEverywhere || isPattern ? 'all' : included,
    idle: idleReason(object, spec, server.takenAt),
    covers: (claim) => {
      if (!isEverywhere && isPattern && !included.includes(claim.namespace)) return 'unknown';
      return coverage(template, claim, server);
    },
  };
}

function coverage(template: JsonObject, claim: ClaimPlace, { copiesFiles }: VeleroServer): Coverage {
  const excluded = stringsIn(own(template, 'excludedNamespaces'));
  if (excluded.includes(claim.namespace) || excluded.includes('*')) return 'none';
  const skip = 'velero.io/exclude-from-backup';
  if (own(claim.labels, skip) === 'true' || own(claim.namespaceLabels, skip) === 'true') return 'none';
  if (!selects(template, claim) || !includesVolumes(template)) return 'none';
  if (isObject(own(template, 'resourcePolicy'))) return 'unknown';
  const byDefault = own(template, 'defaultVolumesToFsBackup') ?? own(template, 'defaultVolumesToRestic') ?? copiesFiles;
  if (claim.files === 'opted-in' || (byDefault === true && claim.files !== 'opted-out')) return 'backup';
  if (own(template, 'snapshotMoveData') === true && own(template, 'snapshotVolumes') !== false) return 'backup';
  return own(template, 'snapshotVolumes') === false ? 'none' : 'snapshot';
}

function selects(template: JsonObject, { labels }: ClaimPlace): boolean {
  const selector = own(template, 'labelSelector');
  if (isObject(selector) && !selectsLabels(selector, labels)) return false;
  const any = objectsIn(own(template, 'orLabelSelectors'));
  return any.length === 0 || any.some((each) => selectsLabels(each, labels));
}

const volumeKinds = ['persistentvolumeclaims', 'persistentvolumeclaim', 'pvc'];

function includesVolumes(template: JsonObject): boolean {
  const names = (key: string): readonly string[] => stringsIn(own(template, key)).map((name) => name.toLowerCase());
  const excluded = [...names('excludedResources'), ...names('excludedNamespaceScopedResources')];
  if (excluded.some((name) => name === '*' || volumeKinds.includes(name))) return false;
  const included = [...names('includedResources'), ...names('includedNamespaceScopedResources')];
  return included.length === 0 || included.some((name) => name === '*' || volumeKinds.includes(name));
}

function idleReason({ value }: KubeObject, spec: JsonObject, takenAt: string): string | undefined {
  if (own(spec, 'paused') === true) return 'it is paused';
  const phase = valueAt(value, ['status', 'phase']);
  if (phase === 'FailedValidation') return 'Velero refuses it: its phase is FailedValidation';
  const last = valueAt(value, ['status', 'lastBackup']);
  const schedule = own(spec, 'schedule');
  if (typeof schedule !== 'string' || typeof last !== 'string') return undefined;
  return staleSince(last, { schedule, takenAt });
}

function objectAt(root: JsonObject, path: readonly string[]): JsonObject {
  const value = valueAt(root, path);
  return isObject(value) ? value : {};
}
