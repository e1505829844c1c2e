import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Binding, type BindingSubject, readBinding } from './binding.ts';
import { isOfRbac } from './role-book.ts';

/** The controllers that have a ClusterRole and a service account in kube-system, in any version since 1.20. */
const controllers: ReadonlySet<string> = new Set([
  ...['attachdetach-controller', 'certificate-controller', 'clusterrole-aggregation-controller', 'cronjob-controller'],
  ...['daemon-set-controller', 'deployment-controller', 'device-taint-eviction-controller', 'disruption-controller'],
  ...['endpoint-controller', 'endpointslice-controller', 'endpointslicemirroring-controller'],
  ...['ephemeral-volume-controller', 'expand-controller', 'generic-garbage-collector', 'horizontal-pod-autoscaler'],
  ...['job-controller', 'legacy-service-account-token-cleaner', 'namespace-controller', 'node-controller'],
  ...['persistent-volume-binder', 'pod-garbage-collector', 'podcertificaterequestcleaner', 'pv-protection-controller'],
  ...['pvc-protection-controller', 'replicaset-controller', 'replication-controller', 'resource-claim-controller'],
  ...['resourcequota-controller', 'root-ca-cert-publisher', 'route-controller', 'selinux-warning-controller'],
  ...['service-account-controller', 'service-cidrs-controller', 'service-controller', 'statefulset-controller'],
  ...['storage-version-garbage-collector', 'storage-version-migrator-controller', 'ttl-after-finished-controller'],
  ...['ttl-controller', 'validatingadmissionpolicy-status-controller', 'volumeattributesclass-protection-controller'],
  ...['kube-apiserver-serving-clustertrustbundle-publisher'],
]);

const clusterRoles: ReadonlySet<string> = new Set([
  ...['admin', 'cluster-admin', 'edit', 'view'],
  ...[
    ...['aggregate-to-admin', 'aggregate-to-edit', 'aggregate-to-view', 'auth-delegator', 'basic-user'],
    ...['certificates.k8s.io:certificatesigningrequests:nodeclient'],
    ...['certificates.k8s.io:certificatesigningrequests:selfnodeclient'],
    ...['certificates.k8s.io:kube-apiserver-client-approver'],
    ...['certificates.k8s.io:kube-apiserver-client-kubelet-approver'],
    ...['certificates.k8s.io:kubelet-serving-approver', 'certificates.k8s.io:legacy-unknown-approver'],
    ...['cluster-trust-bundle-discovery', 'discovery', 'heapster', 'kube-aggregator', 'kube-controller-manager'],
    ...['kube-dns', 'kube-scheduler', 'kubelet-api-admin', 'monitoring', 'node', 'node-bootstrapper'],
    ...['node-problem-detector', 'node-proxier', 'persistent-volume-provisioner', 'public-info-viewer'],
    ...['service-account-issuer-discovery', 'volume-scheduler'],
  ].map((name) => `system:${name}`),
]);

/** By namespace. */
const roles: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['kube-public', new Set(['system:controller:bootstrap-signer'])],
  [
    'kube-system',
    new Set([
      ...['extension-apiserver-authentication-reader', 'system::leader-locking-kube-controller-manager'],
      ...['system::leader-locking-kube-scheduler', 'system:controller:bootstrap-signer'],
      ...['system:controller:cloud-provider', 'system:controller:token-cleaner'],
    ]),
  ],
]);

/**
 * Whether an object is a role that the API server makes for itself at its start: by label and by name, since anyone
 * may set the label. Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy.
 */
export function isDefaultRole(object: KubeObject): boolean {
  const { kind, namespace, name } = object;
  if ((kind !== 'ClusterRole' && kind !== 'Role') || !isOfRbac(object)) return false;
  if (!(kind === 'ClusterRole' ? isDefaultClusterRole(name) : isDefaultRoleName(namespace, name))) return false;
  return valueAt(object.value, ['metadata', 'labels', 'kubernetes.io/bootstrapping']) === 'rbac-defaults';
}

/** Whether the API server makes a ClusterRole of this name, which manifests refer to and do not hold. */
export function isDefaultClusterRole(name: string): boolean {
  return clusterRoles.has(name) || controllers.has(afterPrefix(name, 'system:controller:') ?? '');
}

/** Whether a service account of kube-system is one of a controller of the controller manager. */
export function isController(name: string): boolean {
  return controllers.has(name) || name === 'bootstrap-signer' || name === 'token-cleaner';
}

/** Whether a binding that names a Role names one that the API server makes. */
export function isDefaultRoleName(namespace: string | undefined, name: string): boolean {
  return roles.get(namespace ?? '')?.has(name) === true;
}

/**
 * The subjects that a binding of the API server or of kubeadm is made with, as `Kind name` or `ServiceAccount
 * namespace/name`; undefined for a binding that neither makes, or that gives another role than theirs does. Any other
 * subject of such a binding was added. Sources: bootstrappolicy; cmd/kubeadm/app/phases.
 */
function defaultSubjects({ object, role, scope }: Binding): readonly string[] | undefined {
  const { name, namespace } = object;
  const made = scope === 'cluster' ? clusterBindings.get(name) : bindings.get(namespace ?? '')?.get(name);
  if (made !== undefined && made[0] === `${role.kind} ${role.name}`) return made[1];
  if (scope !== 'cluster' || name !== role.name) return undefined;
  const controller = afterPrefix(name, 'system:controller:');
  return controller !== undefined && controllers.has(controller)
    ? [`ServiceAccount kube-system/${controller}`]
    : undefined;
}

/** The subjects of a binding that neither the API server nor kubeadm put there. */
export function addedSubjects(binding: Binding): readonly BindingSubject[] {
  const made = defaultSubjects(binding);
  if (made === undefined) return binding.subjects;
  return binding.subjects.filter((subject) => !made.includes(subjectName(subject)));
}

/** The subjects of a binding that the API server or kubeadm put there. */
export function madeSubjects(binding: Binding): readonly BindingSubject[] {
  const made = defaultSubjects(binding);
  return made === undefined ? [] : binding.subjects.filter((subject) => made.includes(subjectName(subject)));
}

/** Whether an object is a binding just as the API server or kubeadm makes it. */
export function isDefaultBinding(object: KubeObject): boolean {
  const binding = readBinding(object);
  return binding !== undefined && isMadeByKubernetes(binding) && addedSubjects(binding).length === 0;
}

/** Whether the API server or kubeadm makes a binding of this name and role, whomever it names by now. */
export function isMadeByKubernetes(binding: Binding): boolean {
  return defaultSubjects(binding) !== undefined;
}

/** A subject as messages name it: `Group ops`, `ServiceAccount shop/web`. */
export function subjectName({ kind, name, namespace }: Omit<BindingSubject, 'path'>): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

type Made = readonly [role: string, subjects: readonly string[]];

const authenticated = 'Group system:authenticated';
const controllerManager = 'User system:kube-controller-manager';
const scheduler = 'User system:kube-scheduler';
const bootstrappers = 'Group system:bootstrappers:kubeadm:default-node-token';

const clusterBindings: ReadonlyMap<string, Made> = new Map([
  sameName('cluster-admin', 'Group system:masters'),
  sameName('system:basic-user', authenticated),
  sameName('system:cluster-trust-bundle-discovery', 'Group system:serviceaccounts'),
  sameName('system:discovery', authenticated),
  sameName('system:kube-controller-manager', controllerManager),
  sameName('system:kube-dns', 'ServiceAccount kube-system/kube-dns'),
  sameName('system:kube-scheduler', scheduler),
  sameName('system:monitoring', 'Group system:monitoring'),
  sameName('system:node'),
  sameName('system:node-proxier', 'User system:kube-proxy'),
  sameName('system:public-info-viewer', authenticated, 'Group system:unauthenticated'),
  sameName('system:service-account-issuer-discovery', 'Group system:serviceaccounts'),
  sameName('system:volume-scheduler', scheduler),
  ['kubeadm:cluster-admins', ['ClusterRole cluster-admin', ['Group kubeadm:cluster-admins']]],
  ['kubeadm:get-nodes', ['ClusterRole kubeadm:get-nodes', [bootstrappers]]],
  ['kubeadm:kubelet-bootstrap', ['ClusterRole system:node-bootstrapper', [bootstrappers]]],
  [
    'kubeadm:node-autoapprove-bootstrap',
    ['ClusterRole system:certificates.k8s.io:certificatesigningrequests:nodeclient', [bootstrappers]],
  ],
  [
    'kubeadm:node-autoapprove-certificate-rotation',
    ['ClusterRole system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', ['Group system:nodes']],
  ],
  ['kubeadm:node-proxier', ['ClusterRole system:node-proxier', ['ServiceAccount kube-system/kube-proxy']]],
]);

/** By namespace, then by name. */
const bindings: ReadonlyMap<string, ReadonlyMap<string, Made>> = new Map([
  [
    'kube-public',
    new Map<string, Made>([
      ['kubeadm:bootstrap-signer-clusterinfo', clusterInfo()],
      ['system:controller:bootstrap-signer', ofController('bootstrap-signer')],
    ]),
  ],
  [
    'kube-system',
    new Map<string, Made>([
      ['system:controller:bootstrap-signer', ofController('bootstrap-signer')],
      ['system:controller:cloud-provider', ofController('cloud-provider')],
      ['system:controller:token-cleaner', ofController('token-cleaner')],
      [
        'system::extension-apiserver-authentication-reader',
        ['Role extension-apiserver-authentication-reader', [controllerManager, scheduler]],
      ],
      [
        'system::leader-locking-kube-controller-manager',
        [
          'Role system::leader-locking-kube-controller-manager',
          [controllerManager, 'ServiceAccount kube-system/kube-controller-manager'],
        ],
      ],
      [
        'system::leader-locking-kube-scheduler',
        ['Role system::leader-locking-kube-scheduler', [scheduler, 'ServiceAccount kube-system/kube-scheduler']],
      ],
    ]),
  ],
]);

function sameName(name: string, ...subjects: readonly string[]): [string, Made] {
  return [name, [`ClusterRole ${name}`, subjects]];
}

function ofController(name: string): Made {
  return [`Role system:controller:${name}`, [`ServiceAccount kube-system/${name}`]];
}

/** Nodes that join read the cluster's certificate authority before they know anything. */
function clusterInfo(): Made {
  return ['Role kubeadm:bootstrap-signer-clusterinfo', ['User system:anonymous']];
}

function afterPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
