import { splitRules } from '../../admission/lifelines.ts';
import { mergedRules, rulesWithout } from '../../admission/resource-rules.ts';
import type { WebhookRules } from '../../admission/webhook-rules.ts';
import type { JsonObject } from '../../model/json.ts';
import type { ResourceRule } from '../../semantics/admission-policy/index.ts';
import type { Hook } from '../server/admission-server.ts';

export type HookRules = Readonly<Record<Hook, readonly ResourceRule[]>>;

/**
 * Which requests each hook has to see. What the cluster lives by never stands in the hook that fails closed: policies
 * are asked about it by the one that fails open, which refuses as well as long as a server answers.
 */
export function hookRules({ enforced, advisory, mutating }: WebhookRules, serverMinor: number | undefined): HookRules {
  const { closed, open } = splitRules(enforced, serverMinor);
  return { enforce: closed, advise: rulesWithout(mergedRules([...advisory, ...open]), closed), mutate: mutating };
}

/** Versions in which servers that are still about have what another version stands for. */
const olderVersions: ReadonlyMap<string, readonly string[]> = new Map([['batch', ['v1beta1']]]);

/** The rules as a webhook configuration has them. */
export function asWebhookRules(rules: readonly ResourceRule[]): readonly JsonObject[] {
  return rules.map(({ apiGroups, apiVersions, operations, resources, scope }) => ({
    apiGroups: [...apiGroups],
    apiVersions: apiVersions.includes('*')
      ? ['*']
      : [...new Set([...apiVersions, ...apiGroups.flatMap((group) => olderVersions.get(group) ?? [])])],
    operations: [...operations],
    resources: [...resources],
    scope,
  }));
}
