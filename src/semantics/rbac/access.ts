import type { KubeObject } from '../../model/snapshot.ts';
import { type Grant, type RbacAuthorizer, type RequestNamespace, rbacAuthorizer } from './authorize.ts';
import type { Binding, RbacUser } from './binding.ts';
import { type NodeAuthorizer, nodeAuthorizer } from './node-authorizer.ts';
import { type RoleReference, rbacGroup } from './role-book.ts';
import { type RbacRequest, readRules } from './rule.ts';
import { fallbackMinor, shippedDefaults } from './shipped-defaults.ts';

/** Whether the API server lets a request through to admission, and what says so. */
export type Decision =
  | { readonly kind: 'allowed'; readonly by: 'system:masters' }
  | { readonly kind: 'allowed'; readonly by: 'node'; readonly because: string }
  | { readonly kind: 'allowed'; readonly by: 'rbac'; readonly grant: Grant }
  | { readonly kind: 'denied' }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Access {
  readonly authorizer: RbacAuthorizer;
  /** `namespace` is that of the request, undefined for what is in none and for all namespaces at once. */
  decide(user: RbacUser, request: RbacRequest, namespace: RequestNamespace): Decision;
  /** Bindings whose role was not read, and which Kubernetes does not ship: they may give anything. */
  readonly unresolved: readonly Binding[];
  /** The version whose shipped roles stand in for roles that were not read; undefined where none had to. */
  readonly standIns: number | undefined;
}

export interface AccessOptions {
  readonly objects: readonly KubeObject[];
  /** Of the API server: 20 for v1.20; undefined where it is not known. */
  readonly minor: number | undefined;
  /**
   * Whether all roles of a cluster were read (`complete`), or files that may name roles which are elsewhere. Then a role
   * that is not there is unknown, and one of Kubernetes itself is taken as it is shipped.
   */
  readonly evidence: 'complete' | 'files';
}

/**
 * Decides as an API server with `--authorization-mode=Node,RBAC` does: the group `system:masters` before all others,
 * then the node authorizer, then RBAC. Other modes (webhooks, ABAC) are not known here.
 */
export function accessOf({ objects, minor, evidence }: AccessOptions): Access {
  const standIns = evidence === 'files' ? missingDefaults(objects, minor ?? fallbackMinor) : undefined;
  const all = standIns === undefined ? objects : [...objects, ...standIns.objects];
  const authorizer = rbacAuthorizer(all);
  const isMissing = ({ role, object }: Binding): boolean => authorizer.roles.find(role, object.namespace) === undefined;
  const unresolved = evidence === 'files' ? authorizer.bindings.filter(isMissing) : [];
  const nodes = nodesOf(objects, minor);
  return {
    authorizer,
    unresolved,
    standIns: standIns?.minor,
    decide: (user, request, namespace) => {
      if (user.groups.includes('system:masters')) return { kind: 'allowed', by: 'system:masters' };
      const node = nodes(user, request, namespace);
      if (node.kind === 'allow') return { kind: 'allowed', by: 'node', because: node.because };
      const grant = authorizer.grantOf(user, request, namespace);
      if (grant !== undefined) return { kind: 'allowed', by: 'rbac', grant };
      if (node.kind === 'unknown') return { kind: 'unknown', reason: node.reason };
      const missing = unresolved.length === 0 ? undefined : unknownRole(authorizer, user, { unresolved, namespace });
      if (missing !== undefined)
        return { kind: 'unknown', reason: `${missing.kind} ${missing.name} is bound and was not read` };
      return { kind: 'denied' };
    },
  };
}

/** A role that was not read and that a user has at a place. */
function unknownRole(
  authorizer: RbacAuthorizer,
  user: RbacUser,
  { unresolved, namespace }: { readonly unresolved: readonly Binding[]; readonly namespace: RequestNamespace },
): RoleReference | undefined {
  const own = new Set(authorizer.bindingsOf(user));
  return unresolved.find(
    (binding) => own.has(binding) && (binding.scope === 'cluster' || binding.object.namespace === namespace),
  )?.role;
}

function missingDefaults(
  objects: readonly KubeObject[],
  minor: number,
): { readonly minor: number; readonly objects: readonly KubeObject[] } | undefined {
  const shipped = shippedDefaults(minor) ?? shippedDefaults(fallbackMinor);
  if (shipped === undefined) return undefined;
  const there = new Set(objects.filter(isRole).map(keyOf));
  const missing = shipped.objects.filter((object) => isRole(object) && !there.has(keyOf(object)));
  return missing.length === 0 ? undefined : { minor: shipped.minor, objects: missing };
}

function nodesOf(objects: readonly KubeObject[], minor: number | undefined): NodeAuthorizer {
  const own = objects.find(({ kind, name, apiVersion }) => {
    return kind === 'ClusterRole' && name === 'system:node' && apiVersion.startsWith(`${rbacGroup}/`);
  });
  const shipped = shippedDefaults(minor ?? fallbackMinor)?.objects.find(({ name, kind }) => {
    return kind === 'ClusterRole' && name === 'system:node';
  });
  // What is compiled into the server, rather than the object, which somebody may have changed.
  const source = shipped ?? own;
  return nodeAuthorizer({ objects, minor, rules: source === undefined ? undefined : readRules(source.value) });
}

function isRole({ kind, apiVersion }: KubeObject): boolean {
  return (kind === 'ClusterRole' || kind === 'Role') && apiVersion.startsWith(`${rbacGroup}/`);
}

function keyOf({ kind, namespace = '', name }: KubeObject): string {
  return `${kind}\n${kind === 'ClusterRole' ? '' : namespace}\n${name}`;
}
