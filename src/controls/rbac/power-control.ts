import type { Facts } from '../../facts/facts.ts';
import { type Holder, rbac } from '../../facts/rbac.ts';
import type { Severity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { type ResourceRequest, type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';
import { type Grades, gradesOf, podGrades, worstOf } from './grades.ts';
import { type Granting, grantingOf, grantKinds, listed, powerFailure, roleKinds } from './grant-judging.ts';
import { hasNeeds } from './needs.ts';
import { gives, type Needs, type Power } from './power.ts';
import type { GivenPower } from './power-index.ts';

/** A requirement that a power is given to few. */
export interface PowerRow extends Omit<ControlDefinition<'object'>, 'id' | 'subject' | 'check' | 'coveredBy'> {
  /** Last part of the control's id. */
  readonly name: string;
  readonly powers: readonly Power[];
  readonly remedy: string;
  /** More than what gives every power at once: the controls that tell of the same root cause. */
  readonly coveredBy?: readonly string[];
  /** Of lesser powers: those that the roles of Kubernetes itself give are none of this control's concern. */
  readonly judges?: 'own roles';
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
  return rows.map(({ name, powers, coveredBy = [], judges, ...rest }) => {
    const row = { powers, severity: rest.severity, ownOnly: judges === 'own roles' };
    return control({
      ...rest,
      id: `rbac/${name}`,
      subject: 'object',
      // Lesser powers of the roles of Kubernetes itself are not judged where those are bound.
      kinds: judges === 'own roles' ? roleKinds : grantKinds,
      coveredBy: [...coveringControls, ...coveredBy],
      check: ({ object }, facts) => judgePowers(object, facts, row),
    });
  });
}

interface Judged {
  readonly powers: readonly Power[];
  readonly severity: Severity;
  readonly ownOnly: boolean;
}

function judgePowers(object: KubeObject, facts: Facts, row: Judged): Verdict | readonly Failure[] {
  const granting = grantingOf(object, facts);
  if (granting.kind !== 'role' && granting.kind !== 'binding') return granting;
  if (granting.kind === 'binding') {
    if (row.ownOnly) return ofKubernetes;
    if (granting.holders.length === 0) return pass;
  }
  // Most roles give nothing of a row, and are asked about all of them.
  const given = granting.given.get(row.powers);
  if (given === undefined) return pass;
  const found: HeldPower[] = [];
  for (const each of given) {
    const held = heldPower(facts, each, granting);
    if (held !== undefined) found.push(held);
  }
  const told = withoutNamed(found);
  const [first] = told;
  if (first === undefined) return pass;
  if (granting.kind === 'binding' && isOrdinary(granting.binding.role.name, object)) return ordinary;
  const worst = worstOf(
    told.map(({ power, otherwise }) =>
      gradesOf(otherwise ?? gradesOfPower(power, { severity: row.severity, facts, holders: granting.holders })),
    ),
  );
  const at = granting.kind === 'binding' ? ['roleRef'] : ['rules', first.rule.index];
  const rights = told.map(({ power }) => power.says);
  return powerFailure(listed(rights), { granting, severity: worst, at, rights });
}

/** What is held for any name says what is held for some. */
export function withoutNamed<T extends { readonly power: Power }>(found: readonly T[]): readonly T[] {
  const whole = found.filter(({ power }) => power.named !== 'only');
  return whole.length === 0 ? found : whole;
}

/** How grave a power is by where it is held, in a control of a severity. */
export function gradesOfPower(
  { makesPods, severity: own }: Power,
  {
    severity,
    facts,
    holders,
  }: { readonly severity: Severity; readonly facts: Facts; readonly holders: readonly Pick<Holder, 'scope'>[] },
): Severity | Grades {
  return makesPods === true ? podGrades(facts, holders) : (own ?? severity);
}

interface HeldPower extends GivenPower {
  /** How grave it is where the other right that it needs is lacking. */
  readonly otherwise?: Severity;
}

/** A power with the scope and the other rights of those who hold it looked at; undefined where they do not have it. */
function heldPower(facts: Facts, { power, rule }: GivenPower, granting: Granting): HeldPower | undefined {
  const { scope, holders } = granting;
  if (scope === 'namespace') {
    if (power.isClusterWide === true || (power.isOfSystem === true && !holders.some(isInSystem))) return undefined;
  }
  const { needs } = power;
  if (needs === undefined || haveNeeds(facts, needs, granting)) return { power, rule };
  return needs.otherwise === 'none' ? undefined : { power, rule, otherwise: needs.otherwise };
}

function isInSystem({ scope }: Holder): boolean {
  return scope !== 'cluster' && scope.namespace === 'kube-system';
}

/** Whether anyone who has the rules has the rights besides; of rules that nobody has, whether they give those, too. */
function haveNeeds(facts: Facts, needs: Needs, { rules, holders, scope }: Granting): boolean {
  const byRules = (wanted: readonly ResourceRequest[]): boolean =>
    wanted.some((request) => rules.some((rule) => ruleAllows(rule, request)));
  if ((needs.where === undefined || scope === 'cluster') && needs.each.every(byRules)) return true;
  const known = facts.get(rbac);
  return holders.some((holder) => hasNeeds(known, holder, needs));
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

const ofKubernetes = notApplicable('it is a role of Kubernetes itself');

const ordinary: Verdict = {
  kind: 'manual',
  reason:
    'ClusterRole admin or edit is bound in a namespace: whether its holders need all that it gives there, people must say',
};
