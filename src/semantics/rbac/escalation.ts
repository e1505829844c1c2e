import type { KubeObject } from '../../model/snapshot.ts';
import type { RbacAuthorizer, RequestNamespace } from './authorize.ts';
import { type Binding, type RbacUser, readBinding } from './binding.ts';
import { missingRights } from './covers.ts';
import { hasAggregationRule, rbacGroup } from './role-book.ts';
import { type ResourceRequest, type RoleRule, readRules } from './rule.ts';

/** Whether the guard against escalation lets a write of a role or binding through, and why. */
export type EscalationVerdict =
  | { readonly allowed: true; readonly by: 'system:masters' | 'escalate' | 'bind' | 'coverage' }
  /** `missing` is a right that the role has and the user does not. */
  | { readonly allowed: false; readonly missing: string };

const everything: readonly RoleRule[] = [
  { index: 0, verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] },
  { index: 0, verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] },
];

/**
 * Whether a user who may write a role may give it its rules: they must have `escalate` on it, or every right that it
 * gives; for an aggregation rule, everything. Source: pkg/registry/rbac/{role,clusterrole}/policybased/storage.go.
 */
export function mayWriteRole(authorizer: RbacAuthorizer, user: RbacUser, role: KubeObject): EscalationVerdict {
  if (user.groups.includes('system:masters')) return { allowed: true, by: 'system:masters' };
  const isCluster = role.kind === 'ClusterRole';
  const namespace = isCluster ? undefined : role.namespace;
  const request = rbacRequest('escalate', isCluster ? 'clusterroles' : 'roles', role.name);
  if (authorizer.grantOf(user, request, namespace) !== undefined) return { allowed: true, by: 'escalate' };
  const wanted = [...readRules(role.value), ...(isCluster && hasAggregationRule(role) ? everything : [])];
  return covered(rulesOfUser(authorizer, user, namespace), wanted);
}

/**
 * Whether a user who may write a binding may give the role that it names: they must have `bind` on that role, or every
 * right that it gives. `undefined` where the role is not known. Source: pkg/registry/rbac/rolebinding/policybased/storage.go.
 */
export function mayBind(
  authorizer: RbacAuthorizer,
  user: RbacUser,
  binding: Pick<Binding, 'role' | 'scope'> & { readonly namespace: RequestNamespace },
): EscalationVerdict | undefined {
  if (user.groups.includes('system:masters')) return { allowed: true, by: 'system:masters' };
  const { role, scope } = binding;
  const namespace = scope === 'cluster' ? undefined : binding.namespace;
  const request = rbacRequest('bind', role.kind === 'Role' ? 'roles' : 'clusterroles', role.name);
  if (authorizer.grantOf(user, request, namespace) !== undefined) return { allowed: true, by: 'bind' };
  const found = authorizer.roles.find(role, namespace);
  if (found === undefined) return undefined;
  const wanted = authorizer.roles.rulesOf(found).map(({ rule }) => rule);
  return covered(rulesOfUser(authorizer, user, namespace), wanted);
}

/** As `mayBind`, for a binding object. */
export function mayWriteBinding(
  authorizer: RbacAuthorizer,
  user: RbacUser,
  object: KubeObject,
): EscalationVerdict | undefined {
  const binding = readBinding(object);
  return binding === undefined ? undefined : mayBind(authorizer, user, { ...binding, namespace: object.namespace });
}

/** Every rule that a user has at a place. */
export function rulesOfUser(
  authorizer: RbacAuthorizer,
  user: RbacUser,
  namespace: RequestNamespace,
): readonly RoleRule[] {
  return authorizer.bindingsOf(user).flatMap((binding) => {
    if (binding.scope === 'namespace' && (namespace === undefined || binding.object.namespace !== namespace)) return [];
    const role = authorizer.roles.find(binding.role, binding.object.namespace);
    return role === undefined ? [] : authorizer.roles.rulesOf(role).map(({ rule }) => rule);
  });
}

function covered(owned: readonly RoleRule[], wanted: readonly RoleRule[]): EscalationVerdict {
  const missing = missingRights(owned, wanted);
  return missing === undefined ? { allowed: true, by: 'coverage' } : { allowed: false, missing };
}

function rbacRequest(verb: string, resource: string, name: string): ResourceRequest {
  return { verb, apiGroup: rbacGroup, resource, name };
}
