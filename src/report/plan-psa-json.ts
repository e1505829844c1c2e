import type { Blocker, NamespacePlan, PodSecurityPlan } from '../admission/plan-pod-security.ts';
import { formatPath } from '../model/path.ts';
import { formatPolicy, podSecurityModes } from '../semantics/pod-security/index.ts';
import { labelSteps } from './plan-psa-steps.ts';
import { jsonText, objectJson } from './rbac-json.ts';

/** The same for machines; namespaces by name, what is in them in the order in which it was read. */
export function planPsaJson(plan: PodSecurityPlan): string {
  return jsonText({
    schema: 'bulwark.plan-psa/v1',
    server: { minor: plan.minor ?? null },
    namespaces: plan.namespaces.map((namespace) => namespaceJson(namespace, plan.minor)),
    podSecurityPolicies: plan.policies.map(({ object, level, blockers, lost, traps }) => ({
      ...objectJson(object, []),
      ...{ level, blockers, lost, traps },
    })),
  });
}

function namespaceJson(namespace: NamespacePlan, minor: number | undefined): object {
  const { name, isSystem, current, counts, reachable, next, mutated } = namespace;
  return {
    name,
    isSystem,
    ...(current !== undefined && {
      current: Object.fromEntries(podSecurityModes.map((mode) => [mode, formatPolicy(current[mode])])),
    }),
    ...counts,
    reachable,
    ...(next !== undefined && { next: { level: next.level, blockers: next.blockers.map(blockerJson) } }),
    ...(mutated.length > 0 && {
      mutated: mutated.map(({ pod, owner, policy, changes, gives }) => ({
        pod: objectJson(pod, []),
        owner: objectJson(owner, []),
        ...(policy !== undefined && { policy }),
        changes: changes.map(({ path, was, is }) => ({ path: formatPath(path), was: was ?? null, is: is ?? null })),
        ...(gives !== undefined && { gives }),
      })),
    }),
    steps: labelSteps(namespace, minor).map(({ why, labels, command }) => ({
      why,
      ...(labels.size > 0 && { labels: Object.fromEntries(labels), command }),
    })),
  };
}

function blockerJson({ object, where, results, remedy }: Blocker): object {
  return {
    object: objectJson(object, []),
    where,
    checks: results.map(({ check, reason, detail }) => ({ check, reason, detail })),
    ...(remedy !== undefined && { patch: remedy.patch, left: remedy.left.map(({ check }) => check) }),
  };
}
