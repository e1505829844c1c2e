import { own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import {
  type AddressSet,
  addressOf,
  assumedAddresses,
  type CalicoContext,
  type Dialect,
  everyAddress,
  everything,
  hasAddress,
  internetAddresses,
  type NetworkNamespace,
  type NetworkWorld,
  namespaceNameLabel,
  ofFamily,
  type Policy,
  Reachability,
  readAdminPolicy,
  readCalicoPolicy,
  readCiliumPolicy,
  readNetworkPolicy,
} from '../semantics/network-policy/index.ts';
import { defineFact } from './facts.ts';
import { type NetworkPlugin, networkPlugins } from './network-plugin.ts';
import { labelsOf, networkPods, unsetNamespace } from './network-pods.ts';

/** Whether anything in the cluster enforces policies, and what. */
export interface Enforcement {
  readonly state: 'enforced' | 'not-enforced' | 'unknown';
  readonly plugins: readonly NetworkPlugin[];
}

export const networkEnforcement = defineFact('network-enforcement', (facts): Enforcement => {
  const plugins = facts.get(networkPlugins);
  if (plugins.some(({ enforces }) => enforces === true)) return { state: 'enforced', plugins };
  const isKnown = plugins.length > 0 && plugins.every(({ enforces }) => enforces === false);
  return { state: isKnown ? 'not-enforced' : 'unknown', plugins };
});

/** Plugins that compare addresses, whoever has them. Of the others it is not known. */
const byAddress: ReadonlySet<string> = new Set([
  'Calico',
  'kube-router',
  'kube-network-policies',
  'kindnet',
  'Weave Net',
]);

const dialect = defineFact('network-dialect', (facts): Dialect => {
  const { plugins } = facts.get(networkEnforcement);
  const names = plugins.filter(({ enforces }) => enforces !== false).map(({ name }) => name);
  if (names.includes('Cilium')) return { plugin: 'Cilium', blocksMatchPods: 'no' };
  const plain = names.find((name) => byAddress.has(name));
  if (plain !== undefined) return { plugin: plain, blocksMatchPods: 'yes' };
  return { plugin: names[0], blocksMatchPods: 'unknown' };
});

/** Pods, namespaces and nodes as policies see them. */
export const networkWorld = defineFact('network-world', (facts): NetworkWorld => {
  const pods = facts.get(networkPods);
  const namespaces = new Map<string, NetworkNamespace>();
  const nodes: { readonly name: string; readonly addresses: readonly bigint[] }[] = [];
  for (const object of facts.snapshot.objects) {
    const kind = groupKind(object);
    if (kind === '/Namespace') {
      const labels = labelsOf(valueAt(object.value, ['metadata', 'labels']));
      namespaces.set(object.name, { name: object.name, labels });
    } else if (kind === '/Node') nodes.push({ name: object.name, addresses: nodeAddresses(object) });
  }
  for (const { namespace } of pods) {
    if (!namespaces.has(namespace)) namespaces.set(namespace, { name: namespace, labels: new Map() });
  }
  return { pods, namespaces, nodes, dialect: facts.get(dialect), assumed: assumedAddresses };
});

function nodeAddresses(object: KubeObject): readonly bigint[] {
  return objectsIn(valueAt(object.value, ['status', 'addresses'])).flatMap((each) => {
    const text = own(each, 'address');
    const place = typeof text === 'string' ? addressOf(text) : undefined;
    return place === undefined ? [] : [place];
  });
}

/** The policies of all kinds, and those that cannot count. */
export interface NetworkPolicies {
  /** Every policy that was read. */
  readonly all: readonly Policy[];
  /** Those that something here may enforce. */
  readonly effective: readonly Policy[];
  /** Policies of a kind that is of another network plugin than the one that runs here. */
  readonly foreign: readonly { readonly object: KubeObject; readonly plugin: string }[];
  /** Kinds of policies that are not read; whatever they are about is unknown. */
  readonly unread: readonly KubeObject[];
}

export const networkPolicies = defineFact('network-policies', (facts): NetworkPolicies => {
  const all: Policy[] = [];
  const effective: Policy[] = [];
  const foreign: { object: KubeObject; plugin: string }[] = [];
  const unread: KubeObject[] = [];
  const { objects } = facts.snapshot;
  const context = calicoContext(objects);
  const hasCalicoApi = objects.some((object) => groupKind(object) === 'projectcalico.org/NetworkPolicy');
  const running = facts.get(networkEnforcement).plugins.map(({ name }) => name);
  for (const object of objects) {
    const kind = groupKind(object);
    const reader = readers.get(kind);
    if (reader === undefined) {
      if (unreadKinds.has(kind)) unread.push(object);
      continue;
    }
    // The same policies, once as Calico's API server serves them and once as they are stored.
    if (hasCalicoApi && kind.startsWith('crd.projectcalico.org/')) continue;
    const policies = reader.read(object, context);
    all.push(...policies);
    const isForeign = reader.plugin !== undefined && running.length > 0 && !running.includes(reader.plugin);
    if (isForeign && reader.plugin !== undefined) foreign.push({ object, plugin: reader.plugin });
    else effective.push(...policies);
  }
  return { all, effective: [...effective, ...unread.map(unknownPolicy)], foreign, unread };
});

interface PolicyReader {
  readonly read: (object: KubeObject, context: CalicoContext) => readonly Policy[];
  /** The network plugin whose kind it is; undefined for those of Kubernetes. */
  readonly plugin?: string;
}

const plain: PolicyReader = { read: (object) => [readNetworkPolicy(object, object.namespace ?? unsetNamespace)] };
const admin: PolicyReader = { read: (object) => [readAdminPolicy(object)] };
const cilium: PolicyReader = { read: readCiliumPolicy, plugin: 'Cilium' };
const calico: PolicyReader = {
  read: (object, context) => {
    const policy = readCalicoPolicy(object, context);
    return policy === undefined ? [] : [policy];
  },
  plugin: 'Calico',
};

const readers: ReadonlyMap<string, PolicyReader> = new Map([
  ['networking.k8s.io/NetworkPolicy', plain],
  ['extensions/NetworkPolicy', plain],
  ['policy.networking.k8s.io/ClusterNetworkPolicy', admin],
  ['policy.networking.k8s.io/AdminNetworkPolicy', admin],
  ['policy.networking.k8s.io/BaselineAdminNetworkPolicy', admin],
  ['cilium.io/CiliumNetworkPolicy', cilium],
  ['cilium.io/CiliumClusterwideNetworkPolicy', cilium],
  ['projectcalico.org/NetworkPolicy', calico],
  ['projectcalico.org/GlobalNetworkPolicy', calico],
  ['crd.projectcalico.org/NetworkPolicy', calico],
  ['crd.projectcalico.org/GlobalNetworkPolicy', calico],
]);

const unreadKinds: ReadonlySet<string> = new Set([
  ...['crd.antrea.io/NetworkPolicy', 'crd.antrea.io/ClusterNetworkPolicy', 'k8s.cni.cncf.io/MultiNetworkPolicy'],
]);

function calicoContext(objects: readonly KubeObject[]): CalicoContext {
  const tiers = new Map<string, { order: number; defaultAction: 'Deny' | 'Pass' }>();
  let hasSets = false;
  for (const object of objects) {
    const kind = groupKind(object);
    if (!kind.startsWith('projectcalico.org/') && !kind.startsWith('crd.projectcalico.org/')) continue;
    if (object.kind === 'Tier') {
      const order = valueAt(object.value, ['spec', 'order']);
      const pass = valueAt(object.value, ['spec', 'defaultAction']) === 'Pass';
      const last = object.name === 'default' ? 1_000_000 : Number.POSITIVE_INFINITY;
      tiers.set(object.name, {
        order: typeof order === 'number' ? order : last,
        defaultAction: pass ? 'Pass' : 'Deny',
      });
    } else if (['NetworkSet', 'GlobalNetworkSet', 'HostEndpoint'].includes(object.kind)) hasSets = true;
  }
  return { tiers, hasSets };
}

/** Stands for a policy that is not read: it may allow and may deny anything of the pods that it may be about. */
function unknownPolicy(object: KubeObject): Policy {
  const unsure = `${object.kind} is not read`;
  const rule = { path: [], peers: [{ kind: 'any' as const }], ports: 'all' as const, unsure };
  const rules = (['allow', 'deny'] as const).map((action) => ({ ...rule, action }));
  const namespaces =
    object.namespace === undefined
      ? everything
      : ({ op: 'in', key: namespaceNameLabel, values: [object.namespace] } as const);
  return {
    object,
    tier: { rank: 0, name: object.kind },
    order: 0,
    ties: 'by-name',
    subject: { namespaces, pods: everything },
    unsure,
    ingress: { rules, isolates: false },
    egress: { rules, isolates: false },
    problems: [],
  };
}

/** Who can talk to whom, as the policies say; whether anything enforces them, `networkEnforcement` says. */
export const networkReachability = defineFact(
  'network-reachability',
  (facts) => new Reachability(facts.get(networkWorld), facts.get(networkPolicies).effective),
);

/**
 * The addresses of the internet, of the families that the cluster's pods and nodes have; IPv4 where that is not known:
 * policies for IPv4 alone would look half open otherwise.
 */
export const clusterInternet = defineFact('cluster-internet', (facts): AddressSet => {
  const { pods, nodes } = facts.get(networkWorld);
  const places = [...pods, ...nodes].flatMap(({ addresses }) => addresses);
  return ([4, 6] as const).flatMap((family) => {
    const all = ofFamily(everyAddress, family);
    const isUsed = places.length === 0 ? family === 4 : places.some((place) => hasAddress(all, place));
    return isUsed ? ofFamily(internetAddresses, family) : [];
  });
});
