import type { Power } from './power.ts';
import { requests } from './power.ts';

const write = ['create', 'update', 'patch'];
const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';
const roles = ['clusterroles', 'roles'];
/** Roles that are worth naming in a rule about a few of them. */
const strong = ['cluster-admin', 'admin', 'edit', 'system:node'];

const workloadMakers = [
  ...['deployments', 'daemonsets', 'statefulsets', 'replicasets'].flatMap((kind) => requests('apps', kind, ['create'])),
  ...['jobs', 'cronjobs'].flatMap((kind) => requests('batch', kind, ['create'])),
  ...requests('', 'replicationcontrollers', ['create']),
];
const podMakers = [...requests('', 'pods', ['create']), ...workloadMakers];

/** What gives more than it seems to, by the last part of the control's id. */
export const powerRows: ReadonlyMap<string, readonly Power[]> = new Map<string, readonly Power[]>([
  ['secrets-read', [{ says: 'read Secrets', requests: requests('', 'secrets', ['get', 'list', 'watch']) }]],
  [
    'pods-create',
    [
      { says: 'create pods', requests: requests('', 'pods', ['create']) },
      {
        says: 'create workloads',
        severity: 'low',
        requests: workloadMakers,
      },
    ],
  ],
  [
    'escalation-verbs',
    [
      {
        says: 'bind any role',
        requests: roles.flatMap((kind) => [
          ...requests(rbac, kind, ['bind']),
          ...strong.flatMap((name) => requests(rbac, kind, ['bind'], name)),
        ]),
        // Without a binding to write, the right is of no use yet.
        needs: {
          each: [['rolebindings', 'clusterrolebindings'].flatMap((kind) => requests(rbac, kind, write))],
          otherwise: 'low',
        },
      },
      {
        says: 'give roles rights that they do not have themselves',
        requests: requests(rbac, 'roles', ['escalate']),
        needs: { each: [requests(rbac, 'roles', write)], otherwise: 'low' },
      },
      {
        says: 'give ClusterRoles rights that they do not have themselves',
        isClusterWide: true,
        requests: [
          ...requests(rbac, 'clusterroles', ['escalate']),
          ...strong.flatMap((name) => requests(rbac, 'clusterroles', ['escalate'], name)),
        ],
        needs: {
          each: [
            [
              ...requests(rbac, 'clusterroles', write),
              ...strong.flatMap((name) => requests(rbac, 'clusterroles', ['update', 'patch'], name)),
            ],
          ],
          otherwise: 'low',
        },
      },
      { says: 'act as any user', isClusterWide: true, requests: requests('', 'users', ['impersonate']) },
      {
        says: 'act as any group',
        isClusterWide: true,
        requests: requests('', 'groups', ['impersonate']),
        // The header of a group is taken only beside one of a user.
        needs: {
          each: [['users', 'serviceaccounts'].flatMap((kind) => requests('', kind, ['impersonate']))],
          // A service account is asked for in its own namespace.
          where: 'anywhere',
          otherwise: 'low',
        },
      },
      { says: 'act as service accounts', requests: requests('', 'serviceaccounts', ['impersonate']) },
    ],
  ],
  [
    'persistent-volumes-create',
    [
      {
        says: 'create PersistentVolumes',
        isClusterWide: true,
        requests: requests('', 'persistentvolumes', ['create']),
        // A folder of the node is reached by a claim for it, and a pod that mounts that.
        needs: {
          each: [requests('', 'persistentvolumeclaims', ['create']), podMakers],
          where: 'anywhere',
          otherwise: 'medium',
        },
      },
    ],
  ],
  [
    'nodes-proxy',
    [
      {
        says: 'talk to kubelets through nodes/proxy',
        isClusterWide: true,
        named: 'too',
        requests: requests('', 'nodes/proxy', ['get', 'create', 'update', 'patch', 'delete']),
      },
    ],
  ],
  [
    'webhook-configurations',
    [
      {
        says: 'change admission webhooks',
        isClusterWide: true,
        requests: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].flatMap((kind) =>
          requests(admission, kind, write),
        ),
      },
      {
        says: 'delete admission webhooks',
        isClusterWide: true,
        severity: 'medium',
        requests: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].flatMap((kind) =>
          requests(admission, kind, ['delete', 'deletecollection']),
        ),
      },
      {
        says: 'rewrite an admission webhook by its name',
        isClusterWide: true,
        named: 'only',
        severity: 'low',
        requests: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].flatMap((kind) =>
          requests(admission, kind, ['update', 'patch']),
        ),
      },
    ],
  ],
  [
    'token-requests',
    [{ says: 'make tokens of service accounts', requests: requests('', 'serviceaccounts/token', ['create']) }],
  ],
]);

/** Signers whose certificates the API server or kubelets trust; the authorizer is asked for the name, then for the domain. */
const trustedSigners = [
  'kubernetes.io/kube-apiserver-client',
  'kubernetes.io/kube-apiserver-client-kubelet',
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/legacy-unknown',
  'kubernetes.io/*',
];

/** The two rights that make up one. Source: plugin/pkg/admission/certificates/approval. */
export const approval: { readonly update: Power; readonly approve: Power } = {
  update: {
    says: 'approve certificate signing requests',
    isClusterWide: true,
    requests: requests('certificates.k8s.io', 'certificatesigningrequests/approval', ['update', 'patch']),
  },
  approve: {
    says: 'approve for signers of the cluster',
    isClusterWide: true,
    requests: [
      ...requests('certificates.k8s.io', 'signers', ['approve']),
      ...trustedSigners.flatMap((name) => requests('certificates.k8s.io', 'signers', ['approve'], name)),
    ],
  },
};
