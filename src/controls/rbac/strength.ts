import type { Severity } from '../../model/severity.ts';
import type { Binding } from '../../semantics/rbac/binding.ts';
import { type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import { type Grades, gradesOf, worstOf } from './grades.ts';
import { listed } from './grant-judging.ts';
import type { Power } from './power.ts';
import { powersOf } from './power-control.ts';
import { powerRows } from './power-rows.ts';

/** Everything or a power; some resources; paths and questions about oneself only. */
export type Strength = 'strong' | 'some' | 'slight';

const criticalRows = new Set(['escalation-verbs', 'nodes-proxy', 'webhook-configurations']);

/** What is limited to names is judged by those: `named-targets.ts`. */
export const strongPowers: readonly Power[] = [...powerRows.values()].flat().filter(({ named }) => named !== 'only');

/** Of those that are as grave as their control: the verbs that make any right out of themselves, and the rest. */
const gradesOfRow: ReadonlyMap<Power, Severity> = new Map(
  [...powerRows].flatMap(([name, row]) =>
    row.map((power) => [power, criticalRows.has(name) ? 'critical' : 'high'] as const),
  ),
);

/** How strong what a binding gives is, and what it lets them do, where it is much. */
export function strengthOf(
  rules: readonly RoleRule[] | undefined,
  { scope, role }: Pick<Binding, 'scope' | 'role'>,
): { readonly strength: Strength; readonly does?: string; readonly grades?: Grades } {
  if (rules === undefined) return { strength: 'some' };
  if (rules.some((rule) => ruleAllows(rule, { verb: '*', apiGroup: '*', resource: '*' })))
    return { strength: 'strong', does: 'do everything', grades: gradesOf('critical') };
  const found = powersOf(rules, strongPowers, scope).map(({ power }) => power);
  if (found.length > 0) {
    const grades = worstOf(found.map((power) => gradesOf(power.severity ?? gradesOfRow.get(power) ?? 'high')));
    return { strength: 'strong', does: listed(found.map(({ says }) => says)), grades };
  }
  const harmless = rules.length > 0 || role.name.startsWith('system:');
  return { strength: harmless && rules.every(isSlight) ? 'slight' : 'some' };
}

/** Paths, and what the API server answers everyone about themselves. */
function isSlight({ resources, apiGroups }: RoleRule): boolean {
  return (
    resources.every((resource) => resource.startsWith('self')) && apiGroups.every((group) => group.endsWith('.k8s.io'))
  );
}
