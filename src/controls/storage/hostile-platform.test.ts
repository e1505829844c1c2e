import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../collect/manifests/decode.ts';
import { assembleSnapshot } from '../../collect/snapshot.ts';
import { judge } from '../../engine/judge.ts';
import { controls } from '../registry.ts';

const chosen = controls.filter(({ id }) =>
  /^(?:storage|backups|meshes|wire-encryption|node-isolation|observability)\//.test(id),
);

const kinds = [
  ...[
    'v1 Namespace',
    'v1 Pod',
    'v1 Node',
    'v1 Secret',
    'v1 ConfigMap',
    'v1 PersistentVolume',
    'v1 PersistentVolumeClaim',
  ],
  ...['storage.k8s.io/v1 StorageClass', 'storage.k8s.io/v1 CSIDriver', 'apps/v1 DaemonSet', 'apps/v1 Deployment'],
  ...['velero.io/v1 Schedule', 'velero.io/v1 BackupStorageLocation', 'config.kio.kasten.io/v1alpha1 Policy'],
  ...['config.kio.kasten.io/v1alpha1 Profile', 'stork.libopenstorage.org/v1alpha1 ApplicationBackupSchedule'],
  ...[
    'stork.libopenstorage.org/v1alpha1 BackupLocation',
    'longhorn.io/v1beta2 RecurringJob',
    'longhorn.io/v1beta2 BackupTarget',
  ],
  ...['snapshot.storage.k8s.io/v1 VolumeSnapshot', 'k8up.io/v1 Schedule', 'volsync.backube/v1alpha1 ReplicationSource'],
  ...['postgresql.cnpg.io/v1 ScheduledBackup', 'ceph.rook.io/v1 CephCluster', 'openebs.io/v1beta3 DiskPool'],
  ...[
    'security.istio.io/v1 PeerAuthentication',
    'security.istio.io/v1 AuthorizationPolicy',
    'networking.istio.io/v1 DestinationRule',
  ],
  ...['policy.linkerd.io/v1beta1 ServerAuthorization', 'policy.linkerd.io/v1alpha1 NetworkAuthentication'],
  ...['consul.hashicorp.com/v1alpha1 ServiceIntentions', 'kuma.io/v1alpha1 Mesh', 'kuma.io/v1alpha1 MeshTLS'],
  ...['crd.projectcalico.org/v1 FelixConfiguration', 'operator.openshift.io/v1 Network', 'node.k8s.io/v1 RuntimeClass'],
];

const words = [
  ...[
    'spec',
    'data',
    'parameters',
    'provisioner',
    'csi',
    'driver',
    'volumeAttributes',
    'mountOptions',
    'template',
    'selector',
  ],
  ...[
    'matchLabels',
    'matchExpressions',
    'mtls',
    'mode',
    'portLevelMtls',
    'rules',
    'from',
    'source',
    'tls',
    'trafficPolicy',
  ],
  ...[
    'subsets',
    'portLevelSettings',
    'taints',
    'tolerations',
    'key',
    'operator',
    'effect',
    'nodeSelector',
    'affinity',
    'nodeName',
  ],
  ...[
    'containers',
    'image',
    'args',
    'env',
    'name',
    'labels',
    'annotations',
    'schedule',
    'status',
    'lastBackup',
    'groups',
    'task',
  ],
  ...[
    'net-conf.json',
    'antrea-agent.conf',
    'mesh',
    'enable-wireguard',
    'wireguardEnabled',
    'location',
    's3Config',
    'actions',
  ],
  ...[
    'includedNamespaces',
    'orLabelSelectors',
    'storage',
    'network',
    'sources',
    'networks',
    'client',
    'backends',
    '__proto__',
  ],
];

const values = [
  ...[
    null,
    true,
    0,
    -1,
    '',
    '*',
    'true',
    'STRICT',
    'DISABLE',
    'Exists',
    'ebs.csi.aws.com',
    'driver.longhorn.io',
    'backup',
  ],
  ...[
    'a: [',
    '{"Backend": {"Type": 1}}',
    '0 2 * * *',
    '@every 1h',
    'kube-system',
    'istio',
    'cilium-config',
    '${pvc.namespace}',
  ],
];

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(...values),
    fc.string(),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...words) }, fc.string()), tie('tree'), {
      maxKeys: 6,
    }),
  ),
}));

describe('any JSON at all', () => {
  it('makes no control of storage, backups, meshes, encryption, nodes or monitoring throw', () => {
    const name = fc.constantFrom('kube-system', 'istio', 'cilium-config', 'default', 'x', '__proto__');
    const object = fc.tuple(fc.constantFrom(...kinds), name, tree, tree, tree);
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 6 }), (given) => {
        const texts = given.map(([kind, named, metadata, spec, more]) => {
          const [apiVersion, kindName] = kind.split(' ');
          const fields = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? metadata : {};
          const rest = typeof more === 'object' && more !== null && !Array.isArray(more) ? more : {};
          return JSON.stringify({ ...rest, apiVersion, kind: kindName, metadata: { ...fields, name: named }, spec });
        });
        const judgement = judge(
          assembleSnapshot([decodeManifest(texts.join('\n---\n'), 'x.yaml')], '2026-11-21T00:00:00Z'),
          {
            controls: chosen,
            profiles: ['security', 'reliability'],
          },
        );
        expect(judgement.errors.map(({ control, error }) => `${control.id}: ${String(error)}`)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
