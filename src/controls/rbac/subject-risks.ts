import { serverVersion } from '../../facts/cluster-version.ts';
import { defineFact } from '../../facts/facts.ts';
import { rbac } from '../../facts/rbac.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import type { Binding, BindingSubject } from '../../semantics/rbac/binding.ts';
import { addedSubjects, subjectName } from '../../semantics/rbac/default-objects.ts';
import { type RoleRule, ruleAllows } from '../../semantics/rbac/rule.ts';
import clusterPowers from './cluster-powers.ts';
import { gradeOf } from './grant-judging.ts';
import { lesserRows } from './lesser-rows.ts';
import type { Power } from './power.ts';
import { powersOfRule } from './power-index.ts';
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
}

const controls = new Map(
  [...powers, ...workloadPowers, ...clusterPowers, ...resourcePowers].map((control) => [control.id, control]),
);

const rows: readonly (readonly [control: string, power: Power])[] = [...powerRows, ...lesserRows].flatMap(
  ([name, ofRow]) => ofRow.map((power): [string, Power] => [`rbac/${name}`, power]),
);

/** Who has which powers, and by what: one of each kind for each subject and place, the gravest first. */
export const subjectRisks = defineFact('subject-risks', (facts): readonly SubjectRisk[] => {
  const known = facts.get(rbac);
  const ofRule = facts.get(powersOfRule);
  const minor = facts.get(serverVersion)?.minor;
  const risks = new Map<string, SubjectRisk>();
  for (const binding of known.bindings) {
    const subjects = addedSubjects(binding).filter(({ kind, name }) => kind !== 'Group' || name !== 'system:masters');
    const rules = subjects.length === 0 ? [] : (known.rulesOf(binding) ?? []);
    const given = powersGiven(binding, rules, { ofRule, minor });
    for (const subject of subjects) {
      const scope = binding.scope === 'cluster' ? 'cluster' : { namespace: binding.object.namespace };
      for (const { control, does, severity, rule, power } of given) {
        const holder = { subject, scope } as const;
        const lacks = power?.needs?.requests.every((request) => !known.allows(holder, request)) === true;
        if (lacks && power?.needs?.otherwise === 'none') continue;
        const own =
          lacks && power?.needs !== undefined && power.needs.otherwise !== 'none' ? power.needs.otherwise : severity;
        const key = `${placeOf({ subject, binding })}\n${does}`;
        if (risks.has(key)) continue;
        risks.set(key, { subject, severity: gradeOf(own, [holder]), does, binding, rule, control });
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
  { scope, object }: Binding,
  rules: readonly RoleRule[],
  { ofRule, minor }: { readonly ofRule: (rule: RoleRule) => ReadonlySet<Power>; readonly minor: number | undefined },
): readonly Given[] {
  const all = rules.find((rule) => ruleAllows(rule, { verb: '*', apiGroup: '*', resource: '*' }));
  if (all !== undefined)
    return [{ control: 'rbac/full-wildcard', does: 'do everything', severity: 'critical', rule: all }];
  return rows.flatMap(([control, power]): Given[] => {
    if (power.until !== undefined && minor !== undefined && minor >= power.until) return [];
    if (scope === 'namespace' && (power.isClusterWide === true || isElsewhere(power, object.namespace))) return [];
    const rule = rules.find((each) => ofRule(each).has(power));
    if (rule === undefined) return [];
    return [
      {
        control,
        does: power.says,
        severity: power.severity ?? controls.get(control)?.severity ?? 'medium',
        rule,
        power,
      },
    ];
  });
}

function isElsewhere({ isOfSystem }: Power, namespace: string | undefined): boolean {
  return isOfSystem === true && namespace !== 'kube-system';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
