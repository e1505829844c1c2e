import type { ResourceRule } from '../semantics/admission-policy/index.ts';

/**
 * Rules that differ in their resources alone become one, but for patterns: API servers refuse a rule that lists what
 * one of its patterns covers. The order is always the same.
 */
export function mergedRules(rules: readonly ResourceRule[]): readonly ResourceRule[] {
  const byRest = new Map<string, { rule: ResourceRule; resources: Set<string> }>();
  for (const rule of rules) {
    const { resources, ...rest } = rule;
    for (const resource of resources) {
      const pattern = resource.includes('*') ? [resource] : [];
      const key = JSON.stringify([rest.apiGroups, rest.apiVersions, rest.operations, rest.scope, ...pattern]);
      const same = byRest.get(key);
      if (same === undefined) byRest.set(key, { rule, resources: new Set([resource]) });
      else same.resources.add(resource);
    }
  }
  return [...byRest.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { rule, resources }]) => ({ ...rule, resources: [...resources].sort() }));
}

/** What `covered` sees already need not be sent twice. */
export function rulesWithout(
  rules: readonly ResourceRule[],
  covered: readonly ResourceRule[],
): readonly ResourceRule[] {
  const isCovered = (rule: ResourceRule, resource: string): boolean =>
    covered.some(
      (other) =>
        other.resources.includes(resource) &&
        includesAll(other.apiGroups, rule.apiGroups) &&
        includesAll(other.apiVersions, rule.apiVersions) &&
        includesAll(other.operations, rule.operations) &&
        (other.scope === '*' || other.scope === rule.scope),
    );
  return rules.flatMap((rule) => {
    const resources = rule.resources.filter((resource) => !isCovered(rule, resource));
    return resources.length === 0 ? [] : [{ ...rule, resources }];
  });
}

function includesAll(all: readonly string[], some: readonly string[]): boolean {
  return all.includes('*') || some.every((each) => all.includes(each));
}
