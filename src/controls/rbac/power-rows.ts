import type { Power } from './power.ts';
import { requests } from './power.ts';
import { workloadRequests } from './workload-resources.ts';

const write = ['create', 'update', 'patch'];
const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';
const roles = ['clusterroles', 'roles'];

const workloadMakers = workloadRequests(['create']);
const podMakers = [...requests('', 'pods', ['create']), ...workloadMakers];

/** Custom resources whose definitions show a pod template count, too: `power-index.ts`. */
export const createWorkloads: Power = { says: 'create workloads', makesPods: true, requests: workloadMakers };

/** What gives more than it seems to, by the last part of the control's id. */
export const powerRows: ReadonlyMap<string, readonly Power[]> = new Map<string, readonly Power[]>([
  [
    'secrets-read',
    [
      {
        says: 'read Secrets',
        severity: { cluster: 'critical', system: 'high', namespace: 'medium' },
        requests: requests('', 'secrets', ['get', 'list', 'watch']),
      },
      {
        says: 'read a Secret by its name',
        named: 'only',
        severity: 'low',
        requests: requests('', 'secrets', ['get', 'list', 'watch']),
      },
    ],
  ],
  [
    'pods-create',
    [{ says: 'create pods', makesPods: true, requests: requests('', 'pods', ['create']) }, createWorkloads],
  ],
  [
    'escalation-verbs',
    [
      {
        says: 'bind any role',
        requests: roles.flatMap((kind) => requests(rbac, kind, ['bind'])),
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
        requests: requests(rbac, 'clusterroles', ['escalate']),
        // What is allowed for some names is judged by those: `named-targets.ts`.
        needs: { each: [requests(rbac, 'clusterroles', write)], otherwise: 'low' },
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
    [
      {
        says: 'make tokens of service accounts',
        severity: { cluster: 'critical', system: 'critical', namespace: 'high' },
        requests: requests('', 'serviceaccounts/token', ['create']),
      },
    ],
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
