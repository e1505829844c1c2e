import type { WebhookRules } from '../../admission/webhook-rules.ts';
import type { JsonObject } from '../../model/json.ts';
import type { ResourceRule } from '../../semantics/admission-policy/index.ts';
import type { Hook } from '../server/admission-server.ts';

export type HookRules = Readonly<Record<Hook, readonly ResourceRule[]>>;

/**
 * Which requests each hook has to see. What matches everything matches leases and nodes too: while the webhook is
 * away the cluster has to go on, so that such a rule never stands in the hook that fails closed.
 */
export function hookRules({ enforced, advisory, mutating }: WebhookRules): HookRules {
  const wide = enforced.filter(isWide);
  return { enforce: enforced.filter((rule) => !isWide(rule)), advise: [...advisory, ...wide], mutate: mutating };
}

function isWide({ apiGroups, resources }: ResourceRule): boolean {
  return apiGroups.includes('*') || resources.some((resource) => resource.startsWith('*'));
}

/** Versions in which servers that are still about have what another version stands for. */
const olderVersions: ReadonlyMap<string, readonly string[]> = new Map([['batch', ['v1beta1']]]);

/** The rules as a webhook configuration has them. */
export function asWebhookRules(rules: readonly ResourceRule[]): readonly JsonObject[] {
  return rules.map(({ apiGroups, apiVersions, operations, resources, scope }) => ({
    apiGroups: [...apiGroups],
    apiVersions: [...new Set([...apiVersions, ...apiGroups.flatMap((group) => olderVersions.get(group) ?? [])])],
    operations: [...operations],
    resources: [...resources],
    scope,
  }));
}
