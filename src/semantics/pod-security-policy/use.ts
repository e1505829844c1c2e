import type { Access, Decision } from '../rbac/access.ts';
import type { RbacUser } from '../rbac/binding.ts';
import { serviceAccountUser } from '../rbac/binding.ts';

/** Who asks for a pod, and as whom it is to run. */
export interface PolicyUser {
  readonly namespace: string;
  /** Empty for a mirror pod, which has none. */
  readonly serviceAccountName: string;
  /** Who makes the request: for most pods a controller's own account, not the person who wrote the workload. */
  readonly user: RbacUser;
}

/** Whether somebody may `use` a policy, and by what. */
export interface PolicyUse {
  readonly decision: Decision;
  /** Who of both may; undefined where neither may. */
  readonly by: 'service account' | 'user' | undefined;
}

/**
 * Asks the cluster's authorizer as the plugin does: the pod's service account and then the user, about the group `policy`
 * and then `extensions`, in the pod's namespace, so that a RoleBinding there is enough. Source: admission.go
 * (isAuthorizedForPolicy). As a pod's account, it is in its two groups alone, and not in `system:authenticated`.
 */
export function policyUse(access: Access, who: PolicyUser): (policy: string) => PolicyUse {
  const { namespace, serviceAccountName, user } = who;
  const account: RbacUser | undefined =
    serviceAccountName === ''
      ? undefined
      : {
          name: serviceAccountUser(namespace, serviceAccountName),
          groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
        };
  const known = new Map<string, PolicyUse>();
  const decide = (policy: string): PolicyUse => {
    let unknown: Decision | undefined;
    for (const by of ['service account', 'user'] as const) {
      const asker = by === 'user' ? user : account;
      if (asker === undefined) continue;
      for (const apiGroup of ['policy', 'extensions']) {
        const request = { verb: 'use', apiGroup, resource: 'podsecuritypolicies', name: policy };
        const decision = access.decide(asker, request, namespace);
        if (decision.kind === 'allowed') return { decision, by };
        if (decision.kind === 'unknown') unknown ??= decision;
      }
    }
    return { decision: unknown ?? { kind: 'denied' }, by: undefined };
  };
  return (policy) => {
    const found = known.get(policy) ?? decide(policy);
    known.set(policy, found);
    return found;
  };
}
