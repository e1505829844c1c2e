import type { Path } from '../../model/path.ts';
import type { AuditPolicy, AuditRule } from '../../semantics/audit-policy/index.ts';

/** A rule, or a part of one, that no request ever meets. */
export interface DeadRule {
  readonly path: Path;
  readonly says: string;
}

/** Resources of groups, as they are often written under the core group. */
const otherGroups: ReadonlyMap<string, string> = new Map([
  ...['deployments', 'daemonsets', 'statefulsets', 'replicasets', 'controllerrevisions'].map(
    (name) => [name, 'apps'] as const,
  ),
  ...['jobs', 'cronjobs'].map((name) => [name, 'batch'] as const),
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map(
    (name) => [name, 'rbac.authorization.k8s.io'] as const,
  ),
  ...['ingresses', 'networkpolicies', 'ingressclasses'].map((name) => [name, 'networking.k8s.io'] as const),
  ['tokenreviews', 'authentication.k8s.io'],
  ['subjectaccessreviews', 'authorization.k8s.io'],
  ['certificatesigningrequests', 'certificates.k8s.io'],
  ['leases', 'coordination.k8s.io'],
  ['poddisruptionbudgets', 'policy'],
]);

/** Rules behind one that matches everything, stars where there are no wildcards, and resources of another group. */
export function deadRules({ rules }: AuditPolicy): DeadRule[] {
  const dead: DeadRule[] = [];
  const last = rules.findIndex(matchesAll);
  for (const [index, rule] of rules.entries()) {
    if (last !== -1 && index > last) {
      dead.push({ path: rule.path, says: `rules[${index}] is never reached: rules[${last}] matches every request` });
      continue;
    }
    dead.push(...deadParts(rule));
  }
  return dead;
}

function matchesAll(rule: AuditRule): boolean {
  const { users, userGroups, verbs, resources, namespaces, nonResourceURLs } = rule;
  return [users, userGroups, verbs, resources, namespaces, nonResourceURLs].every((list) => list.length === 0);
}

function* deadParts(rule: AuditRule): Iterable<DeadRule> {
  for (const field of ['users', 'userGroups', 'verbs', 'namespaces'] as const) {
    const index = rule[field].indexOf('*');
    if (index !== -1)
      yield { path: [...rule.path, field, index], says: `* in ${field} is no wildcard: leave ${field} out for any` };
  }
  for (const [index, { group, resources }] of rule.resources.entries()) {
    if (group !== '') continue;
    for (const [at, name] of resources.entries()) {
      const home = otherGroups.get(name.split('/')[0] ?? '');
      if (home === undefined) continue;
      const path = [...rule.path, 'resources', index, 'resources', at];
      yield { path, says: `${name} of the core group does not exist: it is of the group ${home}` };
    }
  }
}
