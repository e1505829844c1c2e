import { customResource } from '../model/custom-resource.ts';
import { customWorkloadKinds } from '../model/custom-workloads/kinds.ts';
import type { ResourceRule } from '../semantics/admission-policy/index.ts';

type Scope = ResourceRule['scope'];

interface Served {
  readonly resource: string;
  readonly scope: Scope;
}

type Row = readonly [groupKind: string, served: Served];

/** The kinds that controls judge by themselves, and the resources that serve them. */
const resourceOfKind: ReadonlyMap<string, Served> = new Map<string, Served>([
  ...namespaced('', 'Service services', 'ConfigMap configmaps', 'Secret secrets', 'ServiceAccount serviceaccounts'),
  ...namespaced('', 'Pod pods', 'PodTemplate podtemplates', 'ReplicationController replicationcontrollers'),
  ...namespaced('', 'PersistentVolumeClaim persistentvolumeclaims', 'LimitRange limitranges'),
  ...namespaced('', 'ResourceQuota resourcequotas', 'Endpoints endpoints'),
  ...namespaced('discovery.k8s.io', 'EndpointSlice endpointslices'),
  ...namespaced('apps', 'Deployment deployments', 'DaemonSet daemonsets', 'StatefulSet statefulsets'),
  ...namespaced('apps', 'ReplicaSet replicasets'),
  ...namespaced('batch', 'Job jobs', 'CronJob cronjobs'),
  ...namespaced('policy', 'PodDisruptionBudget poddisruptionbudgets'),
  ...namespaced('networking.k8s.io', 'Ingress ingresses', 'NetworkPolicy networkpolicies'),
  ...namespaced('rbac.authorization.k8s.io', 'Role roles', 'RoleBinding rolebindings'),
  ...cluster('rbac.authorization.k8s.io', 'ClusterRole clusterroles', 'ClusterRoleBinding clusterrolebindings'),
  ...cluster('', 'Namespace namespaces', 'PersistentVolume persistentvolumes', 'Node nodes'),
  ...cluster('storage.k8s.io', 'StorageClass storageclasses', 'CSIDriver csidrivers'),
  ...cluster('apiregistration.k8s.io', 'APIService apiservices'),
  ...cluster('policy', 'PodSecurityPolicy podsecuritypolicies'),
  ...cluster('policy.networking.k8s.io', 'ClusterNetworkPolicy clusternetworkpolicies'),
  ...cluster('policy.networking.k8s.io', 'AdminNetworkPolicy adminnetworkpolicies'),
  ...cluster('policy.networking.k8s.io', 'BaselineAdminNetworkPolicy baselineadminnetworkpolicies'),
  ...cluster('security.openshift.io', 'SecurityContextConstraints securitycontextconstraints'),
  ...cluster('constraints.gatekeeper.sh', 'K8sAllowedRepos k8sallowedrepos'),
  ...namespaced('gateway.networking.k8s.io', 'Gateway gateways'),
  ...namespaced('networking.istio.io', 'Gateway gateways', 'DestinationRule destinationrules'),
  ...namespaced('policy.linkerd.io', 'ServerAuthorization serverauthorizations'),
  ...namespaced('policy.linkerd.io', 'NetworkAuthentication networkauthentications'),
  ...namespaced('argoproj.io', 'AppProject appprojects'),
  ...namespaced('velero.io', 'BackupStorageLocation backupstoragelocations'),
  ...namespaced('config.kio.kasten.io', 'Profile profiles'),
  ...namespaced('stork.libopenstorage.org', 'BackupLocation backuplocations'),
  ...namespaced('longhorn.io', 'BackupTarget backuptargets'),
  ...namespaced('monitoring.coreos.com', 'ServiceMonitor servicemonitors', 'PodMonitor podmonitors'),
]);

/** Every kind, as `group/Kind`, that a webhook can be told to be asked about. */
export function servedKinds(): Iterable<string> {
  return resourceOfKind.keys();
}

/** Whether a webhook can be told to be asked about a kind: `group/Kind`. */
export function isServedKind(kind: string): boolean {
  return resourceOfKind.has(kind);
}

/**
 * Whether API servers ask no webhook about a kind: they leave out what sets webhooks and policies up, so that a bad one
 * can be mended. Source: apiserver, admission/plugin/webhook/predicates/rules (IsExemptAdmissionConfigurationResource).
 */
export function isNeverSent(kind: string): boolean {
  return kind.startsWith('admissionregistration.k8s.io/');
}

/** What must be asked to hear of every write of a kind; nothing for one that is not known. */
export function ruleOfKind(kind: string): readonly ResourceRule[] {
  const served = resourceOfKind.get(kind);
  if (served === undefined) return [];
  return [ruleOf(groupOf(kind), served)];
}

/**
 * Custom resources that make pods. Their pods are judged when they come; what is said here is said sooner. A rule for
 * what a server does not have does no harm.
 */
export const customTemplates: readonly ResourceRule[] = rulesOfCustomWorkloads();

function rulesOfCustomWorkloads(): readonly ResourceRule[] {
  const byGroup = new Map<string, string[]>();
  for (const kind of customWorkloadKinds()) {
    const { group, resource } = customResource(kind);
    // The old group of OpenShift is that of Pods and Services.
    if (group === '') continue;
    const known = byGroup.get(group);
    if (known === undefined) byGroup.set(group, [resource]);
    else known.push(resource);
  }
  return [...byGroup].map(([group, resources]) => ({
    ...ruleOf(group, { resource: '', scope: '*' }),
    resources: resources.toSorted(),
  }));
}

function ruleOf(group: string, { resource, scope }: Served): ResourceRule {
  return { apiGroups: [group], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: [resource], scope };
}

function groupOf(kind: string): string {
  return kind.slice(0, kind.indexOf('/'));
}

function namespaced(group: string, ...kinds: readonly string[]): readonly Row[] {
  return rows(group, kinds, 'Namespaced');
}

function cluster(group: string, ...kinds: readonly string[]): readonly Row[] {
  return rows(group, kinds, 'Cluster');
}

function rows(group: string, kinds: readonly string[], scope: Scope): readonly Row[] {
  return kinds.map((text): Row => {
    const [kind = '', resource = ''] = text.split(' ');
    return [`${group}/${kind}`, { resource, scope }];
  });
}
