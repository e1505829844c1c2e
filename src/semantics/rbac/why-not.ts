import type { Grant, RbacAuthorizer, RequestNamespace } from './authorize.ts';
import type { Binding, RbacUser } from './binding.ts';
import type { GrantedRule } from './role-book.ts';
import { type RbacRequest, type RoleRule, resourceMatches, urlMatches } from './rule.ts';

/** What of a request a rule of one's own does not allow. */
export type MissedPart = 'verb' | 'group' | 'resource' | 'name' | 'namespace' | 'path';

/** The rule of somebody's own that comes closest to a request. */
export interface NearMiss extends GrantedRule {
  readonly binding: Binding;
  readonly missed: readonly MissedPart[];
}

export interface Refusal {
  /** Those that miss least, first read first; none where nothing is near. */
  readonly nearest: readonly NearMiss[];
  /** What would allow it if it were bound to them: the grants of others, the narrowest first. */
  readonly others: readonly Grant[];
  /** The bindings that mean the user whose role does not exist. */
  readonly dangling: readonly Binding[];
  readonly bindings: number;
}

const mostShown = 3;

/** Why RBAC does not allow a request: the nearest that the user has, and who has what they lack. */
export function refusalOf(
  authorizer: RbacAuthorizer,
  user: RbacUser,
  { request, namespace }: { readonly request: RbacRequest; readonly namespace: RequestNamespace },
): Refusal {
  const own = authorizer.bindingsOf(user);
  const misses: NearMiss[] = [];
  const dangling: Binding[] = [];
  for (const binding of own) {
    const role = authorizer.roles.find(binding.role, binding.object.namespace);
    if (role === undefined) {
      dangling.push(binding);
      continue;
    }
    const elsewhere =
      binding.scope === 'namespace' &&
      ('path' in request || namespace === undefined || binding.object.namespace !== namespace);
    for (const granted of authorizer.roles.rulesOf(role)) {
      const missed = [...missedBy(granted.rule, request), ...(elsewhere ? (['namespace'] as const) : [])];
      if (missed.length > 0) misses.push({ ...granted, binding, missed });
    }
  }
  let least = mostAway;
  for (const miss of misses) least = Math.min(least, away(miss));
  const others = authorizer.grantsOf(request).filter(({ binding }) => {
    return binding.scope === 'cluster' || (namespace !== undefined && binding.object.namespace === namespace);
  });
  return {
    nearest: misses.filter((miss) => away(miss) === least).slice(0, mostShown),
    others: narrowest(others),
    dangling,
    bindings: own.length,
  };
}

/** How far each part is from what was asked: another name of the same thing is nearer than another thing. */
const distances: Readonly<Record<MissedPart, number>> = {
  ...{ name: 1, verb: 2, namespace: 2, resource: 4, group: 4, path: 4 },
};
const mostAway = 8;

function away({ missed }: NearMiss): number {
  return missed.reduce((sum, part) => sum + distances[part], 0);
}

function narrowest(grants: readonly Grant[]): readonly Grant[] {
  return grants
    .map((grant) => ({ grant, size: breadth(grant.rule) }))
    .sort((a, b) => a.size - b.size)
    .slice(0, mostShown)
    .map(({ grant }) => grant);
}

function missedBy(rule: RoleRule, request: RbacRequest): readonly MissedPart[] {
  const missed: MissedPart[] = [];
  if (!rule.verbs.includes('*') && !rule.verbs.includes(request.verb)) missed.push('verb');
  if ('path' in request) {
    if (!rule.nonResourceURLs.some((url) => urlMatches(url, request.path))) missed.push('path');
    return missed;
  }
  if (!rule.apiGroups.includes('*') && !rule.apiGroups.includes(request.apiGroup)) missed.push('group');
  if (!resourceMatches(rule.resources, request)) missed.push('resource');
  if (rule.resourceNames.length > 0 && !rule.resourceNames.includes(request.name ?? '')) missed.push('name');
  return missed;
}

/** How much a rule says, roughly: wildcards count as more than anybody lists. */
function breadth({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: RoleRule): number {
  const size = (list: readonly string[]): number => (list.includes('*') ? 1000 : list.length);
  return size(verbs) * size(apiGroups) * (size(resources) + size(nonResourceURLs)) + (resourceNames.length > 0 ? 0 : 1);
}
