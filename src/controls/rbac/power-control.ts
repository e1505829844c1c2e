import type { Facts } from '../../facts/facts.ts';
import { type Holder, rbac } from '../../facts/rbac.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { type Failure, fail, notApplicable, pass, type Verdict } from '../../model/verdict.ts';
import { type ResourceRequest, type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import { type Control, type ControlDefinition, control } from '../control.ts';
import { gradeOf, grantingOf, listed, sentence } from './grant-judging.ts';
import { gives, type Power } from './power.ts';
import { powersOfRules } from './power-index.ts';

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
  return rows.map(({ name, powers, coveredBy = [], judges, ...rest }) =>
    control({
      ...rest,
      id: `rbac/${name}`,
      subject: 'object',
      coveredBy: [...coveringControls, ...coveredBy],
      check: ({ object }, facts) => {
        return judgePowers(object, facts, { powers, severity: rest.severity, ownOnly: judges === 'own roles' });
      },
    }),
  );
}

interface Judged {
  readonly powers: readonly Power[];
  readonly severity: Severity;
  readonly ownOnly: boolean;
}

function judgePowers(
  object: KubeObject,
  facts: Facts,
  { powers, severity, ownOnly }: Judged,
): Verdict | readonly Failure[] {
  const granting = grantingOf(object, facts);
  if (granting.kind !== 'role' && granting.kind !== 'binding') return granting;
  const { rules, holders } = granting;
  if (granting.kind === 'binding' && (ownOnly || holders.length === 0)) return ownOnly ? ofKubernetes : pass;
  const given = givenPowers(facts, { rules, powers, scope: granting.scope, holders });
  const first = given.found[0];
  if (first === undefined) return pass;
  const { found, lowered } = given;
  if (granting.kind === 'binding' && isOrdinary(granting.binding.role.name, object)) return ordinary;
  const worst = found.reduce<Severity>((most, { power }) => {
    const each = lowered.get(power) ?? power.severity ?? severity;
    return compareSeverity(each, most) > 0 ? each : most;
  }, 'info');
  const does = listed(found.map(({ power }) => power.says));
  const by = granting.kind === 'binding' ? `, by ${granting.binding.role.kind} ${granting.binding.role.name}` : '';
  const at = granting.kind === 'binding' ? ['roleRef'] : ['rules', first.rule.index];
  return fail(`${sentence(does, object, holders)}${by}`, at, { severity: gradeOf(worst, holders) });
}

interface Asked {
  readonly rules: readonly RoleRule[];
  readonly powers: readonly Power[];
  readonly scope: 'cluster' | 'namespace';
  readonly holders: readonly Holder[];
}

const nothing = { found: [], lowered: new Map<Power, Severity>() };

/** As `powersOf`, with the version of the server and the other rights of those who hold them looked at. */
function givenPowers(
  facts: Facts,
  { rules, powers, scope, holders }: Asked,
): { readonly found: ReturnType<typeof powersOf>; readonly lowered: ReadonlyMap<Power, Severity> } {
  const given = facts.get(powersOfRules)(rules);
  if (given.size === 0) return nothing;
  const lowered = new Map<Power, Severity>();
  const inSystem =
    scope === 'namespace' &&
    holders.some((holder) => holder.scope !== 'cluster' && holder.scope.namespace === 'kube-system');
  const found: { readonly power: Power; readonly rule: RoleRule }[] = [];
  for (const power of powers) {
    const rule = given.get(power);
    if (rule === undefined) continue;
    if (scope === 'namespace' && (power.isClusterWide === true || (power.isOfSystem === true && !inSystem))) continue;
    if (power.needs !== undefined && !haveNeeds(facts, power.needs.requests, { rules, holders })) {
      if (power.needs.otherwise === 'none') continue;
      lowered.set(power, power.needs.otherwise);
    }
    found.push({ power, rule });
  }
  return { found, lowered };
}

/** Whether anyone who has the rules has one of the rights besides; of rules that nobody has, whether they give it. */
function haveNeeds(
  facts: Facts,
  requests: readonly ResourceRequest[],
  { rules, holders }: Pick<Asked, 'rules' | 'holders'>,
): boolean {
  if (requests.some((request) => rules.some((rule) => ruleAllows(rule, request)))) return true;
  const known = facts.get(rbac);
  return holders.some((holder) => requests.some((request) => known.allows(holder, request)));
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
