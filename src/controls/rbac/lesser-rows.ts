import type { ConstrainedMode } from '../../semantics/rbac/impersonate.ts';
import { type Needs, type Power, requests } from './power.ts';
import { ownWorkloads, workloadRequests } from './workload-resources.ts';

const write = ['create', 'update', 'patch'];
const change = ['update', 'patch'];
const destroy = ['delete', 'deletecollection'];
const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';
const authentication = 'authentication.k8s.io';

/** ConfigMaps that components of the cluster take their orders from. */
const controlMaps = ['aws-auth', 'coredns', 'kube-proxy', 'extension-apiserver-authentication', 'kubeadm-config'];
/** Names that are worth guarding in whatever group they are. */
const sensitive = [
  ...['secrets', 'configmaps', 'pods', 'serviceaccounts', 'nodes', 'namespaces'],
  ...['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
];
const nodesWrite = [...requests('', 'nodes', change), ...requests('', 'nodes/status', change)];

/**
 * The other half of constrained impersonation: what is done as the other. Actions that matter are asked for; with
 * others alone, or none, the first half is of little use. Source: KEP-5284.
 */
function actingFor(mode: ConstrainedMode): Needs {
  const as = (verbs: readonly string[]): readonly string[] => verbs.map((verb) => `impersonate-on:${mode}:${verb}`);
  const actions = [
    ...requests('', 'secrets', as(['get', 'list', 'watch', ...write])),
    ...requests('', 'pods', as(write)),
    ...['pods/exec', 'pods/attach', 'serviceaccounts/token', 'nodes/proxy'].flatMap((kind) =>
      requests('', kind, as(['create', 'get'])),
    ),
    ...ownWorkloads.flatMap(([group, kind]) => requests(group, kind, as(write))),
    ...['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].flatMap((kind) =>
      requests(rbac, kind, as([...write, 'bind', 'escalate'])),
    ),
  ];
  return { each: [actions], where: 'anywhere', otherwise: 'low' };
}

/** Custom resources whose definitions show a pod template count, too: `power-index.ts`. */
export const changeWorkloads: Power = {
  says: 'change the pods of workloads',
  makesPods: true,
  requests: workloadRequests(change),
};

/** What helps an attacker on, apart from the powers of `power-rows.ts`, by the last part of the control's id. */
export const lesserRows: ReadonlyMap<string, readonly Power[]> = new Map<string, readonly Power[]>([
  [
    'all-resources',
    [
      // Only a wildcard matches an asterisk that is asked for as a name.
      {
        says: 'read everything, Secrets included',
        severity: { cluster: 'critical', system: 'high', namespace: 'medium' },
        requests: requests('*', '*', ['get', 'list', 'watch']),
      },
      { says: 'change everything', severity: 'critical', requests: requests('*', '*', write) },
      { says: 'delete everything', severity: 'high', requests: requests('*', '*', destroy) },
    ],
  ],
  [
    'secrets-write',
    [
      {
        says: 'write Secrets, and so make tokens of service accounts',
        requests: requests('', 'secrets', write),
        // What was made must be read again, or mounted.
        needs: {
          each: [[...requests('', 'secrets', ['get', 'list', 'watch']), ...requests('', 'pods', ['create'])]],
          otherwise: 'low',
        },
      },
    ],
  ],
  ['workloads-modify', [changeWorkloads]],
  [
    'pods-modify',
    [
      { says: 'exchange the images of pods', requests: requests('', 'pods', change) },
      { says: 'put containers into running pods', requests: requests('', 'pods/ephemeralcontainers', change) },
    ],
  ],
  [
    'pods-exec',
    [
      {
        says: 'run commands in containers',
        requests: ['pods/exec', 'pods/attach'].flatMap((kind) => requests('', kind, ['create'])),
        named: 'too',
      },
      {
        says: 'run commands in containers by get, over a WebSocket',
        requests: ['pods/exec', 'pods/attach'].flatMap((kind) => requests('', kind, ['get'])),
        named: 'too',
        until: 35,
      },
    ],
  ],
  [
    'pods-port-forward',
    [
      { says: 'reach any port of pods', requests: requests('', 'pods/portforward', ['create']) },
      { says: 'reach any port of pods by get', requests: requests('', 'pods/portforward', ['get']), until: 35 },
      {
        says: 'reach pods and Services through the API server',
        requests: ['pods/proxy', 'services/proxy'].flatMap((kind) => requests('', kind, ['get', 'create'])),
      },
    ],
  ],
  [
    'kubelet-endpoints',
    [
      {
        says: 'copy the memory of containers',
        isClusterWide: true,
        requests: requests('', 'nodes/checkpoint', ['create']),
      },
      {
        says: 'read the logs, configuration or pods of kubelets',
        isClusterWide: true,
        severity: 'low',
        requests: ['nodes/log', 'nodes/configz', 'nodes/pods'].flatMap((kind) => requests('', kind, ['get'])),
      },
    ],
  ],
  [
    'bindings-write',
    [
      {
        says: 'give others the rights that they have',
        requests: ['rolebindings', 'clusterrolebindings'].flatMap((kind) => requests(rbac, kind, write)),
      },
    ],
  ],
  [
    'constrained-impersonation',
    [
      {
        says: 'act as any user for single actions',
        isClusterWide: true,
        from: 35,
        requests: requests(authentication, 'users', ['impersonate:user-info']),
        needs: actingFor('user-info'),
      },
      {
        says: 'act as a member of system:masters for single actions',
        isClusterWide: true,
        from: 35,
        requests: requests(authentication, 'groups', ['impersonate:user-info'], 'system:masters'),
        needs: actingFor('user-info'),
      },
      {
        says: 'act as service accounts for single actions',
        from: 35,
        requests: requests(authentication, 'serviceaccounts', ['impersonate:serviceaccount']),
        needs: actingFor('serviceaccount'),
      },
      {
        says: 'act as any node for single actions',
        isClusterWide: true,
        from: 35,
        requests: requests(authentication, 'nodes', ['impersonate:arbitrary-node']),
        needs: actingFor('arbitrary-node'),
      },
      {
        says: 'act as the node that they run on for single actions',
        isClusterWide: true,
        from: 35,
        severity: 'medium',
        requests: requests(authentication, 'nodes', ['impersonate:associated-node'], '*'),
        needs: actingFor('associated-node'),
      },
    ],
  ],
  [
    'certificate-signing',
    [
      {
        says: 'sign certificates for signers of the cluster',
        isClusterWide: true,
        requests: [
          ...requests('certificates.k8s.io', 'signers', ['sign']),
          ...[
            'kubernetes.io/kube-apiserver-client',
            'kubernetes.io/kube-apiserver-client-kubelet',
            'kubernetes.io/*',
          ].flatMap((name) => requests('certificates.k8s.io', 'signers', ['sign'], name)),
        ],
        needs: {
          each: [requests('certificates.k8s.io', 'certificatesigningrequests/status', change)],
          otherwise: 'low',
        },
      },
    ],
  ],
  [
    'admission-policies',
    [
      {
        says: 'change admission policies',
        isClusterWide: true,
        requests: [
          'validatingadmissionpolicies',
          'validatingadmissionpolicybindings',
          'mutatingadmissionpolicies',
          'mutatingadmissionpolicybindings',
        ].flatMap((kind) => requests(admission, kind, [...write, ...destroy])),
      },
      {
        says: 'change the policies of an admission controller',
        isClusterWide: true,
        requests: [
          ...requests('kyverno.io', 'clusterpolicies', [...write, ...destroy]),
          ...['validatingpolicies', 'mutatingpolicies', 'generatingpolicies', 'imagevalidatingpolicies'].flatMap(
            (kind) => requests('policies.kyverno.io', kind, [...write, ...destroy]),
          ),
          ...requests('templates.gatekeeper.sh', 'constrainttemplates', [...write, ...destroy]),
          ...requests('policies.kubewarden.io', 'clusteradmissionpolicies', [...write, ...destroy]),
        ],
      },
      {
        // Each template makes a kind of its own.
        says: 'change the constraints of Gatekeeper',
        isClusterWide: true,
        anyOf: 'constraints.gatekeeper.sh',
        requests: requests('constraints.gatekeeper.sh', '*', [...write, ...destroy]),
      },
      {
        says: 'change the policies of an admission controller, or exceptions from them, in a namespace',
        severity: 'medium',
        requests: [
          ...['policies', 'policyexceptions'].flatMap((kind) => requests('kyverno.io', kind, [...write, ...destroy])),
          ...requests('policies.kyverno.io', 'policyexceptions', [...write, ...destroy]),
          ...requests('policies.kubewarden.io', 'admissionpolicies', [...write, ...destroy]),
        ],
      },
    ],
  ],
  [
    'nodes-write',
    [
      { says: 'change nodes, and so where pods run', isClusterWide: true, requests: nodesWrite },
      {
        says: 'delete nodes',
        isClusterWide: true,
        requests: requests('', 'nodes', destroy),
      },
    ],
  ],
  [
    'pods-relocate',
    [
      {
        says: 'draw the pods of the system to a node of their choice',
        isOfSystem: true,
        requests: [...requests('', 'pods', destroy), ...requests('', 'pods/eviction', ['create'])],
        // Nodes are in no namespace.
        needs: { each: [[...nodesWrite, ...requests('', 'nodes', destroy)]], where: 'everywhere', otherwise: 'none' },
      },
    ],
  ],
  [
    'all-groups',
    [
      {
        says: 'use resources of a sensitive name in any API group, also in those to come',
        // Only a wildcard matches an asterisk that is asked for as a group.
        requests: sensitive.flatMap((plural) => requests('*', plural, ['get', 'list', 'watch', ...write, ...destroy])),
      },
    ],
  ],
  [
    'namespaces-write',
    [
      {
        says: 'change the labels of namespaces, and so which pods they let in',
        requests: requests('', 'namespaces', change),
      },
    ],
  ],
  [
    'network-policies-write',
    [
      {
        says: 'change network policies',
        requests: [
          ...requests('networking.k8s.io', 'networkpolicies', [...write, ...destroy]),
          ...requests('policy.networking.k8s.io', 'clusternetworkpolicies', [...write, ...destroy]),
          ...requests('policy.networking.k8s.io', 'adminnetworkpolicies', [...write, ...destroy]),
          ...requests('policy.networking.k8s.io', 'baselineadminnetworkpolicies', [...write, ...destroy]),
          ...['ciliumnetworkpolicies', 'ciliumclusterwidenetworkpolicies'].flatMap((kind) =>
            requests('cilium.io', kind, [...write, ...destroy]),
          ),
          ...['crd.projectcalico.org', 'projectcalico.org'].flatMap((group) =>
            ['networkpolicies', 'globalnetworkpolicies'].flatMap((kind) =>
              requests(group, kind, [...write, ...destroy]),
            ),
          ),
        ],
      },
    ],
  ],
  [
    'traffic-redirect',
    [
      {
        says: 'send the traffic of Services elsewhere',
        requests: [
          ...requests('', 'services', write),
          ...requests('', 'services/status', change),
          ...requests('', 'endpoints', write),
          ...requests('discovery.k8s.io', 'endpointslices', write),
        ],
      },
      {
        says: 'change which Services are reached from outside',
        severity: 'low',
        requests: [
          ...requests('networking.k8s.io', 'ingresses', write),
          ...['gateways', 'httproutes', 'tlsroutes', 'tcproutes'].flatMap((kind) =>
            requests('gateway.networking.k8s.io', kind, write),
          ),
        ],
      },
    ],
  ],
  [
    'control-config-maps',
    [
      {
        says: 'change the ConfigMaps that components obey',
        isOfSystem: true,
        requests: [
          ...requests('', 'configmaps', change),
          ...controlMaps.flatMap((name) => requests('', 'configmaps', change, name)),
        ],
      },
    ],
  ],
  [
    'service-accounts-write',
    [
      {
        says: 'change service accounts, and so which role of the cloud they have',
        requests: requests('', 'serviceaccounts', change),
      },
    ],
  ],
  [
    'api-extensions',
    [
      {
        says: 'put a server of their own behind an API group',
        isClusterWide: true,
        requests: requests('apiregistration.k8s.io', 'apiservices', write),
      },
      {
        says: 'see and change custom resources by a conversion webhook',
        isClusterWide: true,
        severity: 'medium',
        requests: requests('apiextensions.k8s.io', 'customresourcedefinitions', change),
      },
    ],
  ],
  ['logs-read', [{ says: 'read the logs of pods', requests: requests('', 'pods/log', ['get']) }]],
  [
    'deletion',
    [
      {
        says: 'delete namespaces with all that is in them',
        isClusterWide: true,
        requests: requests('', 'namespaces', destroy),
      },
      { says: 'delete events, which are traces', requests: requests('', 'events', destroy), severity: 'low' },
      {
        says: 'delete all of a kind at once',
        severity: 'low',
        requests: [
          ...requests('', 'pods', ['deletecollection']),
          ...requests('', 'persistentvolumeclaims', ['deletecollection']),
          ...ownWorkloads.flatMap(([group, kind]) => requests(group, kind, ['deletecollection'])),
        ],
      },
    ],
  ],
  [
    'cluster-limits',
    [
      {
        says: 'change what keeps others from starving',
        isClusterWide: true,
        requests: [
          ...requests('scheduling.k8s.io', 'priorityclasses', write),
          ...requests('flowcontrol.apiserver.k8s.io', 'flowschemas', write),
          ...requests('flowcontrol.apiserver.k8s.io', 'prioritylevelconfigurations', write),
          ...requests('node.k8s.io', 'runtimeclasses', write),
        ],
      },
      {
        says: 'lift the limits of a namespace',
        requests: ['resourcequotas', 'limitranges'].flatMap((kind) => requests('', kind, [...write, ...destroy])),
      },
    ],
  ],
  [
    'reconnaissance',
    [
      {
        says: 'read all roles and bindings',
        requests: ['clusterroles', 'clusterrolebindings', 'rolebindings'].flatMap((kind) =>
          requests(rbac, kind, ['list']),
        ),
      },
      {
        says: 'see all pods and nodes',
        isClusterWide: true,
        requests: ['pods', 'nodes'].flatMap((kind) => requests('', kind, ['list'])),
      },
      {
        says: 'try out tokens',
        isClusterWide: true,
        requests: requests(authentication, 'tokenreviews', ['create']),
      },
      {
        says: 'ask what others may do',
        isClusterWide: true,
        requests: requests('authorization.k8s.io', 'subjectaccessreviews', ['create']),
      },
    ],
  ],
  [
    'storage-write',
    [
      {
        says: 'choose what stores volumes',
        isClusterWide: true,
        requests: [
          ...requests('storage.k8s.io', 'storageclasses', [...write, ...destroy]),
          ...requests('storage.k8s.io', 'csidrivers', [...write, ...destroy]),
          ...requests('storage.k8s.io', 'volumeattachments', write),
        ],
      },
      {
        says: 'restore any snapshot into a volume',
        isClusterWide: true,
        requests: ['volumesnapshotcontents', 'volumesnapshotclasses'].flatMap((kind) =>
          requests('snapshot.storage.k8s.io', kind, write),
        ),
      },
      { says: 'redirect PersistentVolumes', isClusterWide: true, requests: requests('', 'persistentvolumes', change) },
      {
        says: 'snapshot volumes',
        severity: 'low',
        requests: requests('snapshot.storage.k8s.io', 'volumesnapshots', ['create']),
      },
      {
        says: 'claim volumes',
        severity: 'info',
        requests: requests('', 'persistentvolumeclaims', ['create']),
      },
    ],
  ],
]);
