import { isObject, type JsonObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { Pod } from '../model/pod.ts';
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
import { makerOf } from './makers.ts';
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
    } else if (kind === 'ConfigMap' && /^istio(?:-|$)/.test(name)) {
      // The one without a revision in its name comes first.
      if (typeof valueAt(object.value, ['data', 'mesh']) === 'string') config = firstByName(config, object);
    } else if (kind === 'Deployment' && /^istiod(?:-|$)/.test(name)) program = firstByName(program, object);
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

/** Of several, whichever order they were read in. */
function firstByName(known: KubeObject | undefined, object: KubeObject): KubeObject {
  if (known === undefined) return object;
  const key = ({ name, namespace }: KubeObject): string => `${name}\n${namespace ?? ''}`;
  return key(object) < key(known) ? object : known;
}

/** A workload that is in the mesh, or that was asked into it. */
export interface MeshMember {
  /** Its template; a pod that nothing else here made. */
  readonly subject: PodSubject;
  readonly membership: Membership;
  readonly mtls: ResolvedMtls;
}

export interface MeshMembers {
  readonly all: Iterable<MeshMember>;
  /** The member that a pod or template belongs to. */
  of(subject: PodSubject): MeshMember | undefined;
}

/** How each workload takes part in Istio: by the pods of it that run, and by its template where it shows none. */
export const meshMembers = defineFact('mesh-members', (facts): MeshMembers => {
  const { policies, rootNamespace } = facts.get(istio);
  const resolve = mtlsResolver(policies, rootNamespace);
  const spaces = facts.get(namespaceLabels);
  const makerOfObject = facts.get(makerOf);
  const subjects = facts.get(podSubjects);
  // A pod is told as the template that it was made from, where that is plain: few kinds have several.
  const templates = new Map<KubeObject, PodSubject | 'several'>();
  for (const subject of subjects) {
    const { object } = subject;
    if (makerOfObject(object) === object) templates.set(object, templates.has(object) ? 'several' : subject);
  }
  const anchorOf = (subject: PodSubject): PodSubject => {
    const maker = makerOfObject(subject.object);
    const template = maker === subject.object ? undefined : templates.get(maker);
    return template === undefined || template === 'several' ? subject : template;
  };
  const members = new Map<string, MeshMember & { readonly weight: number }>();
  for (const subject of subjects) {
    const { object, pod } = subject;
    // ReplicaSets and Jobs in between say nothing of their own, and old ones what is no longer so.
    const isBetween = object.kind !== 'Pod' && makerOfObject(object) !== object;
    if (isBetween || isOver(object) || isGateway(pod)) continue;
    const namespace = object.namespace ?? 'default';
    const membership = membershipOf(object, pod, spaces.get(namespace));
    if (membership.kind === 'unknown' || (membership.kind === 'outside' && !membership.isAsked)) continue;
    const anchor = anchorOf(subject);
    const key = memberKey(anchor);
    const weight = weightOf(membership, { isAnchor: anchor === subject });
    const known = members.get(key);
    if (known !== undefined && compareWeighed(known, { weight, membership }) >= 0) continue;
    members.set(key, { subject: anchor, membership, mtls: resolve({ namespace, labels: anchor.pod.labels }), weight });
  }
  return { all: [...members.values()], of: (subject) => members.get(memberKey(anchorOf(subject))) };
});

function membershipOf(
  object: KubeObject,
  pod: Pod,
  namespaceLabels: ReadonlyMap<string, string> | undefined,
): Membership {
  return istioMembership({
    labels: pod.labels,
    annotations: pod.annotations,
    hostNetwork: pod.hostNetwork,
    containers: pod.containers.map(({ name }) => name),
    isRunning: object.kind === 'Pod' && valueAt(object.value, ['status', 'phase']) === 'Running',
    namespaceLabels,
    namespace: object.namespace ?? 'default',
  });
}

/** Of what is found of one workload, what counts: that some of it is out of the mesh, then what its pods show. */
function weightOf({ kind }: Membership, { isAnchor }: { readonly isAnchor: boolean }): number {
  return (kind === 'outside' ? 4 : 0) + (isAnchor ? (kind === 'outside' ? 2 : 0) : 2) + (kind === 'sidecar' ? 1 : 0);
}

interface Weighed {
  readonly weight: number;
  readonly membership: Membership;
}

/** Where both weigh the same, the order of the objects must not decide. */
function compareWeighed(a: Weighed, b: Weighed): number {
  const reason = ({ membership }: Weighed): string => (membership.kind === 'outside' ? membership.because : '');
  return a.weight - b.weight || (reason(a) < reason(b) ? 1 : -1);
}

function memberKey({ object: { kind, namespace, name }, template }: PodSubject): string {
  return `${kind}\n${namespace ?? ''}\n${name}\n${template}`;
}

/** A gateway is a proxy alone: its Gateway says what it takes. */
function isGateway({ containers }: Pod): boolean {
  return containers.length > 0 && containers.every(({ name }) => name === 'istio-proxy');
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

function isOver({ kind, value }: KubeObject): boolean {
  if (kind !== 'Pod') return false;
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
