import type { KubeObject } from '../../model/snapshot.ts';
import { missingRights } from './covers.ts';
import { isDefaultClusterRole, isDefaultRoleName } from './default-objects.ts';
import { RoleBook } from './role-book.ts';
import type { RoleRule } from './rule.ts';
import { fallbackMinor, shippedDefaults } from './shipped-defaults.ts';

/**
 * The rules of a role of Kubernetes beyond those that it is shipped with, in as many rules as it takes to leave out
 * what is shipped: the trusted name covers no more than that. For every version, what v1.20 ships is a lower bound; of
 * what came later, that which matters to security is known too. Source: `data/rbac`, bootstrappolicy/policy.go, v1.34.
 */
export function excessRules(role: KubeObject, rules: readonly RoleRule[]): readonly RoleRule[] {
  const shipped = shippedRulesOf(role);
  const excess: RoleRule[] = [];
  for (const rule of rules) {
    if (missingRights(shipped, [rule]) !== undefined) excess.push(...beyond(rule, shipped));
  }
  return excess;
}

/** The rules that a role of Kubernetes of this name is shipped with, in v1.20 or in any version after it. */
function shippedRulesOf({
  kind,
  namespace,
  name,
}: Pick<KubeObject, 'kind' | 'namespace' | 'name'>): readonly RoleRule[] {
  known ??= shippedRules();
  return known.get(kind === 'Role' ? `${namespace ?? ''}/${name}` : name) ?? none;
}

const none: readonly RoleRule[] = [];

/** Whether a role is one that the API server or kubeadm makes, by its name: its rules may be others by now. */
export function isShippedRole({ kind, namespace, name }: KubeObject): boolean {
  if (kind === 'ClusterRole') return isDefaultClusterRole(name) || later.has(name);
  return kind === 'Role' && (isDefaultRoleName(namespace, name) || later.has(`${namespace ?? ''}/${name}`));
}

/** The rules of a ClusterRole of Kubernetes, for manifests that name it and do not hold it. */
export function rulesShippedWith(clusterRole: string): readonly RoleRule[] {
  return shippedRulesOf({ kind: 'ClusterRole', namespace: undefined, name: clusterRole });
}

let known: ReadonlyMap<string, readonly RoleRule[]> | undefined;

/** By name, those in a namespace behind it. */
function shippedRules(): ReadonlyMap<string, readonly RoleRule[]> {
  const objects = shippedDefaults(fallbackMinor)?.objects ?? [];
  const book = new RoleBook(objects);
  const found = new Map<string, readonly RoleRule[]>();
  for (const object of objects) {
    if (object.kind !== 'ClusterRole' && object.kind !== 'Role') continue;
    const key = object.kind === 'Role' ? `${object.namespace ?? ''}/${object.name}` : object.name;
    found.set(
      key,
      book.rulesOf(object).map(({ rule }) => rule),
    );
  }
  for (const [key, rules] of later) found.set(key, [...(found.get(key) ?? none), ...rules]);
  return found;
}

const tokens = rule('', ['serviceaccounts/token'], ['create']);

/** What versions after v1.20 give besides, as far as it is a power over others or for everyone; and what kubeadm gives. */
const later: ReadonlyMap<string, readonly RoleRule[]> = new Map([
  ['kubeadm:get-nodes', [rule('', ['nodes'], ['get'])]],
  ['kube-public/kubeadm:bootstrap-signer-clusterinfo', [rule('', ['configmaps'], ['get'])]],
  [
    'system:cluster-trust-bundle-discovery',
    [rule('certificates.k8s.io', ['clustertrustbundles'], ['get', 'list', 'watch'])],
  ],
  ['system:aggregate-to-edit', [tokens]],
  ['edit', [tokens]],
  ['admin', [tokens]],
  ['system:controller:ephemeral-volume-controller', [rule('', ['persistentvolumeclaims'], ['create'])]],
  ['system:controller:job-controller', [rule('batch', ['jobs'], ['patch'])]],
  ['system:controller:legacy-service-account-token-cleaner', [rule('', ['secrets'], ['delete', 'patch'])]],
  ['system:controller:storage-version-migrator-controller', [rule('*', ['*'], ['list', 'create', 'patch'])]],
]);

function rule(apiGroup: string, resources: readonly string[], verbs: readonly string[]): RoleRule {
  return { index: 0, verbs, apiGroups: [apiGroup], resources, resourceNames: [], nonResourceURLs: [] };
}

/** A rule taken apart by group and resource, and by path, with the verbs that are not shipped for each. */
function* beyond(rule: RoleRule, shipped: readonly RoleRule[]): Iterable<RoleRule> {
  // Whole where taking it apart would be more work than it is worth: then all of it is told.
  if (rule.verbs.length * (rule.apiGroups.length * rule.resources.length + rule.nonResourceURLs.length) > mostParts) {
    yield rule;
    return;
  }
  const left = (part: RoleRule): RoleRule | undefined => {
    const verbs = rule.verbs.filter((verb) => missingRights(shipped, [{ ...part, verbs: [verb] }]) !== undefined);
    return verbs.length === 0 ? undefined : { ...part, verbs };
  };
  for (const apiGroup of rule.apiGroups) {
    for (const resource of rule.resources) {
      const part = left({ ...rule, apiGroups: [apiGroup], resources: [resource], nonResourceURLs: [] });
      if (part !== undefined) yield part;
    }
  }
  for (const url of rule.nonResourceURLs) {
    const part = left({ ...rule, apiGroups: [], resources: [], nonResourceURLs: [url] });
    if (part !== undefined) yield part;
  }
}

const mostParts = 10_000;
