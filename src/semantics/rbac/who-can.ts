import type { Grant, RbacAuthorizer } from './authorize.ts';
import type { BindingSubject, RbacUser } from './binding.ts';
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
    for (const subject of grant.binding.subjects) holdings.push({ ...grant, subject, names });
  };
  const whole = authorizer.grantsOf(request).filter((grant) => isWithin(grant, reach));
  for (const grant of whole) add(grant, 'path' in request ? [] : grant.rule.resourceNames);
  if ('path' in request || (request.name ?? '') !== '') return holdings;
  const found = new Set(whole.map(({ binding }) => binding));
  for (const binding of authorizer.bindings) {
    if (found.has(binding)) continue;
    const role = authorizer.roles.find(binding.role, binding.object.namespace);
    if (role === undefined) continue;
    for (const granted of authorizer.roles.rulesOf(role)) {
      const grant = { ...granted, binding };
      if (!allowsForNames(granted.rule, request) || !isWithin(grant, reach)) continue;
      add(grant, granted.rule.resourceNames);
      break;
    }
  }
  return holdings;
}

/** Whether a rule allows a request without a name for the names that it lists. */
export function allowsForNames(rule: RoleRule, request: RbacRequest): boolean {
  const name = rule.resourceNames[0];
  if (name === undefined || 'path' in request) return false;
  return ruleAllows(rule, { ...request, name });
}

function isWithin({ binding }: Grant, reach: Reach): boolean {
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
