const account = 'system:serviceaccount:';

/** `sa:shop/web` for a service account, any other user name as it is. */
export function shortUser(name: string): string {
  if (!name.startsWith(account)) return name;
  const colon = name.indexOf(':', account.length);
  return colon === -1 ? name : `sa:${name.slice(account.length, colon)}/${name.slice(colon + 1)}`;
}

/** `rbac` for `rbac.authorization.k8s.io`: Kubernetes' own groups are known by their first word. */
export function shortGroup(group: string): string {
  return group.endsWith('.k8s.io') ? group.slice(0, group.indexOf('.')) : group;
}

/** `leases.coordination/status` for `leases.coordination.k8s.io/status`. */
export function shortResource(resource: string): string {
  const [kind = '', ...rest] = resource.split('/');
  const dot = kind.indexOf('.');
  return dot === -1 ? resource : [`${kind.slice(0, dot)}.${shortGroup(kind.slice(dot + 1))}`, ...rest].join('/');
}
