import type { KubeObject } from '../../model/snapshot.ts';
import type { RbacAuthorizer } from '../rbac/authorize.ts';
import type { Binding } from '../rbac/binding.ts';
import { addedSubjects, isDefaultBinding } from '../rbac/default-objects.ts';
import { type RoleRule, ruleAllows } from '../rbac/rule.ts';
import { requestsOf } from './replay.ts';
import type { Use } from './usage.ts';

/** What of a binding nobody was seen to use. */
export interface UnusedGrant {
  readonly binding: Binding;
  /** `all`: nobody used anything that it gives. */
  readonly extent: 'all' | 'part';
  readonly rules: readonly UnusedRule[];
}

export interface UnusedRule {
  readonly role: KubeObject;
  readonly rule: RoleRule;
  /** The verbs that were used, sorted; none where the whole rule was not. */
  readonly usedVerbs: readonly string[];
}

/**
 * What is granted and was not used, for bindings beyond those of Kubernetes itself. A right that two bindings give counts
 * as used in both: which one the API server found first means nothing.
 */
export function unusedGrants(uses: readonly Use[], authorizer: RbacAuthorizer): readonly UnusedGrant[] {
  const used = new Map<Binding, Map<RoleRule, Set<string>>>();
  for (const use of uses) {
    for (const binding of authorizer.bindingsOf(use.user)) {
      if (binding.scope === 'namespace' && binding.object.namespace !== use.namespace) continue;
      const role = authorizer.roles.find(binding.role, binding.object.namespace);
      if (role === undefined) continue;
      for (const { rule } of authorizer.roles.rulesOf(role)) {
        if (requestsOf(use).some((request) => ruleAllows(rule, request)))
          mark(used, binding, rule).add(use.request.verb);
      }
    }
  }
  return authorizer.bindings.flatMap((binding): UnusedGrant[] => {
    if (isDefaultBinding(binding.object) || addedSubjects(binding).length === 0) return [];
    const role = authorizer.roles.find(binding.role, binding.object.namespace);
    if (role === undefined) return [];
    const ofBinding = used.get(binding);
    const rules = authorizer.roles.rulesOf(role).flatMap((granted): UnusedRule[] => {
      const verbs = ofBinding?.get(granted.rule);
      const isWhole = verbs !== undefined && granted.rule.verbs.every((verb) => verb !== '*' && verbs.has(verb));
      return isWhole ? [] : [{ ...granted, usedVerbs: [...(verbs ?? [])].sort() }];
    });
    if (rules.length === 0) return [];
    return [{ binding, extent: ofBinding === undefined ? 'all' : 'part', rules }];
  });
}

function mark(used: Map<Binding, Map<RoleRule, Set<string>>>, binding: Binding, rule: RoleRule): Set<string> {
  let rules = used.get(binding);
  if (rules === undefined) used.set(binding, (rules = new Map()));
  let verbs = rules.get(rule);
  if (verbs === undefined) rules.set(rule, (verbs = new Set()));
  return verbs;
}
