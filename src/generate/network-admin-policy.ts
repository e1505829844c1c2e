import { isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { type Policy, readAdminPolicy } from '../semantics/network-policy/index.ts';

/** What became of one policy of v1alpha1. */
export type ConvertedPolicy =
  | { readonly kind: 'converted'; readonly from: KubeObject; readonly object: JsonObject }
  | { readonly kind: 'refused'; readonly from: KubeObject; readonly reason: string };

/** Items that v1alpha2 takes in a list of rules, peers or protocols. */
const most = 25;

/** The place that a BaselineAdminNetworkPolicy has, of which there is one: behind all of its tier. */
const lastPriority = 1000;

const oldKinds = /^policy\.networking\.k8s\.io\/(?:Baseline)?AdminNetworkPolicy$/;

/**
 * Every AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1) as a ClusterNetworkPolicy (v1alpha2) that decides
 * the same: both are read, and what they mean is compared; one that would not mean the same is refused, and said why.
 * Source: kubernetes-sigs/network-policy-api, apis/v1alpha1 and apis/v1alpha2.
 */
export function convertAdminPolicies(objects: readonly KubeObject[]): readonly ConvertedPolicy[] {
  return objects.filter((object) => oldKinds.test(groupKind(object))).map(convert);
}

function convert(from: KubeObject): ConvertedPolicy {
  const before = readAdminPolicy(from);
  const [problem] = before.problems;
  if (problem !== undefined) return { kind: 'refused', from, reason: problem.message };
  const rules = [...(before.ingress?.rules ?? []), ...(before.egress?.rules ?? [])];
  const sizes = [before.ingress?.rules.length ?? 0, before.egress?.rules.length ?? 0];
  for (const { peers, ports } of rules) sizes.push(peers.length, ports === 'all' ? 0 : ports.length);
  if (Math.max(...sizes) > most) {
    return { kind: 'refused', from, reason: `it has a list of ${Math.max(...sizes)}, where v1alpha2 takes ${most}` };
  }
  const object = clusterPolicy(from, before.order);
  const after = readAdminPolicy({ ...from, kind: 'ClusterNetworkPolicy', value: object });
  if (meaningOf(before) !== meaningOf(after)) {
    return { kind: 'refused', from, reason: 'what it says has no form in v1alpha2 that means the same' };
  }
  return { kind: 'converted', from, object };
}

/** What a policy decides, as text that is the same for the same. */
function meaningOf({ tier, order, subject, ingress, egress, problems }: Policy): string {
  return JSON.stringify({ tier, order, subject, ingress, egress, problems: problems.length }, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

function clusterPolicy(from: KubeObject, priority: number): JsonObject {
  const spec = own(from.value, 'spec');
  const isBaseline = from.kind === 'BaselineAdminNetworkPolicy';
  const labels = valueAt(from.value, ['metadata', 'labels']);
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: from.name, ...(isObject(labels) && { labels }) },
    spec: {
      tier: isBaseline ? 'Baseline' : 'Admin',
      priority: isBaseline ? lastPriority : priority,
      subject: valueAt(spec, ['subject']) ?? {},
      ...rulesAt(spec, 'ingress'),
      ...rulesAt(spec, 'egress'),
    },
  };
}

function rulesAt(spec: Json | undefined, direction: 'ingress' | 'egress'): JsonObject {
  const rules = objectsIn(valueAt(spec, [direction]));
  return rules.length === 0 ? {} : { [direction]: rules.map(convertRule) };
}

function convertRule(rule: JsonObject): JsonObject {
  const { ports, action, ...rest } = rule;
  const converted = { action: action === 'Allow' ? 'Accept' : (action ?? ''), ...rest };
  return ports === undefined || ports === null
    ? converted
    : { ...converted, protocols: objectsIn(ports).map(protocolOf) };
}

/** `portNumber`, `portRange` and `namedPort`, as v1alpha2 writes them. */
function protocolOf(port: JsonObject): JsonObject {
  const name = own(port, 'namedPort');
  if (name !== undefined) return { destinationNamedPort: name };
  const range = own(port, 'portRange');
  const [start, end] = [valueAt(range, ['start']) ?? 0, valueAt(range, ['end']) ?? 0];
  const inner = isObject(range) ? range : own(port, 'portNumber');
  const protocol = valueAt(inner, ['protocol']) ?? 'TCP';
  const destinationPort = isObject(range) ? { range: { start, end } } : { number: valueAt(inner, ['port']) ?? 0 };
  return { [String(protocol).toLowerCase()]: { destinationPort } };
}
