import { own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import {
  type AddressSet,
  addressOf,
  assumedAddresses,
  type Dialect,
  everyAddress,
  hasAddress,
  internetAddresses,
  type NetworkNamespace,
  type NetworkWorld,
  ofFamily,
  Reachability,
} from '../semantics/network-policy/index.ts';
import { defineFact } from './facts.ts';
import { networkEnforcement } from './network-enforcement.ts';
import { labelsOf, networkPods } from './network-pods.ts';
import { networkPolicies } from './network-policies.ts';

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
    if (object.apiVersion !== 'v1') continue;
    if (object.kind === 'Namespace') {
      const labels = labelsOf(valueAt(object.value, ['metadata', 'labels']));
      namespaces.set(object.name, { name: object.name, labels });
    } else if (object.kind === 'Node') nodes.push({ name: object.name, addresses: nodeAddresses(object) });
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
