import type { RbacAuthorizer } from '../rbac/authorize.ts';
import type { RbacUser } from '../rbac/binding.ts';
import type { RbacRequest } from '../rbac/rule.ts';
import type { Use } from './usage.ts';

export interface Replay {
  /** Different requests that were asked again. */
  readonly asked: number;
  /** Those that were allowed and are denied now. */
  readonly denied: readonly {
    readonly user: string;
    readonly request: RbacRequest;
    readonly namespace: string | undefined;
  }[];
}

/**
 * Asks everything that was allowed again, of new roles. Where more names were seen than kept, one that nobody has stands
 * for all of them: only a right to any name allows it.
 */
export function replay(uses: readonly Use[], authorizer: RbacAuthorizer): Replay {
  let asked = 0;
  const denied: { user: string; request: RbacRequest; namespace: string | undefined }[] = [];
  for (const use of uses) {
    for (const request of requestsOf(use)) {
      asked += 1;
      // By name alone and what everybody is in: other groups are not what the new roles are bound to.
      const user: RbacUser = { name: use.user.name, groups: use.user.groups };
      if (authorizer.grantOf(user, request, use.namespace) === undefined)
        denied.push({ user: use.user.name, request, namespace: use.namespace });
    }
  }
  return { asked, denied };
}

export function requestsOf({ request, names, hasNameless, hasMoreNames }: Use): readonly RbacRequest[] {
  if ('path' in request) return [request];
  const each: RbacRequest[] = [...names].map((name) => ({ ...request, name }));
  if (hasNameless) each.push(request);
  if (hasMoreNames) each.push({ ...request, name: 'any\nother' });
  return each;
}
