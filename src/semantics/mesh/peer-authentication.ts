import { isObject, type JsonObject, own } from '../../model/json.ts';
import { valueAt } from '../../model/path.ts';
import type { KubeObject } from '../../model/snapshot.ts';

/** What a workload of Istio takes: mutual TLS only, plain text too, or plain text only. */
export type MtlsMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE';

/** An Istio PeerAuthentication. */
export interface PeerAuthentication {
  readonly object: KubeObject;
  readonly namespace: string;
  /** Undefined: all workloads of its namespace, or of the mesh. */
  readonly labels: JsonObject | undefined;
  /** Undefined: inherited. */
  readonly mode: MtlsMode | undefined;
  readonly ports: ReadonlyMap<number, MtlsMode | undefined>;
  /** `metadata.creationTimestamp`; empty in manifests. */
  readonly created: string;
}

/** The mode of a workload, and the policy that decides it; undefined where none does and the default holds. */
export interface ResolvedMtls {
  readonly mode: MtlsMode;
  readonly by: PeerAuthentication | undefined;
  /** Ports that have a mode of their own. */
  readonly ports: ReadonlyMap<number, MtlsMode>;
  readonly portsBy: PeerAuthentication | undefined;
}

export interface MeshWorkload {
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
}

export function readPeerAuthentication(object: KubeObject): PeerAuthentication {
  const { value } = object;
  const matchLabels = valueAt(value, ['spec', 'selector', 'matchLabels']);
  const levels = valueAt(value, ['spec', 'portLevelMtls']);
  const created = valueAt(value, ['metadata', 'creationTimestamp']);
  const ports = new Map<number, MtlsMode | undefined>();
  for (const [port, mtls] of Object.entries(isObject(levels) ? levels : {})) {
    if (/^\d{1,5}$/.test(port)) ports.set(Number(port), modeOf(isObject(mtls) ? own(mtls, 'mode') : undefined));
  }
  return {
    object,
    namespace: object.namespace ?? '',
    labels: isObject(matchLabels) && Object.keys(matchLabels).length > 0 ? matchLabels : undefined,
    mode: modeOf(valueAt(value, ['spec', 'mtls', 'mode'])),
    ports,
    created: typeof created === 'string' ? created : '',
  };
}

/**
 * Resolves what a workload takes: mesh, namespace, workload, port, each over the one before unless it is unset. Of
 * several at one level the oldest counts, then the first by name. A policy with a selector counts for nothing in the
 * root namespace, and so do ports in one without a selector. PERMISSIVE where nothing says otherwise.
 * Source: istio/istio pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication); istio/api
 * security/v1beta1/peer_authentication.proto.
 */
export function mtlsResolver(
  policies: readonly PeerAuthentication[],
  rootNamespace: string,
): (workload: MeshWorkload) => ResolvedMtls {
  const ordered = [...policies].sort(byAge);
  const mesh = ordered.find(({ namespace, labels }) => namespace === rootNamespace && labels === undefined);
  const ofNamespace = new Map<string, PeerAuthentication>();
  const selecting: PeerAuthentication[] = [];
  const seen = new Set<string>();
  for (const policy of ordered) {
    if (policy.namespace === rootNamespace) continue;
    if (policy.labels === undefined) {
      if (!ofNamespace.has(policy.namespace)) ofNamespace.set(policy.namespace, policy);
      continue;
    }
    // A younger one about the same workloads never counts.
    const key = selectorKey(policy);
    if (!seen.has(key)) selecting.push(policy);
    seen.add(key);
  }
  const byLabel = indexByLabel(selecting);
  return (workload) => {
    const { namespace, labels } = workload;
    const near: PeerAuthentication[] = [];
    for (const [key, value] of labels) near.push(...(byLabel.get(placeKey(namespace, key, value)) ?? []));
    const own = near.filter((policy) => selects(policy, labels)).sort(byAge)[0];
    let mode: MtlsMode = 'PERMISSIVE';
    let by: PeerAuthentication | undefined;
    for (const policy of [mesh, ofNamespace.get(namespace), own]) {
      if (policy?.mode === undefined) continue;
      mode = policy.mode;
      by = policy;
    }
    const ports = new Map<number, MtlsMode>();
    for (const [port, level] of own?.ports ?? []) ports.set(port, level ?? mode);
    return { mode, by, ports, portsBy: own };
  };
}

/** Policies that are at one level with an older one, which wins. */
export function shadowedPolicies(
  policies: readonly PeerAuthentication[],
): ReadonlyMap<PeerAuthentication, PeerAuthentication> {
  const first = new Map<string, PeerAuthentication>();
  const shadowed = new Map<PeerAuthentication, PeerAuthentication>();
  for (const policy of [...policies].sort(byAge)) {
    const key = selectorKey(policy);
    const older = first.get(key);
    if (older === undefined) first.set(key, policy);
    else shadowed.set(policy, older);
  }
  return shadowed;
}

/** Policies by the one of their labels that fewest have, so that a workload meets only those that may select it. */
function indexByLabel(policies: readonly PeerAuthentication[]): ReadonlyMap<string, readonly PeerAuthentication[]> {
  const counts = new Map<string, number>();
  const keysOf = ({ namespace, labels }: PeerAuthentication): readonly string[] =>
    Object.entries(labels ?? {}).map(([key, value]) => placeKey(namespace, key, String(value)));
  for (const policy of policies) for (const key of keysOf(policy)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const index = new Map<string, PeerAuthentication[]>();
  for (const policy of policies) {
    const [rarest] = [...keysOf(policy)].sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0));
    if (rarest === undefined) continue;
    const known = index.get(rarest);
    if (known === undefined) index.set(rarest, [policy]);
    else known.push(policy);
  }
  return index;
}

function selectorKey({ namespace, labels }: PeerAuthentication): string {
  return JSON.stringify([namespace, Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function modeOf(value: unknown): MtlsMode | undefined {
  // The numbers of the enumeration are taken, too.
  if (value === 'STRICT' || value === 3) return 'STRICT';
  if (value === 'PERMISSIVE' || value === 2) return 'PERMISSIVE';
  return value === 'DISABLE' || value === 1 ? 'DISABLE' : undefined;
}

function selects({ labels }: PeerAuthentication, given: ReadonlyMap<string, string>): boolean {
  return Object.entries(labels ?? {}).every(([key, value]) => given.get(key) === value);
}

function placeKey(namespace: string, key: string, value: string): string {
  return `${namespace}\n${key}\n${value}`;
}

function byAge(a: PeerAuthentication, b: PeerAuthentication): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  if (a.object.name !== b.object.name) return a.object.name < b.object.name ? -1 : 1;
  return a.namespace < b.namespace ? -1 : a.namespace === b.namespace ? 0 : 1;
}
