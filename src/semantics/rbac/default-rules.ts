import type { RoleRule } from './rule.ts';

/**
 * The powers of the ClusterRoles that every API server has and manifests only refer to: those rules of theirs that let
 * their holders reach beyond their task. A snapshot of a cluster holds the roles themselves. Source:
 * plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, v1.33.
 */
export function powersOfDefaultRole(name: string): readonly RoleRule[] {
  return powers.get(name) ?? [];
}

const readWrite = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const all = ['*'];

const edit: readonly RoleRule[] = [
  rule('', ['secrets', 'pods', 'replicationcontrollers', 'serviceaccounts', 'configmaps', 'services'], readWrite),
  rule('', ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy'], readWrite),
  rule('', ['serviceaccounts'], ['impersonate']),
  rule('', ['serviceaccounts/token'], ['create']),
  rule('apps', ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], readWrite),
  rule('batch', ['cronjobs', 'jobs'], readWrite),
  rule('networking.k8s.io', ['ingresses', 'networkpolicies'], readWrite),
];

const powers: ReadonlyMap<string, readonly RoleRule[]> = new Map([
  ['cluster-admin', [rule('*', all, all)]],
  ['edit', edit],
  ['admin', [...edit, rule('rbac.authorization.k8s.io', ['roles', 'rolebindings'], readWrite)]],
  [
    'system:node',
    [
      rule('', ['secrets', 'configmaps', 'persistentvolumes'], ['get', 'list', 'watch']),
      rule('', ['pods', 'serviceaccounts/token'], ['create']),
    ],
  ],
  ['system:kubelet-api-admin', [rule('', ['nodes'], ['get', 'list', 'watch', 'proxy']), rule('', nodeParts(), all)]],
  [
    'system:kube-controller-manager',
    [
      rule('', ['secrets'], ['get', 'create', 'update', 'delete']),
      rule('', ['serviceaccounts/token'], ['create']),
      rule('*', all, ['list', 'watch']),
    ],
  ],
  [
    'system:persistent-volume-provisioner',
    [rule('', ['persistentvolumes'], ['get', 'list', 'watch', 'create', 'delete'])],
  ],
  [
    'system:controller:generic-garbage-collector',
    [rule('*', all, ['get', 'list', 'watch', 'update', 'patch', 'delete'])],
  ],
  ['system:controller:namespace-controller', [rule('*', all, ['get', 'list', 'delete', 'deletecollection'])]],
  [
    'system:controller:clusterrole-aggregation-controller',
    [rule('rbac.authorization.k8s.io', ['clusterroles'], ['escalate', 'get', 'list', 'patch', 'update', 'watch'])],
  ],
  ['system:controller:daemon-set-controller', [rule('', ['pods'], ['create', 'delete', 'list', 'patch', 'watch'])]],
  ['system:controller:job-controller', [rule('', ['pods'], ['create', 'delete', 'list', 'patch', 'watch'])]],
  ['system:controller:replicaset-controller', [rule('', ['pods'], ['create', 'delete', 'list', 'patch', 'watch'])]],
  ['system:controller:replication-controller', [rule('', ['pods'], ['create', 'delete', 'list', 'patch', 'watch'])]],
  ['system:controller:statefulset-controller', [rule('', ['pods'], ['create', 'delete', 'get', 'patch', 'update'])]],
  [
    'system:controller:cronjob-controller',
    [rule('batch', ['jobs'], ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'])],
  ],
  [
    'system:controller:deployment-controller',
    [rule('apps', ['replicasets'], ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'])],
  ],
]);

function rule(apiGroup: string, resources: readonly string[], verbs: readonly string[]): RoleRule {
  return { index: 0, verbs, apiGroups: [apiGroup], resources, resourceNames: [], nonResourceURLs: [] };
}

function nodeParts(): readonly string[] {
  return ['nodes/metrics', 'nodes/proxy', 'nodes/stats', 'nodes/log'];
}
