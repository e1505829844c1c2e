import { defineFact, type Facts } from '../../facts/facts.ts';
import { networkWorld } from '../../facts/network.ts';
import { networkServices } from '../../facts/network-services.ts';
import { stringsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { type Failure, fail } from '../../model/verdict.ts';
import {
  type AddressSet,
  addressOf,
  coversSet,
  directions,
  everyAddress,
  ofFamily,
} from '../../semantics/network-policy/index.ts';
import { documents, pod, policy } from './examples.ts';
import { named, policyControl } from './policy-control.ts';

interface Held {
  readonly place: bigint;
  readonly name: string;
}

/** The addresses of pods and Services, in order. */
const heldAddresses = defineFact('held-addresses', (facts): Record<'pods' | 'services', readonly Held[]> => {
  const pods = facts.get(networkWorld).pods.filter(({ hostNetwork }) => !hostNetwork);
  const services = facts.get(networkServices);
  const sorted = (held: readonly Held[]): readonly Held[] => held.toSorted((a, b) => (a.place < b.place ? -1 : 1));
  return {
    pods: sorted(pods.flatMap(({ addresses, name }) => addresses.map((place) => ({ place, name: `pod ${name}` })))),
    services: sorted(
      services.flatMap(({ object }) => {
        const texts = [...stringsIn(valueAt(object.value, ['spec', 'clusterIPs'])), clusterAddress(object.value)];
        const places = texts.flatMap((text) => (text === undefined ? [] : (addressOf(text) ?? [])));
        return places.map((place) => ({ place, name: `Service ${object.name}` }));
      }),
    ),
  };
});

/** Source: NetworkPolicyPeer of networking.k8s.io/v1, ipBlock: meant for what is outside of the cluster. */
export default policyControl({
  id: 'network-policies/cluster-block',
  title: 'IP blocks are of addresses outside the cluster',
  severity: 'low',
  why: 'Addresses of pods change, and whether a block takes them is up to the network plugin; that of a Service is translated before policies look.',
  remedy: 'Select pods by labels, and leave their networks out of the block with except.',
  coveredBy: ['network-policies/enforced-kind', 'network-policies/valid'],
  failures: (each, facts) => {
    const found: Failure[] = [];
    for (const direction of directions) {
      for (const rule of each[direction]?.rules ?? []) {
        for (const [at, peer] of rule.peers.entries()) {
          if (peer.kind !== 'block' || takesEverything(peer.addresses)) continue;
          const held = firstHeld(facts, peer.addresses);
          if (held === undefined) continue;
          const path = [...rule.path, direction === 'ingress' ? 'from' : 'to', at, 'ipBlock', 'cidr'];
          const text = `${named(each)} has a block that takes the address of ${held.name}, which is of the cluster`;
          found.push(fail(text, path, { key: path.join('.') }));
        }
      }
    }
    return found;
  },
  examples: {
    fail: [documents(livePod(), blockTo('10.1.0.0/16')), documents(pod('web'), service(), blockTo('10.96.0.0/12'))],
    pass: [
      documents(livePod(), blockTo('203.0.113.0/24')),
      documents(livePod(), blockTo('0.0.0.0/0')),
      documents(pod('web'), blockTo('10.1.0.0/16')),
    ],
  },
});

/** A block of all addresses is a rule for everybody, which says what it is. */
function takesEverything(set: AddressSet): boolean {
  return ([4, 6] as const).some((family) => coversSet(set, ofFamily(everyAddress, family)));
}

function firstHeld(facts: Facts, set: AddressSet): Held | undefined {
  const { pods, services } = facts.get(heldAddresses);
  for (const held of [services, pods]) {
    for (const [from, to] of set) {
      const next = held[firstAtLeast(held, from)];
      if (next !== undefined && next.place <= to) return next;
    }
  }
  return undefined;
}

function firstAtLeast(held: readonly Held[], place: bigint): number {
  let [low, high] = [0, held.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((held[middle]?.place ?? 0n) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function clusterAddress(value: Parameters<typeof valueAt>[0]): string | undefined {
  const address = valueAt(value, ['spec', 'clusterIP']);
  return typeof address === 'string' ? address : undefined;
}

function livePod(): string {
  return `${pod('web')}status: {phase: Running, podIP: 10.1.0.7}\n`;
}

function service(): string {
  return `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.20, selector: {app: web}, ports: [{port: 80}]}
`;
}

function blockTo(cidr: string): string {
  return policy(
    `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: ${cidr}}}], ports: [{port: 443}]}]}`,
  );
}
