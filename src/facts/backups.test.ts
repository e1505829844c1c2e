import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../collect/manifests/decode.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { backupPlans, claimCoverage } from './backups.ts';
import { factsOf } from './facts.ts';

const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop, labels: {app: web, cnpg.io/cluster: db}}
spec: {storageClassName: fast, volumeName: pv-1}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-1}
spec: {csi: {driver: driver.longhorn.io, volumeHandle: pv-1}}
`;

function object(kind: string, spec: string, { namespace = 'tools', more = '' } = {}): string {
  const slash = kind.lastIndexOf('/');
  return `apiVersion: ${kind.slice(0, slash)}
kind: ${kind.slice(slash + 1)}
metadata: {name: job, namespace: ${namespace}}
spec: {${spec}}
${more}`;
}

function coverage(...texts: readonly string[]): string {
  const text = [claim, ...texts].join('---\n');
  const facts = factsOf(assembleSnapshot([decodeManifest(text, 'x.yaml')], '2026-11-21T00:00:00Z'));
  const found = facts.get(claimCoverage).get('shop')?.[0]?.coverage;
  const idle = facts.get(backupPlans).find((plan) => plan.idle !== undefined)?.idle;
  return idle === undefined ? String(found) : `${found}: ${idle}`;
}

const velero = (template: string, more = ''): string =>
  object('velero.io/v1/Schedule', `schedule: "0 2 * * *", template: {${template}}`, { more });
const pod = (annotation: string): string => `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, annotations: {${annotation}}}
spec:
  containers: [{name: app, image: "registry.example/app:1.0"}]
  volumes: [{name: files, persistentVolumeClaim: {claimName: data}}]
`;
const server = `apiVersion: apps/v1
kind: Deployment
metadata: {name: velero, namespace: velero}
spec: {template: {spec: {containers: [{name: velero, args: [server, --default-volumes-to-fs-backup]}]}}}
`;

describe('Velero', () => {
  it.each([
    ['everything by default', [velero('')], 'snapshot'],
    ['the namespace', [velero('includedNamespaces: [shop], snapshotMoveData: true')], 'backup'],
    ['a star', [velero('includedNamespaces: ["*"], defaultVolumesToFsBackup: true')], 'backup'],
    ['another namespace', [velero('includedNamespaces: [bank]')], 'none'],
    ['exclusion wins', [velero('includedNamespaces: [shop], excludedNamespaces: [shop]')], 'none'],
    ['a pattern', [velero('includedNamespaces: ["sh*"]')], 'unknown'],
    ['labels that fit', [velero('labelSelector: {matchLabels: {app: web}}')], 'snapshot'],
    ['labels that do not', [velero('labelSelector: {matchLabels: {app: api}}')], 'none'],
    [
      'any of several',
      [velero('orLabelSelectors: [{matchLabels: {app: api}}, {matchLabels: {app: web}}]')],
      'snapshot',
    ],
    ['no volumes', [velero('snapshotVolumes: false')], 'none'],
    ['other resources', [velero('includedResources: [deployments]')], 'none'],
    ['claims left out', [velero('excludedResources: [pvc]')], 'none'],
    ['a policy that is not read', [velero('resourcePolicy: {kind: configmap, name: p}')], 'unknown'],
    ['a pod that asks', [velero('snapshotVolumes: false'), pod('backup.velero.io/backup-volumes: files')], 'backup'],
    [
      'a pod that declines',
      [
        velero('defaultVolumesToFsBackup: true, snapshotVolumes: false'),
        pod('backup.velero.io/backup-volumes-excludes: files'),
      ],
      'none',
    ],
    ['the default of the server', [velero('snapshotVolumes: false'), server], 'backup'],
    ['paused', [object('velero.io/v1/Schedule', 'paused: true, template: {}')], 'none: it is paused'],
    [
      'not run lately',
      [velero('', 'status: {lastBackup: "2026-11-01T02:00:00Z"}\n')],
      'none: it ran last at 2026-11-01T02:00:00Z, and should every 24 h',
    ],
    ['run today', [velero('', 'status: {lastBackup: "2026-11-20T02:00:00Z"}\n')], 'snapshot'],
  ])('%s', (_, texts, expected) => {
    expect(coverage(...texts)).toBe(expected);
  });
});

const kasten = (spec: string): string => object('config.kio.kasten.io/v1alpha1/Policy', spec);
const both = 'actions: [{action: backup}, {action: export}]';
const chooses = (namespace: string): string =>
  `selector: {matchExpressions: [{key: k10.kasten.io/appNamespace, operator: In, values: [${namespace}]}]}`;
const inShop = { namespace: 'shop' };

describe('other tools', () => {
  it.each([
    ['Kasten with export', [kasten(`frequency: "@daily", ${both}, ${chooses('shop')}`)], 'backup'],
    ['Kasten without', [kasten(`frequency: "@daily", actions: [{action: backup}], ${chooses('shop')}`)], 'snapshot'],
    ['Kasten elsewhere', [kasten(`frequency: "@daily", ${both}, ${chooses('bank')}`)], 'none'],
    ['Kasten by labels', [kasten(`frequency: "@daily", ${both}, selector: {matchLabels: {team: shop}}`)], 'unknown'],
    [
      'Kasten on demand',
      [kasten(`frequency: "@onDemand", ${both}, ${chooses('shop')}`)],
      'none: it runs on demand only',
    ],
    [
      'Stork',
      [object('stork.libopenstorage.org/v1alpha1/ApplicationBackupSchedule', 'template: {spec: {namespaces: [shop]}}')],
      'backup',
    ],
    [
      'Stork, suspended',
      [
        object(
          'stork.libopenstorage.org/v1alpha1/ApplicationBackupSchedule',
          'suspend: true, template: {spec: {namespaces: [shop]}}',
        ),
      ],
      'none: it is suspended',
    ],
    [
      'Stork, snapshots',
      [
        object(
          'stork.libopenstorage.org/v1alpha1/VolumeSnapshotSchedule',
          'template: {spec: {persistentVolumeClaimName: data}}',
          inShop,
        ),
      ],
      'snapshot',
    ],
    [
      'Longhorn, default group',
      [object('longhorn.io/v1beta2/RecurringJob', 'task: backup, groups: [default]')],
      'backup',
    ],
    [
      'Longhorn, snapshots',
      [object('longhorn.io/v1beta2/RecurringJob', 'task: snapshot, groups: [default]')],
      'snapshot',
    ],
    [
      'Longhorn, cleaning up',
      [object('longhorn.io/v1beta2/RecurringJob', 'task: snapshot-cleanup, groups: [default]')],
      'none',
    ],
    ['Longhorn, another group', [object('longhorn.io/v1beta2/RecurringJob', 'task: backup, groups: [gold]')], 'none'],
    [
      'a snapshot',
      [
        object('snapshot.storage.k8s.io/v1/VolumeSnapshot', 'source: {persistentVolumeClaimName: data}', {
          ...inShop,
          more: 'status: {readyToUse: true, creationTime: "2026-11-20T00:00:00Z"}\n',
        }),
      ],
      'snapshot',
    ],
    [
      'an old snapshot',
      [
        object('snapshot.storage.k8s.io/v1/VolumeSnapshot', 'source: {persistentVolumeClaimName: data}', {
          ...inShop,
          more: 'status: {readyToUse: true, creationTime: "2026-01-20T00:00:00Z"}\n',
        }),
      ],
      'none',
    ],
    ['K8up', [object('k8up.io/v1/Schedule', 'backup: {schedule: "@daily"}', inShop)], 'backup'],
    ['K8up elsewhere', [object('k8up.io/v1/Schedule', 'backup: {schedule: "@daily"}')], 'none'],
    [
      'VolSync',
      [object('volsync.backube/v1alpha1/ReplicationSource', 'sourcePVC: data, restic: {}', inShop)],
      'backup',
    ],
    ['CloudNativePG', [object('postgresql.cnpg.io/v1/ScheduledBackup', 'cluster: {name: db}', inShop)], 'backup'],
    ['a Schedule of somebody else', [object('example.com/v1/Schedule', 'template: {}')], 'none'],
  ])('%s', (_, texts, expected) => {
    expect(coverage(...texts)).toBe(expected);
  });

  it('takes the labels of the volume of Longhorn, and no default beside them', () => {
    const job = (groups: string): string =>
      object('longhorn.io/v1beta2/RecurringJob', `task: backup, groups: [${groups}]`);
    const volume = `apiVersion: longhorn.io/v1beta2
kind: Volume
metadata: {name: pv-1, namespace: longhorn-system, labels: {recurring-job-group.longhorn.io/gold: enabled}}
spec: {}
`;
    expect(coverage(job('default'), volume)).toBe('none');
    expect(coverage(job('gold'), volume)).toBe('backup');
  });
});
