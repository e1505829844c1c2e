import { isCustomNamespaced } from './example-objects.ts';
import type { Manifest } from './object-client.ts';

const namespaced = new Set(
  ['Pod', 'Deployment', 'DaemonSet', 'StatefulSet', 'Job', 'Service', 'Ingress', 'ConfigMap', 'Secret'].concat([
    'NetworkPolicy',
    'ServiceAccount',
    'Role',
    'RoleBinding',
    'LimitRange',
    'ResourceQuota',
    'PersistentVolumeClaim',
  ]),
);
const renamed = new Set(['ClusterRole', 'ClusterRoleBinding']);
const builtIn = /^(?:system:|cluster-admin$|admin$|edit$|view$)/;

/**
 * The same objects in a namespace of their own, and with names of their own where they belong to the cluster, so that
 * examples do not get in each other's way. Undefined for those that are about the cluster itself.
 */
export function moved(objects: readonly Manifest[], space: string): readonly Manifest[] | undefined {
  const home = homeOf(objects);
  const names = objects.filter(({ kind }) => renamed.has(kind)).map(({ metadata }) => metadata?.name ?? '');
  if (home === undefined || names.some((name) => builtIn.test(name))) return undefined;
  const text = JSON.stringify(objects)
    .replaceAll(`"namespace":"${home}"`, `"namespace":"${space}"`)
    .replaceAll(`system:serviceaccount:${home}:`, `system:serviceaccount:${space}:`)
    .replaceAll(`"system:serviceaccounts:${home}"`, `"system:serviceaccounts:${space}"`);
  const own = (name: unknown) => `${String(name)}-${space}`;
  return (JSON.parse(text) as readonly Manifest[]).map((object) => {
    const { kind, metadata } = object;
    if (kind === 'Namespace') return { ...object, metadata: { ...metadata, name: space } };
    const placed = renamed.has(kind) ? { name: own(metadata?.name) } : { namespace: space };
    const roleRef = object['roleRef'] as Readonly<Record<string, unknown>> | undefined;
    const isRenamed = roleRef?.['kind'] === 'ClusterRole' && names.includes(String(roleRef['name']));
    return {
      ...object,
      metadata: { ...metadata, ...placed },
      ...(isRenamed && { roleRef: { ...roleRef, name: own(roleRef['name']) } }),
    };
  });
}

/** The one namespace that the objects are in: `default` where none says one. Undefined where that is not so. */
function homeOf(objects: readonly Manifest[]): string | undefined {
  const homes = new Set<string>();
  for (const { apiVersion, kind, metadata } of objects) {
    if (renamed.has(kind)) continue;
    if (kind === 'Namespace') homes.add(metadata?.name ?? '');
    else if (namespaced.has(kind) || isCustomNamespaced(apiVersion, kind)) homes.add(metadata?.namespace ?? 'default');
    else return undefined;
  }
  const [home = 'default', ...others] = homes;
  return others.length > 0 || objects.length === 0 || home.startsWith('kube-') ? undefined : home;
}
