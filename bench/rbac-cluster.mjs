// A cluster's roles and bindings, made up: the same numbers give the same objects.

/** A generator of numbers from 0 to 1 (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const api = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const things = [
  [
    '',
    ['pods', 'services', 'configmaps', 'secrets', 'endpoints', 'events', 'serviceaccounts', 'pods/log', 'pods/exec'],
  ],
  ['', ['nodes', 'namespaces', 'persistentvolumes', 'nodes/metrics', 'serviceaccounts/token']],
  ['apps', ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'deployments/scale']],
  ['batch', ['jobs', 'cronjobs']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  [apiGroup, ['roles', 'rolebindings', 'clusterroles']],
  ['apiextensions.k8s.io', ['customresourcedefinitions']],
  ['admissionregistration.k8s.io', ['validatingwebhookconfigurations']],
];
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** Objects as a server stores them: `roles` Roles and ClusterRoles, and the bindings to them. */
export function rbacCluster({ roleBindings = 4500, clusterRoleBindings = 700, roles = 2100 } = {}) {
  const next = random(20);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const objects = [];
  const add = (kind, metadata, rest) => {
    const { name, namespace } = metadata;
    const value = { apiVersion: api, kind, metadata: { ...metadata, uid: `uid-${objects.length}` }, ...rest };
    objects.push({
      apiVersion: api,
      kind,
      name,
      namespace,
      value,
      source: { file: `/${kind}/${name}`, document: 0, base: [] },
    });
  };
  const namespaces = Array.from({ length: 300 }, (_, index) => `team-${index}`);
  const some = (list, most) => [...new Set(Array.from({ length: 1 + Math.floor(next() * most) }, () => pick(list)))];
  const rule = () => {
    if (next() < 0.01) return { apiGroups: ['*'], resources: ['*'], verbs: some(verbs, 3) };
    const [group, resources] = pick(things);
    return {
      apiGroups: [group],
      resources: next() < 0.03 ? ['*'] : some(resources, 5),
      // Most rules read.
      verbs: next() < 0.6 ? ['get', 'list', 'watch'] : next() < 0.1 ? ['*'] : some(verbs, 6),
      ...(next() < 0.15 && { resourceNames: [`own-${Math.floor(next() * 100)}`] }),
    };
  };
  const rules = () => Array.from({ length: 1 + Math.floor(next() * 7) }, rule);
  const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  const edited = { apiGroups: ['', 'apps', 'batch'], resources: ['*'], verbs: ['*'] };
  add('ClusterRole', { name: 'edit', labels }, { rules: [edited] });
  const clusterRoles = Math.floor(roles / 3);
  for (let index = 0; index < clusterRoles; index += 1)
    add('ClusterRole', { name: `cluster-role-${index}` }, { rules: rules() });
  for (let index = clusterRoles; index < roles; index += 1)
    add('Role', { name: `role-${index}`, namespace: namespaces[index % 300] }, { rules: rules() });
  // Most service accounts have rights in their own namespace.
  const subject = (namespace) => {
    const kind = next();
    if (kind < 0.7)
      return {
        kind: 'ServiceAccount',
        name: `app-${Math.floor(next() * 20)}`,
        namespace: next() < 0.95 ? namespace : pick(namespaces),
      };
    if (kind < 0.9) return { kind: 'Group', apiGroup, name: `group-${Math.floor(next() * 200)}` };
    return { kind: 'User', apiGroup, name: `user-${Math.floor(next() * 400)}` };
  };
  const subjects = (namespace) => Array.from({ length: 1 + Math.floor(next() * 3) }, () => subject(namespace));
  for (let index = 0; index < clusterRoleBindings; index += 1) {
    const roleRef = { apiGroup, kind: 'ClusterRole', name: `cluster-role-${Math.floor(next() * clusterRoles)}` };
    add('ClusterRoleBinding', { name: `cluster-binding-${index}` }, { roleRef, subjects: subjects(pick(namespaces)) });
  }
  for (let index = 0; index < roleBindings; index += 1) {
    const number = clusterRoles + Math.floor(next() * (roles - clusterRoles));
    const own = next() < 0.6;
    const roleRef = own
      ? { apiGroup, kind: 'Role', name: `role-${number}` }
      : {
          apiGroup,
          kind: 'ClusterRole',
          name: next() < 0.3 ? 'edit' : `cluster-role-${Math.floor(next() * clusterRoles)}`,
        };
    const namespace = own ? namespaces[number % 300] : pick(namespaces);
    add('RoleBinding', { name: `binding-${index}`, namespace }, { roleRef, subjects: subjects(namespace) });
  }
  return { schema: 'bulwark.snapshot/v1', takenAt: '2026-11-21T00:00:00Z', objects, inputs: [], gaps: [] };
}
