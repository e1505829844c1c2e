import { defineFact } from '../../facts/facts.ts';
import { rbac } from '../../facts/rbac.ts';
import { addedSubjects, isDefaultRole } from '../../semantics/rbac/default-objects.ts';
import { rbacGroup } from '../../semantics/rbac/role-book.ts';
import { ruleAllows } from '../../semantics/rbac/rule.ts';

/** What a name that points nowhere waits for. */
export type Awaited = 'serviceaccounts' | 'roles' | 'clusterroles';

/** Where somebody may create it; undefined stands for what is in no namespace. */
export type CanMake = (namespace: string | undefined) => boolean;

/** Whether somebody beyond Kubernetes' own components may create an object of a name that a binding waits for. */
export const makers = defineFact('makers', (facts): ((resource: Awaited) => CanMake) => {
  const known = new Map<Awaited, CanMake>();
  return (resource) => {
    let canMake = known.get(resource);
    if (canMake !== undefined) return canMake;
    const request = { verb: 'create', apiGroup: resource === 'serviceaccounts' ? '' : rbacGroup, resource };
    const { bindings, roleOf, rulesOf } = facts.get(rbac);
    const namespaces = new Set<string>();
    let isEverywhere = false;
    for (const each of bindings) {
      const role = roleOf(each);
      if (role !== undefined && isDefaultRole(role) && each.scope === 'cluster' && role.name !== 'edit') continue;
      if (addedSubjects(each).length === 0 || !rulesOf(each)?.some((rule) => ruleAllows(rule, request))) continue;
      if (each.scope === 'cluster') isEverywhere = true;
      else namespaces.add(each.object.namespace ?? '');
    }
    canMake = (namespace) => isEverywhere || (namespace !== undefined && namespaces.has(namespace));
    known.set(resource, canMake);
    return canMake;
  };
});
