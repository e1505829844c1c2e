/** Kinds of identities, told by what the API server's authenticators alone give out. */
export type IdentityKind =
  | 'unauthenticated'
  | 'anonymous'
  | 'node'
  | 'service-account'
  | 'bootstrap'
  | 'component'
  | 'person';

export interface Identity {
  /** Empty where authentication failed. */
  readonly name: string;
  readonly kind: IdentityKind;
  /** Of a service account. */
  readonly namespace: string | undefined;
  readonly serviceAccount: string | undefined;
  /** Of a node. */
  readonly node: string | undefined;
}

const serviceAccountPrefix = 'system:serviceaccount:';
const nodePrefix = 'system:node:';

/** Reads a user name. `component` is any other `system:` name; a person is whoever has none. */
export function identityOf(name: string): Identity {
  const plain = { name, namespace: undefined, serviceAccount: undefined, node: undefined };
  if (name === '') return { ...plain, kind: 'unauthenticated' };
  if (name === 'system:anonymous') return { ...plain, kind: 'anonymous' };
  if (name.startsWith(serviceAccountPrefix)) {
    const [namespace = '', serviceAccount = ''] = name.slice(serviceAccountPrefix.length).split(':');
    return { ...plain, kind: 'service-account', namespace, serviceAccount };
  }
  if (name.startsWith(nodePrefix)) return { ...plain, kind: 'node', node: name.slice(nodePrefix.length) };
  if (name.startsWith('system:bootstrap:')) return { ...plain, kind: 'bootstrap' };
  return { ...plain, kind: name.startsWith('system:') ? 'component' : 'person' };
}

/** The controllers of kube-controller-manager that act under an account of their own (its `--use-service-account-credentials`). */
const controllers: readonly string[] = [
  ...['attachdetach-controller', 'certificate-controller', 'clusterrole-aggregation-controller', 'cronjob-controller'],
  ...['daemon-set-controller', 'deployment-controller', 'device-taint-eviction-controller', 'disruption-controller'],
  ...[
    'endpoint-controller',
    'endpointslice-controller',
    'endpointslicemirroring-controller',
    'ephemeral-volume-controller',
  ],
  ...['expand-controller', 'generic-garbage-collector', 'horizontal-pod-autoscaler', 'job-controller'],
  ...['legacy-service-account-token-cleaner', 'namespace-controller', 'node-controller', 'persistent-volume-binder'],
  ...['pod-garbage-collector', 'pv-protection-controller', 'pvc-protection-controller', 'replicaset-controller'],
  ...['replication-controller', 'resource-claim-controller', 'resourcequota-controller', 'root-ca-cert-publisher'],
  ...['route-controller', 'selinux-warning-controller', 'service-account-controller', 'service-cidrs-controller'],
  ...[
    'service-controller',
    'statefulset-controller',
    'storage-version-garbage-collector',
    'storage-version-migrator-controller',
  ],
  ...[
    'token-cleaner',
    'ttl-after-finished-controller',
    'ttl-controller',
    'validatingadmissionpolicy-status-controller',
  ],
  ...[
    'volumeattributesclass-protection-controller',
    'vac-protection-controller',
    'podcertificaterequestcleaner',
    'podcertificaterequest-cleaner',
  ],
  ...['kube-apiserver-serving-clustertrustbundle-publisher', 'tokens-controller', 'cloud-node-lifecycle-controller'],
  ...['cloud-node-controller', 'node-ipam-controller', 'resourceclaim-controller', 'bootstrap-signer'],
];

/**
 * The control plane's own identities, by exact name: the loopback user of the API server, the scheduler, the controller
 * manager and its controllers. No pattern, since an attacker who may create accounts in kube-system would match it.
 */
export const controlPlane: ReadonlySet<string> = new Set([
  'system:apiserver',
  'system:kube-scheduler',
  'system:kube-controller-manager',
  ...controllers.map((name) => `${serviceAccountPrefix}kube-system:${name}`),
]);
