import type { KubeObject } from '../../model/snapshot.ts';
import { appliesTo, type Binding, type RbacUser, readBinding } from './binding.ts';
import { type GrantedRule, RoleBook } from './role-book.ts';
import { type RbacRequest, ruleAllows } from './rule.ts';

/** The rule that allows a request, and the binding that gives it to the user. */
export interface Grant extends GrantedRule {
  readonly binding: Binding;
}

export interface RbacAuthorizer {
  /**
   * What allows a request: the first grant found; undefined where RBAC has no opinion, which denies unless another
   * authorizer allows. `namespace` is that of the request, undefined for what is in none and for all namespaces at once.
   */
  grantOf(user: RbacUser, request: RbacRequest, namespace: string | undefined): Grant | undefined;
}

/**
 * Decides as the RBAC authorizer of the API server does, from the roles and bindings among `objects`. The group
 * `system:masters` is not special here: it is the binding `cluster-admin` that gives it everything, and another
 * authorizer that skips RBAC for it. Source: plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation/rule.go.
 */
export function rbacAuthorizer(objects: readonly KubeObject[]): RbacAuthorizer {
  const roles = new RoleBook(objects);
  const cluster: Binding[] = [];
  const byNamespace = new Map<string, Binding[]>();
  for (const object of objects) {
    const binding = readBinding(object);
    if (binding === undefined) continue;
    if (binding.scope === 'cluster') cluster.push(binding);
    else {
      const key = object.namespace ?? '';
      const known = byNamespace.get(key);
      if (known === undefined) byNamespace.set(key, [binding]);
      else known.push(binding);
    }
  }
  const within = (bindings: readonly Binding[], user: RbacUser, request: RbacRequest): Grant | undefined => {
    for (const binding of bindings) {
      if (!binding.subjects.some((subject) => appliesTo(subject, user))) continue;
      const role = roles.find(binding.role, binding.object.namespace);
      if (role === undefined) continue;
      const found = roles.rulesOf(role).find(({ rule }) => ruleAllows(rule, request));
      if (found !== undefined) return { ...found, binding };
    }
    return undefined;
  };
  return {
    grantOf: (user, request, namespace) =>
      within(cluster, user, request) ??
      (namespace === undefined ? undefined : within(byNamespace.get(namespace) ?? [], user, request)),
  };
}
