import type { Grant, RbacAuthorizer } from './authorize.ts';
import type { Binding, BindingSubject, RbacUser } from './binding.ts';
import type { RbacRequest } from './rule.ts';

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
  for (const { binding, rule, role } of authorizer.grantsOf(request, 'names')) {
    if (!isWithin(binding, reach)) continue;
    const names = 'path' in request ? [] : rule.resourceNames;
    for (const subject of binding.subjects) holdings.push({ binding, rule, role, subject, names });
  }
  return holdings;
}

function isWithin(binding: Binding, reach: Reach): boolean {
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
