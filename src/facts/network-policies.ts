import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import {
  type CalicoContext,
  everything,
  hostSubject,
  namespaceNameLabel,
  type Policy,
  readAdminPolicy,
  readCalicoPolicy,
  readCiliumPolicy,
  readNetworkPolicy,
  tiers,
  unreadPolicy,
} from '../semantics/network-policy/index.ts';
import { defineFact } from './facts.ts';
import { networkEnforcement } from './network-enforcement.ts';
import { ciliumConfig, ciliumOption, nameWithVersion } from './network-plugin.ts';
import { adminKinds, pluginsLacking } from './network-plugin-features.ts';
import { unsetNamespace } from './network-pods.ts';

/** The policies of all kinds, and those that cannot count. */
export interface NetworkPolicies {
  /** Every policy that was read. */
  readonly all: readonly Policy[];
  /** Those that something here may enforce. */
  readonly effective: readonly Policy[];
  /** Why nothing here enforces a policy: its kind is of another network plugin, or one that the plugin here lacks. */
  readonly foreign: ReadonlyMap<KubeObject, string>;
  /** Kinds of policies that are not read; whatever they are about is unknown. */
  readonly unread: readonly KubeObject[];
  /** Policies that only rehearse: they are read by people, and decide nothing. */
  readonly staged: readonly KubeObject[];
}

export const networkPolicies = defineFact('network-policies', (facts): NetworkPolicies => {
  const all: Policy[] = [];
  const effective: Policy[] = [];
  const foreign = new Map<KubeObject, string>();
  const unread: KubeObject[] = [];
  const staged: KubeObject[] = [];
  const { objects } = facts.snapshot;
  const context = calicoContext(objects);
  const hasCalicoApi = objects.some(
    (object) => object.kind === 'NetworkPolicy' && object.apiVersion.startsWith('projectcalico.org/'),
  );
  const { plugins } = facts.get(networkEnforcement);
  const running = [...new Set(plugins.map(({ name }) => name))];
  for (const object of objects) {
    // Told by the kind alone first: nearly all objects are none of these.
    if (!policyNames.has(object.kind)) continue;
    const kind = groupKind(object);
    // The same policies, once as Calico's API server serves them and once as they are stored.
    if (hasCalicoApi && kind.startsWith('crd.projectcalico.org/')) continue;
    const reader = readers.get(kind);
    const plugin = reader?.plugin ?? unreadKinds.get(kind);
    const isForeign = plugin !== undefined && running.length > 0 && !running.includes(plugin);
    if (reader === undefined) {
      if (stagedKinds.test(kind)) staged.push(object);
      else if (unreadKinds.has(kind) && !isForeign) unread.push(object);
      continue;
    }
    const policies = reader.read(object, context);
    all.push(...policies);
    const feature = adminKinds.get(kind);
    const [lacking] = feature === undefined ? [] : pluginsLacking(plugins, feature);
    if (isForeign) foreign.set(object, `is for ${plugin}, which does not run here: ${running.join(', ')} does`);
    else if (lacking !== undefined) {
      foreign.set(object, `is of a kind that ${nameWithVersion(lacking)} does not enforce`);
    } else effective.push(...policies);
  }
  const mode = facts.get(ciliumDefault);
  return {
    all,
    effective: [...effective, ...unread.map(unknownPolicy), ...(mode === undefined ? [] : [mode])],
    foreign,
    unread,
    staged,
  };
});

interface PolicyReader {
  readonly read: (object: KubeObject, context: CalicoContext) => readonly Policy[];
  /** The network plugin whose kind it is; undefined for those of Kubernetes. */
  readonly plugin?: string;
}

const plain: PolicyReader = { read: (object) => [readNetworkPolicy(object, object.namespace ?? unsetNamespace)] };
const admin: PolicyReader = { read: (object) => [readAdminPolicy(object)] };
const cilium: PolicyReader = { read: readCiliumPolicy, plugin: 'Cilium' };
const calico: PolicyReader = { read: (object, context) => [readCalicoPolicy(object, context)], plugin: 'Calico' };

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

/** The kinds of the policies that are read, whichever group serves them. */
export const policyKinds: readonly string[] = [...new Set([...readers.keys()].map(kindOf))];

/** With the plugin that alone has them. */
const unreadKinds: ReadonlyMap<string, string | undefined> = new Map([
  ['crd.antrea.io/NetworkPolicy', 'Antrea'],
  ['crd.antrea.io/ClusterNetworkPolicy', 'Antrea'],
  ['k8s.cni.cncf.io/MultiNetworkPolicy', undefined],
  ['projectcalico.org/HostEndpoint', 'Calico'],
  ['crd.projectcalico.org/HostEndpoint', 'Calico'],
]);

/** Rehearsals of policies: Calico logs what they would do, and lets everything through. */
const stagedKinds = /^(?:crd\.)?projectcalico\.org\/Staged(?:Global|Kubernetes)?NetworkPolicy$/;

const policyNames: ReadonlySet<string> = new Set([
  ...[...readers.keys(), ...unreadKinds.keys()].map(kindOf),
  ...['StagedNetworkPolicy', 'StagedGlobalNetworkPolicy', 'StagedKubernetesNetworkPolicy'],
]);

function kindOf(groupKind: string): string {
  return groupKind.slice(groupKind.indexOf('/') + 1);
}

const contextNames: ReadonlySet<string> = new Set(['Tier', 'NetworkSet', 'GlobalNetworkSet', 'HostEndpoint']);

function calicoContext(objects: readonly KubeObject[]): CalicoContext {
  const tiers = new Map<string, { order: number; defaultAction: 'Deny' | 'Pass' }>();
  let hasSets = false;
  for (const object of objects) {
    if (!contextNames.has(object.kind)) continue;
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
    } else hasSets = true;
  }
  return { tiers, hasSets };
}

/** A policy of a kind that is not read, of its namespace or of all; or what makes others be about nodes. */
function unknownPolicy(object: KubeObject): Policy {
  if (object.kind === 'HostEndpoint') {
    return unreadPolicy(object, hostSubject, 'which policies take host endpoints is not compared');
  }
  const namespaces =
    object.namespace === undefined
      ? everything
      : ({ op: 'in', key: namespaceNameLabel, values: [object.namespace] } as const);
  return unreadPolicy(object, { namespaces, pods: everything }, `${object.kind} is not read`);
}

/**
 * Cilium's `enable-policy: always` isolates every pod, selected or not. Source: Cilium's documentation of policy
 * enforcement modes.
 */
const ciliumDefault = defineFact('cilium-default', (facts): Policy | undefined => {
  const { plugins } = facts.get(networkEnforcement);
  const object = plugins.some(({ name }) => name === 'Cilium') ? facts.get(ciliumConfig) : undefined;
  if (object === undefined || facts.get(ciliumOption)('enable-policy') !== 'always') return undefined;
  return {
    object,
    tier: tiers.namespace,
    order: 1000,
    ties: 'union',
    subject: { namespaces: everything, pods: everything },
    ingress: { rules: [], isolates: true },
    egress: { rules: [], isolates: true },
    problems: [],
  };
});
