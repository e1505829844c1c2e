import type { JsonObject } from '../src/model/json.ts';
import type { KubeObject } from '../src/model/snapshot.ts';
import {
  addressOf,
  assumedAddresses,
  type NetworkPod,
  type NetworkWorld,
  noPorts,
  type Policy,
  Reachability,
  readAdminPolicy,
  readNetworkPolicy,
} from '../src/semantics/network-policy/index.ts';
import { isPod, type Loose, type Packet, type Peer, type Plain } from './network-naive.ts';

function objectOf(value: Loose): KubeObject {
  return {
    apiVersion: value.apiVersion ?? '',
    kind: value.kind,
    name: value.metadata.name,
    namespace: value.metadata.namespace,
    value: value as JsonObject,
    source: { file: 'x.yaml', document: 0, base: [] },
  };
}

export function engine(
  world: Plain,
  blocksMatchPods: 'yes' | 'no' | 'unknown' = 'yes',
): Reachability & { pod(name: string): number } {
  const pods = world.pods.map((pod): NetworkPod => {
    const it = objectOf({ kind: 'Pod', metadata: { name: pod.name, namespace: pod.namespace } });
    return {
      name: pod.name,
      namespace: pod.namespace,
      object: it,
      owner: it,
      labels: new Map(Object.entries(pod.labels)),
      serviceAccount: 'default',
      hostNetwork: pod.host,
      addresses: pod.ip
        .split(',')
        .filter((ip) => ip !== '')
        .map((ip) => addressOf(ip) ?? 0n),
      node: undefined,
      ports: pod.ports,
    };
  });
  const networkWorld: NetworkWorld = {
    pods,
    namespaces: new Map(
      Object.entries(world.namespaces).map(([name, labels]) => [
        name,
        { name, labels: new Map(Object.entries(labels)) },
      ]),
    ),
    dialect: { plugin: undefined, blocksMatchPods },
    nodes: [],
    assumed: assumedAddresses,
  };
  const policies = world.policies.map((policy): Policy => {
    const it = objectOf(policy);
    return policy.kind === 'NetworkPolicy' ? readNetworkPolicy(it, it.namespace ?? '') : readAdminPolicy(it);
  });
  const made = new Reachability(networkWorld, policies);
  return Object.assign(made, {
    pod: (name: string) =>
      made.classOf(pods.find((pod) => `${pod.namespace}/${pod.name}` === name) ?? (pods[0] as NetworkPod)),
  });
}

export function ask(made: Reachability & { pod(name: string): number }, packet: Packet): boolean | 'unknown' {
  const at = (peer: Peer): number =>
    isPod(peer)
      ? made.pod(`${peer.namespace}/${peer.name}`)
      : (made.classes.classOfAddress(addressOf(peer.ip) ?? 0n) ?? -1);
  const { least, most } = made.between(at(packet.from), at(packet.to));
  const [certain, possible] = [least, most].map((id) => made.ports.has(id, packet.protocol, packet.port));
  return certain === possible ? certain === true : 'unknown';
}

/** What one may send another, by names of pods or addresses: `TCP 80-81`, `all`, or two bounds with an or. */
export function portsOf(made: Reachability & { pod(name: string): number }, from: string, to: string): string {
  const at = (name: string): number =>
    name.includes('/') ? made.pod(name) : (made.classes.classOfAddress(addressOf(name) ?? 0n) ?? -1);
  const { least, most } = made.between(at(from), at(to));
  const text = (id: number): string =>
    id === noPorts
      ? 'none'
      : made.ports
          .ranges(id)
          .map((range) => `${range.protocol} ${range.from}${range.to === range.from ? '' : `-${range.to}`}`)
          .join(', ')
          .replace('TCP 1-65535, UDP 1-65535, SCTP 1-65535', 'all');
  return least === most ? text(least) : `${text(least)} or ${text(most)}`;
}

/** Five pods in two namespaces. */
export const shop: Omit<Plain, 'policies'> = {
  namespaces: { shop: { team: 'shop' }, other: { team: 'other' } },
  pods: [
    {
      name: 'web',
      namespace: 'shop',
      labels: { app: 'web' },
      host: false,
      ip: '',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    },
    {
      name: 'db',
      namespace: 'shop',
      labels: { app: 'db' },
      host: false,
      ip: '',
      ports: [
        { name: 'http', protocol: 'TCP', port: 9090 },
        { name: 'http', protocol: 'UDP', port: 9091 },
      ],
    },
    { name: 'bare', namespace: 'shop', labels: {}, host: false, ip: '', ports: [] },
    { name: 'web', namespace: 'other', labels: { app: 'web' }, host: false, ip: '', ports: [] },
    { name: 'agent', namespace: 'shop', labels: { app: 'web' }, host: true, ip: '', ports: [] },
  ],
};

/** A policy for the pods `app: db` of the namespace shop. */
export const forDb = (spec: Record<string, unknown>): Loose => ({
  kind: 'NetworkPolicy',
  metadata: { name: 'db', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'db' } }, ...spec },
});
export const cluster = (spec: Record<string, unknown>, name = 'cnp'): Loose => ({
  kind: 'ClusterNetworkPolicy',
  metadata: { name },
  spec: { tier: 'Admin', priority: 10, subject: { namespaces: {} }, ...spec },
});
export const web = { podSelector: { matchLabels: { app: 'web' } } };
