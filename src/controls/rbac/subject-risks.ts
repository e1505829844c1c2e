import { defineFact } from '../../facts/facts.ts';
import { type Rbac, rbac } from '../../facts/rbac.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import type { Binding, BindingSubject } from '../../semantics/rbac/binding.ts';
import { addedSubjects, madeSubjects, subjectName } from '../../semantics/rbac/default-objects.ts';
import { vendorOf } from '../../semantics/rbac/provenance.ts';
import { type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import clusterPowers from './cluster-powers.ts';
import { adminSeverity, gradeOf, lowered } from './grades.ts';
import { lesserRows } from './lesser-rows.ts';
import { hasNeeds } from './needs.ts';
import type { Power } from './power.ts';
import { gradesOfPower, withoutNamed } from './power-control.ts';
import { type GivenRows, powersOfRules } from './power-index.ts';
import { powerRows } from './power-rows.ts';
import powers from './powers.ts';
import resourcePowers from './resource-powers.ts';
import workloadPowers from './workload-powers.ts';

/** A power that somebody has beyond what Kubernetes gives its own components. */
export interface SubjectRisk {
  readonly subject: BindingSubject;
  readonly severity: Severity;
  /** Behind "can": `read Secrets`. */
  readonly does: string;
  readonly binding: Binding;
  readonly rule: RoleRule;
  /** The control that tells of it. */
  readonly control: string;
  /** Whose machinery made the binding and the role, by the marks that it left: such a risk weighs one step less. */
  readonly vendor: string | undefined;
}

const controls = new Map(
  [...powers, ...workloadPowers, ...clusterPowers, ...resourcePowers].map((control) => [control.id, control]),
);

const rows: readonly (readonly [control: string, row: readonly Power[]])[] = [...powerRows, ...lesserRows].map(
  ([name, row]) => [`rbac/${name}`, row],
);

/** The controls whose findings are told as the powers of subjects. */
export const riskControls: ReadonlySet<string> = new Set([
  ...rows.map(([control]) => control),
  'rbac/full-wildcard',
  'rbac/cluster-admin',
]);

/** Who has which powers, and by what: one of each kind for each subject and place, the gravest first. */
export const subjectRisks = defineFact('subject-risks', (facts): readonly SubjectRisk[] => {
  const known = facts.get(rbac);
  const givenBy = facts.get(powersOfRules);
  const risks = new Map<string, SubjectRisk>();
  for (const binding of known.bindings) {
    // Those whom Kubernetes itself gives its role have a power only by what was added to the role.
    for (const { subjects: meant, rules } of sharesOf(known, binding)) {
      const subjects = meant.filter(({ kind, name }) => kind !== 'Group' || name !== 'system:masters');
      const given = subjects.length === 0 ? [] : powersGiven(binding, rules, givenBy);
      const role = given.length === 0 ? undefined : known.roleOf(binding);
      const made = given.length === 0 ? undefined : vendorOf(binding.object);
      const vendor = role === undefined || vendorOf(role) === made ? made : undefined;
      for (const subject of subjects) {
        const scope = binding.scope === 'cluster' ? 'cluster' : { namespace: binding.object.namespace };
        for (const { control, does, severity, rule, power } of given) {
          const holder = { subject, scope } as const;
          const needs = power?.needs;
          const lacks = needs !== undefined && !hasNeeds(known, holder, needs);
          if (lacks && needs.otherwise === 'none') continue;
          const key = `${placeOf({ subject, binding })}\n${does}`;
          if (risks.has(key)) continue;
          const whole = power === undefined ? severity : gradesOfPower(power, { severity, facts, holders: [holder] });
          const own = lacks && needs.otherwise !== 'none' ? needs.otherwise : whole;
          const everything = control === 'rbac/cluster-admin' ? adminSeverity([holder]) : own;
          const graded = gradeOf(everything, [holder]);
          const weighed = vendor === undefined ? graded : lowered(graded);
          risks.set(key, { subject, severity: weighed, does, binding, rule, control, vendor });
        }
      }
    }
  }
  const told = new Set([...risks.values()].map((risk) => `${placeOf(risk)}\n${risk.control}`));
  // As in a scan: what follows from a graver power of the same subject at the same place is not told again.
  const isCovered = (risk: SubjectRisk): boolean =>
    controls.get(risk.control)?.coveredBy.some((id) => told.has(`${placeOf(risk)}\n${id}`)) === true;
  return [...risks.values()]
    .filter((risk) => !isCovered(risk))
    .sort(
      (a, b) =>
        compareSeverity(b.severity, a.severity) ||
        compareText(subjectName(a.subject), subjectName(b.subject)) ||
        compareText(a.does, b.does),
    );
});

interface Share {
  readonly subjects: readonly BindingSubject[];
  readonly rules: readonly RoleRule[];
}

function sharesOf(known: Rbac, binding: Binding): readonly Share[] {
  const added = addedSubjects(binding);
  const shares: Share[] = added.length === 0 ? [] : [{ subjects: added, rules: known.rulesOf(binding) ?? [] }];
  if (added.length === binding.subjects.length) return shares;
  const role = known.roleOf(binding);
  const excess = role === undefined ? [] : known.excessOf(role);
  return excess.length === 0 ? shares : [...shares, { subjects: madeSubjects(binding), rules: excess }];
}

function placeOf({ subject, binding }: Pick<SubjectRisk, 'subject' | 'binding'>): string {
  return `${subjectName(subject)}\n${binding.scope === 'cluster' ? '' : (binding.object.namespace ?? '?')}`;
}

interface Given {
  readonly control: string;
  readonly does: string;
  readonly severity: Severity;
  readonly rule: RoleRule;
  readonly power?: Power;
}

function powersGiven(
  { scope, object, role }: Binding,
  rules: readonly RoleRule[],
  givenBy: (rules: readonly RoleRule[]) => GivenRows,
): readonly Given[] {
  const all = rules.find((rule) => ruleAllows(rule, { verb: '*', apiGroup: '*', resource: '*' }));
  const isAdmin = role.kind === 'ClusterRole' && role.name === 'cluster-admin';
  const control = isAdmin ? 'rbac/cluster-admin' : 'rbac/full-wildcard';
  if (all !== undefined) return [{ control, does: 'do everything', severity: 'critical', rule: all }];
  const given = givenBy(rules);
  if (given.size === 0) return [];
  return rows.flatMap(([control, row]): readonly Given[] =>
    withoutNamed(given.get(row) ?? []).flatMap(({ power, rule }): Given[] => {
      if (scope === 'namespace' && (power.isClusterWide === true || isElsewhere(power, object.namespace))) return [];
      const severity = controls.get(control)?.severity ?? 'medium';
      return [{ control, does: power.says, severity, rule, power }];
    }),
  );
}

function isElsewhere({ isOfSystem }: Power, namespace: string | undefined): boolean {
  return isOfSystem === true && namespace !== 'kube-system';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
