import type { Facts } from '../../facts/facts.ts';
import { podRestraints } from '../../facts/pod-restraint.ts';
import type { Holder } from '../../facts/rbac.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';

/** How grave a power is, by where it is held. */
export interface Grades {
  readonly cluster: Severity;
  /** In kube-system. */
  readonly system: Severity;
  /** In any other namespace. */
  readonly namespace: Severity;
}

/** One step down; the lowest stay. */
export function lowered(severity: Severity): Severity {
  return lower.get(severity) ?? severity;
}

const lower: ReadonlyMap<Severity, Severity> = new Map([
  ['critical', 'high'],
  ['high', 'medium'],
  ['medium', 'low'],
]);

/** Of what is said without places: one step less in a namespace, as far as that is not the system's own. */
export function gradesOf(severity: Severity | Grades): Grades {
  if (typeof severity !== 'string') return severity;
  return { cluster: severity, system: severity, namespace: lowered(severity) };
}

/** The gravest of several, place by place. */
export function worstOf(all: readonly Grades[]): Grades {
  const worst = (place: keyof Grades): Severity =>
    all.reduce<Severity>((most, each) => (compareSeverity(each[place], most) > 0 ? each[place] : most), 'info');
  return { cluster: worst('cluster'), system: worst('system'), namespace: worst('namespace') };
}

type Place = Pick<Holder, 'scope'>;

/** How grave a power is with those who hold it: least where nobody does. */
export function gradeOf(severity: Severity | Grades, holders: readonly Place[]): Severity {
  const grades = gradesOf(severity);
  if (holders.length === 0) return grades.cluster === 'info' ? 'info' : 'low';
  if (holders.some(({ scope }) => scope === 'cluster')) return grades.cluster;
  return holders.some(isInSystem) ? grades.system : grades.namespace;
}

function isInSystem({ scope }: Place): boolean {
  return scope !== 'cluster' && scope.namespace === 'kube-system';
}

/** Of a right to make pods: who may make a privileged one has its node, and in kube-system strong accounts besides. */
export function podGrades(facts: Facts, holders: readonly Place[]): Grades {
  const { everywhere, of } = facts.get(podRestraints);
  const isFree = ({ scope }: Place): boolean => scope !== 'cluster' && of(scope.namespace) === 'free';
  return {
    cluster: everywhere === 'free' ? 'critical' : 'high',
    system: 'critical',
    namespace: holders.some(isFree) ? 'high' : 'medium',
  };
}

/** Of cluster-admin, or its equal: people may be administrators, programs and groups that nobody has to join are not. */
export function adminSeverity(holders: readonly Pick<Holder, 'subject'>[]): Severity {
  const isPerson = ({ subject: { kind, name } }: Pick<Holder, 'subject'>): boolean =>
    kind !== 'ServiceAccount' && !name.startsWith('system:');
  return holders.length > 0 && holders.every(isPerson) ? 'high' : 'critical';
}
