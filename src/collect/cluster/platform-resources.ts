import type { ListedResource } from './resources.ts';

const rows = (group: string, why: string, ...resources: readonly string[]): readonly ListedResource[] =>
  resources.map((resource) => ({ resource, group, why, role: 'minimal' }));

const mesh = 'what workloads of a mesh take: mutual TLS, and from whom';
const reach = 'which pods may reach which';
const backup = 'which claims are in a backup, and where backups are kept';

/** Custom kinds of storage, backups, meshes and network plugins; only those that a cluster serves are listed. */
export const platformResources: readonly ListedResource[] = [
  ...rows('storage.k8s.io', 'what drivers of storage are given', 'csidrivers'),
  ...rows('ceph.rook.io', 'encryption of disks and connections', 'cephclusters'),
  ...rows('openebs.io', 'encryption of pools', 'diskpools'),
  ...rows('snapshot.storage.k8s.io', backup, 'volumesnapshots'),
  ...rows('velero.io', backup, 'schedules', 'backupstoragelocations'),
  ...rows('config.kio.kasten.io', backup, 'policies', 'profiles'),
  ...rows(
    'stork.libopenstorage.org',
    backup,
    'applicationbackupschedules',
    'backuplocations',
    'volumesnapshotschedules',
  ),
  ...rows('longhorn.io', backup, 'backuptargets', 'recurringjobs', 'volumes'),
  ...rows('k8up.io', backup, 'schedules'),
  ...rows('volsync.backube', backup, 'replicationsources'),
  ...rows('postgresql.cnpg.io', backup, 'scheduledbackups'),
  ...rows('security.istio.io', mesh, 'authorizationpolicies', 'peerauthentications'),
  ...rows('networking.istio.io', mesh, 'destinationrules'),
  ...rows('policy.linkerd.io', mesh, 'networkauthentications', 'serverauthorizations'),
  ...rows('consul.hashicorp.com', mesh, 'meshes', 'proxydefaults', 'servicedefaults', 'serviceintentions'),
  ...rows('kuma.io', mesh, 'meshes', 'meshidentities', 'meshtlses'),
  ...rows('crd.projectcalico.org', 'encryption between nodes', 'felixconfigurations'),
  ...rows(
    'policy.networking.k8s.io',
    reach,
    'clusternetworkpolicies',
    'adminnetworkpolicies',
    'baselineadminnetworkpolicies',
  ),
  ...rows('cilium.io', reach, 'ciliumnetworkpolicies', 'ciliumclusterwidenetworkpolicies'),
  ...rows(
    'crd.projectcalico.org',
    reach,
    'networkpolicies',
    'globalnetworkpolicies',
    'stagednetworkpolicies',
    'stagedglobalnetworkpolicies',
    'stagedkubernetesnetworkpolicies',
    'tiers',
    'hostendpoints',
  ),
  ...rows('kyverno.io', 'refuses or changes objects at admission', 'clusterpolicies', 'policies'),
  ...rows('policies.kyverno.io', 'refuses or changes objects at admission', 'validatingpolicies'),
  ...rows('monitoring.coreos.com', 'how metrics are scraped', 'podmonitors', 'servicemonitors'),
  ...rows('external-secrets.io', 'where Secrets come from', 'clustersecretstores', 'secretstores'),
];
