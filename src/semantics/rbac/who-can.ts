import type { KubeObject } from '../../model/snapshot.ts';
import type { Grant, RbacAuthorizer } from './authorize.ts';
import type { BindingSubject, RbacUser } from './binding.ts';
import type { GrantedRule } from './role-book.ts';
import { type RbacRequest, type RoleRule, ruleAllows } from './rule.ts';

/** Somebody who may make a request, and by what. */
export interface Holding extends Grant {
  readonly subject: BindingSubject;
  /** The names that it is allowed for; empty for any. */
  readonly names: readonly string[];
}

/** Where to look: `anywhere` in any namespace or all, `everywhere` in all namespaces at once, or in one. */
export type Reach = 'anywhere' | 'everywhere' | { readonly namespace: string };

/**
 * Everybody whom a binding allows a request, without the group `system:masters`, which may do anything as it is. A
 * request without a name also finds those who are allowed it for some names: `names` says which.
 */
export function whoCan(authorizer: RbacAuthorizer, request: RbacRequest, reach: Reach): readonly Holding[] {
  const holdings: Holding[] = [];
  const add = (grant: Grant, names: readonly string[]): void => {
    const { binding, rule, role } = grant;
    for (const subject of binding.subjects) holdings.push({ binding, rule, role, subject, names });
  };
  const whole = authorizer.grantsOf(request).filter((grant) => isWithin(grant, reach));
  for (const grant of whole) add(grant, 'path' in request ? [] : grant.rule.resourceNames);
  if ('path' in request || (request.name ?? '') !== '') return holdings;
  const found = new Set(whole.map(({ binding }) => binding));
  const byRole = new Map<KubeObject, GrantedRule | undefined>();
  for (const binding of authorizer.bindings) {
    if (found.has(binding) || !isWithin({ binding }, reach)) continue;
    const role = authorizer.roleOf(binding);
    if (role === undefined) continue;
    if (!byRole.has(role)) {
      const named = authorizer.roles.rulesOf(role).find(({ rule }) => allowsForNames(rule, request));
      byRole.set(role, named);
    }
    const granted = byRole.get(role);
    if (granted !== undefined) add({ ...granted, binding }, granted.rule.resourceNames);
  }
  return holdings;
}

/** Whether a rule allows a request without a name for the names that it lists. */
export function allowsForNames(rule: RoleRule, request: RbacRequest): boolean {
  const name = rule.resourceNames[0];
  if (name === undefined || 'path' in request) return false;
  return ruleAllows(rule, { ...request, name });
}

function isWithin({ binding }: Pick<Grant, 'binding'>, reach: Reach): boolean {
  if (binding.scope === 'cluster' || reach === 'anywhere') return true;
  return reach !== 'everywhere' && binding.object.namespace === reach.namespace;
}

/** One right that somebody has. */
export interface HeldRule extends Grant {
  /** Undefined: everywhere. */
  readonly namespace: string | undefined;
}

/** Every rule that somebody has, by all bindings that mean them, what holds everywhere first. */
export function rulesHeldBy(authorizer: RbacAuthorizer, user: RbacUser): readonly HeldRule[] {
  const own = authorizer.bindingsOf(user);
  return (['cluster', 'namespace'] as const).flatMap((scope) =>
    own
      .filter((binding) => binding.scope === scope)
      .flatMap((binding) => {
        const role = authorizer.roles.find(binding.role, binding.object.namespace);
        const namespace = scope === 'cluster' ? undefined : (binding.object.namespace ?? '');
        return role === undefined
          ? []
          : authorizer.roles.rulesOf(role).map((granted) => ({ ...granted, binding, namespace }));
      }),
  );
}
