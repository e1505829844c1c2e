import { isObject, type JsonObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import type { ClaimPlace } from '../semantics/storage/backup-plan.ts';
import { defineFact, type Facts } from './facts.ts';
import { storageClasses } from './storage.ts';
import { podSubjects } from './workloads.ts';

/** The claims of the snapshot, with what tools for backups choose them by. */
export const backupClaims = defineFact(
  'backup-claims',
  (facts): readonly { readonly object: KubeObject; readonly claim: ClaimPlace }[] => {
    const namespaces = new Map<string, JsonObject>();
    const drivers = new Map<string, string>();
    const claims: KubeObject[] = [];
    for (const object of facts.snapshot.objects) {
      const key = groupKind(object);
      if (key === '/PersistentVolumeClaim') claims.push(object);
      else if (key === '/Namespace') namespaces.set(object.name, objectAt(object, ['metadata', 'labels']));
      else if (key === '/PersistentVolume') {
        const driver = valueAt(object.value, ['spec', 'csi', 'driver']);
        if (typeof driver === 'string') drivers.set(object.name, driver);
      }
    }
    if (claims.length === 0) return [];
    const asked = fileRequests(facts);
    const classes = facts.get(storageClasses);
    return claims.map((object) => {
      const namespace = object.namespace ?? '';
      const className = textAt(object, ['spec', 'storageClassName']) ?? '';
      const volumeName = textAt(object, ['spec', 'volumeName']);
      const claim: ClaimPlace = {
        namespace,
        name: object.name,
        labels: objectAt(object, ['metadata', 'labels']),
        annotations: objectAt(object, ['metadata', 'annotations']),
        namespaceLabels: namespaces.get(namespace) ?? {},
        className,
        volumeName,
        provisioner: drivers.get(volumeName ?? '') ?? classes.get(className)?.provisioner,
        files: asked.get(`${namespace}/${object.name}`),
      };
      return { object, claim };
    });
  },
);

/** What pods ask of Velero for the files of their claims. Source: velero.io documentation, "File System Backup". */
function fileRequests(facts: Facts): ReadonlyMap<string, 'opted-in' | 'opted-out'> {
  const asked = new Map<string, 'opted-in' | 'opted-out'>();
  for (const { object, pod } of facts.get(podSubjects)) {
    for (const [annotation, request] of [
      ['backup.velero.io/backup-volumes-excludes', 'opted-out'],
      ['backup.velero.io/backup-volumes', 'opted-in'],
    ] as const) {
      const given = pod.annotations.get(annotation);
      if (given === undefined) continue;
      const names = new Set(given.split(',').map((name) => name.trim()));
      for (const { type, name, raw } of pod.volumes) {
        const claim = type === 'persistentVolumeClaim' && names.has(name) ? own(raw, 'claimName') : undefined;
        if (typeof claim === 'string') asked.set(`${object.namespace ?? ''}/${claim}`, request);
      }
    }
  }
  return asked;
}

function objectAt({ value }: KubeObject, path: readonly string[]): JsonObject {
  const found = valueAt(value, path);
  return isObject(found) ? found : {};
}

function textAt({ value }: KubeObject, path: readonly string[]): string | undefined {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : undefined;
}
