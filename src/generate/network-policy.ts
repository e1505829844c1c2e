import type { Facts } from '../facts/facts.ts';
import { networkWorld } from '../facts/network.ts';
import { networkServices, targetPorts } from '../facts/network-services.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { formatSet, type NetworkPod, type Protocol, privateAddresses } from '../semantics/network-policy/index.ts';

/** One end of a connection that must work. */
export type WantedEnd =
  | { readonly kind: 'workload'; readonly owner: KubeObject }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'internet' }
  | { readonly kind: 'anyone' }
  | { readonly kind: 'every-pod' };

/** A connection that must work after the policies are there, and why. */
export interface WantedConnection {
  readonly from: WantedEnd;
  readonly to: WantedEnd;
  readonly protocol: Protocol;
  readonly port: number;
  readonly because: string;
}

export interface GeneratedPolicy {
  readonly object: JsonObject;
  readonly namespace: string;
  readonly name: string;
  /** Why each of its rules is there. */
  readonly reasons: readonly string[];
}

export interface GeneratedPolicies {
  readonly policies: readonly GeneratedPolicy[];
  /** What could not be expressed exactly. */
  readonly notes: readonly string[];
}

export interface GenerateOptions {
  readonly namespaces: ReadonlySet<string>;
  readonly egress: 'limited' | 'open';
}

const label = { 'app.kubernetes.io/managed-by': 'bulwark' };

/** A default deny for each namespace, and the way to DNS where egress is limited. */
export function baselinePolicies(facts: Facts, { namespaces, egress }: GenerateOptions): GeneratedPolicies {
  const policies: GeneratedPolicy[] = [];
  const notes: string[] = [];
  const types = egress === 'limited' ? ['Ingress', 'Egress'] : ['Ingress'];
  for (const namespace of [...namespaces].sort()) {
    policies.push(made({ namespace, name: 'default-deny', reasons: [] }, { podSelector: {}, policyTypes: types }));
    if (egress === 'open') continue;
    const { rule, note } = dnsRule(facts);
    if (note !== undefined && !notes.includes(note)) notes.push(note);
    const reasons = ['every pod looks up names'];
    policies.push(
      made({ namespace, name: 'allow-dns', reasons }, { podSelector: {}, policyTypes: ['Egress'], egress: [rule] }),
    );
  }
  return { policies, notes };
}

/** The least that lets the wanted connections pass: the baseline, and a policy for each workload that has any. */
export function leastPolicies(
  facts: Facts,
  wanted: readonly WantedConnection[],
  options: GenerateOptions,
): GeneratedPolicies {
  const baseline = baselinePolicies(facts, options);
  const notes = new Set(baseline.notes);
  const selectors = selectorsOf(facts, notes);
  const rules = new Map<KubeObject, Sides>();
  const sidesOf = (owner: KubeObject): Sides => {
    const known = rules.get(owner) ?? { ingress: new Map(), egress: new Map(), reasons: new Set() };
    rules.set(owner, known);
    return known;
  };
  for (const { from, to, protocol, port, because } of wanted) {
    const at = `${protocol} ${port}`;
    if (to.kind === 'workload' && options.namespaces.has(selectors.namespaceOf(to.owner))) {
      const peer = selectors.peer(from, to.owner, 'from');
      if (peer !== undefined) add(sidesOf(to.owner), 'ingress', { at, peer, because });
    }
    if (
      options.egress === 'limited' &&
      from.kind === 'workload' &&
      options.namespaces.has(selectors.namespaceOf(from.owner))
    ) {
      const peer = selectors.peer(to, from.owner, 'to');
      if (peer !== undefined) add(sidesOf(from.owner), 'egress', { at, peer, because });
    }
  }
  const own: GeneratedPolicy[] = [];
  for (const [owner, { ingress, egress, reasons }] of rules) {
    const selector = selectors.of(owner);
    if (selector === undefined) continue;
    const types = [...(ingress.size > 0 ? ['Ingress'] : []), ...(egress.size > 0 ? ['Egress'] : [])];
    const spec: JsonObject = {
      podSelector: { matchLabels: selector },
      policyTypes: types,
      ...(ingress.size > 0 && { ingress: rulesOf(ingress, 'from') }),
      ...(egress.size > 0 && { egress: rulesOf(egress, 'to') }),
    };
    const name = `allow-${owner.kind === 'Deployment' ? '' : `${owner.kind.toLowerCase()}-`}${owner.name}`.slice(
      0,
      253,
    );
    own.push(made({ namespace: selectors.namespaceOf(owner), name, reasons: [...reasons].sort() }, spec));
  }
  own.sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
  return { policies: [...baseline.policies, ...own], notes: [...notes].sort() };
}

type Peers = Map<string, JsonObject | 'anyone'>;

interface Sides {
  /** Peers by port. */
  readonly ingress: Map<string, Peers>;
  readonly egress: Map<string, Peers>;
  readonly reasons: Set<string>;
}

function add(
  sides: Sides,
  direction: 'ingress' | 'egress',
  { at, peer, because }: { readonly at: string; readonly peer: JsonObject | 'anyone'; readonly because: string },
): void {
  const peers = sides[direction].get(at) ?? new Map();
  peers.set(JSON.stringify(peer), peer);
  sides[direction].set(at, peers);
  sides.reasons.add(because);
}

/** Ports that the same peers may use are one rule. */
function rulesOf(byPort: Sides['ingress'], side: 'from' | 'to'): readonly JsonObject[] {
  const byPeers = new Map<string, { peers: readonly (JsonObject | 'anyone')[]; ports: string[] }>();
  for (const [at, peers] of byPort) {
    const isAnyone = [...peers.values()].includes('anyone');
    const list = isAnyone ? [] : [...peers.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, peer]) => peer);
    const key = JSON.stringify(list);
    const known = byPeers.get(key);
    if (known === undefined) byPeers.set(key, { peers: list, ports: [at] });
    else known.ports.push(at);
  }
  return [...byPeers.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { peers, ports }]) => ({
      ...(peers.length > 0 && { [side]: peers.filter((peer) => peer !== 'anyone') }),
      ports: ports.sort(byNumber).map((at) => {
        const [protocol = 'TCP', port = '0'] = at.split(' ');
        return { protocol, port: Number(port) };
      }),
    }));
}

function byNumber(a: string, b: string): number {
  return Number(a.split(' ')[1]) - Number(b.split(' ')[1]) || (a < b ? -1 : 1);
}

function made(
  { namespace, name, reasons }: Pick<GeneratedPolicy, 'namespace' | 'name' | 'reasons'>,
  spec: JsonObject,
): GeneratedPolicy {
  const metadata = { name, namespace, labels: label };
  return {
    namespace,
    name,
    reasons,
    object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec },
  };
}

/** UDP and TCP 53, to the pods of the cluster's DNS where the evidence shows them, by the ports that those have. */
function dnsRule(facts: Facts): { readonly rule: JsonObject; readonly note?: string } {
  const service = facts
    .get(networkServices)
    .find(
      ({ namespace, object }) =>
        namespace === 'kube-system' && /^(?:kube-dns|coredns|rke2-coredns-rke2-coredns)$/.test(object.name),
    );
  const plain = [53].flatMap((port) => [
    { protocol: 'UDP', port },
    { protocol: 'TCP', port },
  ]);
  const system = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } };
  const selector = valueAt(service?.object.value, ['spec', 'selector']);
  if (service === undefined || !isObject(selector) || service.pods.some(({ hostNetwork }) => hostNetwork)) {
    const note =
      'the pods of the cluster DNS are not in the evidence: every pod of kube-system may be asked at port 53';
    return { rule: { to: [system], ports: plain }, note };
  }
  const targets = new Set(
    service.ports.flatMap((port) => service.pods.flatMap((pod) => (port.port === 53 ? targetPorts(port, pod) : []))),
  );
  targets.delete(53);
  const ports = [
    ...plain,
    ...[...targets]
      .sort((a, b) => a - b)
      .flatMap((port) => [
        { protocol: 'UDP', port },
        { protocol: 'TCP', port },
      ]),
  ];
  return { rule: { to: [{ ...system, podSelector: { matchLabels: selector } }], ports } };
}

/** Labels that differ from one rollout or pod to the next. */
const unstable =
  /^(?:pod-template-hash|controller-revision-hash|pod-template-generation|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index|batch\.kubernetes\.io\/.*|controller-uid|job-name)$/;

interface Selectors {
  of(owner: KubeObject): JsonObject | undefined;
  namespaceOf(owner: KubeObject): string;
  /** The other end as a peer of a policy for `self`; undefined where there is no way to say it. */
  peer(end: WantedEnd, self: KubeObject, side: 'from' | 'to'): JsonObject | 'anyone' | undefined;
}

function selectorsOf(facts: Facts, notes: Set<string>): Selectors {
  const { pods } = facts.get(networkWorld);
  const byOwner = new Map<KubeObject, NetworkPod[]>();
  const byNamespace = new Map<string, NetworkPod[]>();
  for (const pod of pods) {
    byOwner.set(pod.owner, [...(byOwner.get(pod.owner) ?? []), pod]);
    byNamespace.set(pod.namespace, [...(byNamespace.get(pod.namespace) ?? []), pod]);
  }
  const known = new Map<KubeObject, JsonObject | undefined>();
  const namespaceOf = (owner: KubeObject): string => byOwner.get(owner)?.[0]?.namespace ?? owner.namespace ?? 'default';
  const selectorOf = (owner: KubeObject): JsonObject | undefined => {
    if (known.has(owner)) return known.get(owner);
    const selector = stableSelector(owner, byOwner.get(owner) ?? []);
    known.set(owner, selector);
    const where = `${owner.kind} ${namespaceOf(owner)}/${owner.name}`;
    if (selector === undefined) {
      notes.add(`${where} has no labels that last: no policy can select it`);
      return undefined;
    }
    const others = (byNamespace.get(namespaceOf(owner)) ?? []).filter(
      (pod) =>
        pod.owner !== owner &&
        !pod.hostNetwork &&
        Object.entries(selector).every(([key, value]) => pod.labels.get(key) === value),
    );
    const names = [...new Set(others.map((pod) => pod.owner.name))].sort();
    if (names.length > 0)
      notes.add(`the labels of ${where} select ${names.slice(0, 3).join(', ')} too: give it labels of its own`);
    return selector;
  };
  return {
    of: selectorOf,
    namespaceOf,
    peer(end, self, side) {
      if (end.kind !== 'workload') return addressPeer(end);
      const targets = byOwner.get(end.owner) ?? [];
      if (targets.some(({ hostNetwork }) => hostNetwork)) {
        notes.add(
          `${end.owner.kind} ${namespaceOf(end.owner)}/${end.owner.name} is on the host network: policies name it by the addresses of its nodes, ${side === 'from' ? 'so connections from it are let in only by ipBlock' : 'so connections to it are let out only by ipBlock'}`,
        );
        return undefined;
      }
      const selector = selectorOf(end.owner);
      if (selector === undefined) return undefined;
      const podSelector = { matchLabels: selector };
      const there = namespaceOf(end.owner);
      if (there === namespaceOf(self)) return { podSelector };
      return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': there } }, podSelector };
    },
  };
}

/** The internet without what is private, and without the metadata address of the clouds. */
const internetBlock = {
  ipBlock: {
    cidr: '0.0.0.0/0',
    except: [...formatSet(privateAddresses).filter((cidr) => !cidr.includes(':')), '169.254.0.0/16'],
  },
};

function addressPeer(end: Exclude<WantedEnd, { readonly kind: 'workload' }>): JsonObject | 'anyone' {
  switch (end.kind) {
    case 'anyone':
      return 'anyone';
    case 'every-pod':
      return { namespaceSelector: {} };
    case 'internet':
      return internetBlock;
    case 'address':
      return { ipBlock: { cidr: `${end.address}/${end.address.includes(':') ? 128 : 32}` } };
  }
}

/** The selector of the controller where it has one of plain labels; else the labels that all of its pods have and keep. */
function stableSelector(owner: KubeObject, pods: readonly NetworkPod[]): JsonObject | undefined {
  const declared = valueAt(owner.value, ['spec', 'selector', 'matchLabels']);
  const [first] = pods;
  if (isObject(declared) && Object.keys(declared).length > 0) {
    const isHeld = pods.every((pod) => Object.entries(declared).every(([key, value]) => pod.labels.get(key) === value));
    if (isHeld && !Object.keys(declared).some((key) => unstable.test(key))) return declared;
  }
  if (first === undefined) return undefined;
  const kept = [...first.labels].filter(
    ([key, value]) => !unstable.test(key) && pods.every((pod) => pod.labels.get(key) === value),
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}
