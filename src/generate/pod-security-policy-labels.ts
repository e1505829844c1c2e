import type { JsonObject } from '../model/json.ts';
import { evaluatePod, latestVersion, type PodSecurityLevel, podFromJson } from '../semantics/pod-security/index.ts';

export interface LabelledNamespace {
  readonly object: JsonObject;
  readonly notes: readonly string[];
}

/**
 * Pod Security labels for a namespace: it enforces the strictest level that its pods pass already, pinned to the server's
 * version, and warns of and audits what `restricted` would refuse. Without pods it enforces `restricted`.
 */
export function podSecurityLabels(
  pods: readonly JsonObject[],
  { namespace, minor }: { readonly namespace: string; readonly minor: number },
): LabelledNamespace {
  const enforce = strictestLevel(pods, minor);
  const prefix = 'pod-security.kubernetes.io';
  const labels = {
    [`${prefix}/enforce`]: enforce,
    [`${prefix}/enforce-version`]: `v1.${minor}`,
    [`${prefix}/warn`]: 'restricted',
    [`${prefix}/audit`]: 'restricted',
  };
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } };
  if (pods.length === 0) return { object, notes: [] };
  return { object, notes: [`The level ${enforce} is the strictest that every pod read here passes.`] };
}

function strictestLevel(pods: readonly JsonObject[], serverMinor: number): PodSecurityLevel {
  for (const level of ['restricted', 'baseline'] as const) {
    const passes = (object: JsonObject): boolean =>
      evaluatePod(podFromJson(object).pod, { level, version: latestVersion }, { serverMinor }).length === 0;
    if (pods.every(passes)) return level;
  }
  return 'privileged';
}
