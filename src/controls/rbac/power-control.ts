import type { Facts } from '../../facts/facts.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, pass, type Verdict } from '../../model/verdict.ts';
import type { RoleRule } from '../../semantics/rbac/rule.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';
import { gradeOf, grantingOf, listed, scopeOf, sentence } from './grant-judging.ts';
import { gives, type Power } from './power.ts';

/** A requirement that a power is given to few. */
export interface PowerRow extends Omit<ControlDefinition<'object'>, 'id' | 'subject' | 'check' | 'coveredBy'> {
  /** Last part of the control's id. */
  readonly name: string;
  readonly powers: readonly Power[];
  readonly remedy: string;
}

/** What gives every power at once: one finding is enough. */
export const coveringControls: readonly string[] = [
  'rbac/cluster-admin',
  'rbac/default-roles',
  'rbac/full-wildcard',
  'rbac/anonymous',
  'rbac/everyone',
];

/** The controls of powers, from a table. A role is judged once, where it is written, with all who hold it. */
export function powerControls(rows: readonly PowerRow[]): readonly Control<'object'>[] {
  return rows.map(({ name, powers, ...rest }) =>
    control({
      ...rest,
      id: `rbac/${name}`,
      subject: 'object',
      coveredBy: coveringControls,
      check: ({ object }, facts) => judgePowers(object, facts, { powers, severity: rest.severity }),
    }),
  );
}

interface Judged {
  readonly powers: readonly Power[];
  readonly severity: Severity;
}

function judgePowers(object: KubeObject, facts: Facts, { powers, severity }: Judged): Verdict | readonly Failure[] {
  const granting = grantingOf(object, facts);
  if (granting.kind !== 'role' && granting.kind !== 'binding') return granting;
  const { rules, holders } = granting;
  if (granting.kind === 'binding' && holders.length === 0) return pass;
  const given = powersOf(rules, powers, scopeOf(object, holders));
  const first = given[0];
  if (first === undefined) return pass;
  if (granting.kind === 'binding' && isOrdinary(granting.binding.role.name, object)) return ordinary;
  const worst = given.reduce<Severity>((most, { power }) => {
    const each = power.severity ?? severity;
    return compareSeverity(each, most) > 0 ? each : most;
  }, 'info');
  const does = listed(given.map(({ power }) => power.says));
  const by = granting.kind === 'binding' ? `, by ${granting.binding.role.kind} ${granting.binding.role.name}` : '';
  const at = granting.kind === 'binding' ? ['roleRef'] : ['rules', first.rule.index];
  return fail(`${sentence(does, object, holders)}${by}`, at, { severity: gradeOf(worst, holders) });
}

/** The powers that rules give at a scope, each with the first rule that does. */
export function powersOf(
  rules: readonly RoleRule[],
  powers: readonly Power[],
  scope: 'cluster' | 'namespace',
): readonly { readonly power: Power; readonly rule: RoleRule }[] {
  return powers.flatMap((power) => {
    const rule = rules.find((each) => gives(each, power, scope));
    return rule === undefined ? [] : [{ power, rule }];
  });
}

/** The roles `admin` and `edit` are made to be bound in a namespace; that they give all this is no surprise there. */
function isOrdinary(role: string, { kind, namespace }: KubeObject): boolean {
  return kind === 'RoleBinding' && namespace !== 'kube-system' && (role === 'admin' || role === 'edit');
}

const ordinary: Verdict = {
  kind: 'manual',
  reason:
    'ClusterRole admin or edit is bound in a namespace: whether its holders need all that it gives there, people must say',
};
