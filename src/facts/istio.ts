import { isObject, type JsonObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { PodSubject } from '../model/subject.ts';
import { groupKind } from '../model/workload.ts';
import { istioMembership, type Membership } from '../semantics/mesh/istio-injection.ts';
import {
  mtlsResolver,
  type PeerAuthentication,
  type ResolvedMtls,
  readPeerAuthentication,
  shadowedPolicies,
} from '../semantics/mesh/peer-authentication.ts';
import { parseYaml } from '../yaml/parse.ts';
import { defineFact } from './facts.ts';
import { rootOwner } from './owners.ts';
import { wholeCluster } from './whole-cluster.ts';
import { podSubjects } from './workloads.ts';

/** A mesh of Istio, as far as the snapshot shows one. */
export interface Istio {
  readonly rootNamespace: string;
  readonly policies: readonly PeerAuthentication[];
  readonly policyOf: ReadonlyMap<KubeObject, PeerAuthentication>;
  /** Policies that an older one at the same level makes void. */
  readonly shadowed: ReadonlyMap<PeerAuthentication, PeerAuthentication>;
  /** Its configuration (ConfigMap), or what runs it (Deployment): where people go to for the whole mesh. */
  readonly object: KubeObject | undefined;
  /** Whether a policy that is not here is not there: everything was read. */
  readonly isWhole: boolean;
}

export const istio = defineFact('istio', (facts): Istio => {
  const policyOf = new Map<KubeObject, PeerAuthentication>();
  let config: KubeObject | undefined;
  let program: KubeObject | undefined;
  for (const object of facts.snapshot.objects) {
    const { kind, name } = object;
    if (kind === 'PeerAuthentication' && groupKind(object) === 'security.istio.io/PeerAuthentication') {
      policyOf.set(object, readPeerAuthentication(object));
    } else if (kind === 'ConfigMap' && (name === 'istio' || (config === undefined && name.startsWith('istio-')))) {
      if (typeof valueAt(object.value, ['data', 'mesh']) === 'string') config = object;
    } else if (kind === 'Deployment' && /^istiod(?:-|$)/.test(name)) program ??= object;
  }
  const policies = [...policyOf.values()];
  const object = config ?? program;
  return {
    rootNamespace: rootNamespaceOf(config) ?? object?.namespace ?? 'istio-system',
    policies,
    policyOf,
    shadowed: shadowedPolicies(policies),
    object,
    isWhole: facts.get(wholeCluster).hasAll('peerauthentications'),
  };
});

/** A workload that is in the mesh, or that was asked into it. */
export interface MeshMember {
  readonly subject: PodSubject;
  readonly membership: Membership;
  readonly mtls: ResolvedMtls;
}

/** How each pod takes part in Istio: pods that run, and templates of workloads that show none. */
export const meshMembers = defineFact('mesh-members', (facts): ReadonlyMap<string, MeshMember> => {
  const { policies, rootNamespace } = facts.get(istio);
  const resolve = mtlsResolver(policies, rootNamespace);
  const members = new Map<string, MeshMember>();
  const spaces = facts.get(namespaceLabels);
  const rootOf = facts.get(rootOwner);
  for (const subject of facts.get(podSubjects)) {
    const { object, pod, template } = subject;
    const isPod = object.kind === 'Pod';
    if (isPod && isOver(object)) continue;
    // A gateway is a proxy alone: its Gateway says what it takes.
    if (pod.containers.length > 0 && pod.containers.every(({ name }) => name === 'istio-proxy')) continue;
    const namespace = object.namespace ?? 'default';
    const membership = istioMembership({
      labels: pod.labels,
      annotations: pod.annotations,
      hostNetwork: pod.hostNetwork,
      containers: pod.containers.map(({ name }) => name),
      isRunning: isPod && valueAt(object.value, ['status', 'phase']) === 'Running',
      namespaceLabels: spaces.get(namespace),
      namespace,
    });
    if (membership.kind === 'unknown' || (membership.kind === 'outside' && !membership.isAsked)) continue;
    const root = rootOf(object);
    const key = memberKey(root, template);
    // Of the pods of one workload one that is out of the mesh tells more.
    if (members.get(key)?.membership.kind === 'outside') continue;
    members.set(key, { subject, membership, mtls: resolve({ namespace, labels: pod.labels }) });
  }
  return members;
});

export function memberKey({ kind, namespace, name }: KubeObject, template: string): string {
  return `${kind}\n${namespace ?? ''}\n${name}\n${template}`;
}

const namespaceLabels = defineFact(
  'namespace-labels',
  ({ snapshot }): ReadonlyMap<string, ReadonlyMap<string, string>> => {
    const labels = new Map<string, ReadonlyMap<string, string>>();
    for (const object of snapshot.objects) {
      if (object.kind !== 'Namespace' || object.apiVersion !== 'v1') continue;
      const given = valueAt(object.value, ['metadata', 'labels']);
      const texts = Object.entries(isObject(given) ? given : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      );
      labels.set(object.name, new Map(texts));
    }
    return labels;
  },
);

function isOver({ value }: KubeObject): boolean {
  const phase = valueAt(value, ['status', 'phase']);
  return phase === 'Succeeded' || phase === 'Failed';
}

/** `rootNamespace` of the MeshConfig. */
function rootNamespaceOf(config: KubeObject | undefined): string | undefined {
  const name = own(meshConfig(config), 'rootNamespace');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The MeshConfig in a ConfigMap of Istio; empty where there is none, or it cannot be parsed. */
function meshConfig(config: KubeObject | undefined): JsonObject {
  const text = config === undefined ? undefined : valueAt(config.value, ['data', 'mesh']);
  if (typeof text !== 'string') return {};
  try {
    const { value } = parseYaml(text, 1);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
