import type { Binding } from '../../semantics/rbac/binding.ts';
import { type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import { listed } from './grant-judging.ts';
import { powersOf } from './power-control.ts';
import { powerRows } from './power-rows.ts';

/** Everything or a power; some resources; paths and questions about oneself only. */
export type Strength = 'strong' | 'some' | 'slight';

const powers = [...powerRows.values()].flat();

/** How strong what a binding gives is, and what it lets them do, where it is much. */
export function strengthOf(
  rules: readonly RoleRule[] | undefined,
  { scope, role }: Pick<Binding, 'scope' | 'role'>,
): { readonly strength: Strength; readonly does?: string } {
  if (rules === undefined) return { strength: 'some' };
  if (rules.some((rule) => ruleAllows(rule, { verb: '*', apiGroup: '*', resource: '*' })))
    return { strength: 'strong', does: 'do everything' };
  const found = powersOf(rules, powers, scope).map(({ power }) => power.says);
  if (found.length > 0) return { strength: 'strong', does: listed(found) };
  const harmless = rules.length > 0 || role.name.startsWith('system:');
  return { strength: harmless && rules.every(isSlight) ? 'slight' : 'some' };
}

/** Paths, and what the API server answers everyone about themselves. */
function isSlight({ resources, apiGroups }: RoleRule): boolean {
  return (
    resources.every((resource) => resource.startsWith('self')) && apiGroups.every((group) => group.endsWith('.k8s.io'))
  );
}
