import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../model/json.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { addressOf } from './address-set.ts';
import type { Policy } from './policy.ts';
import { noPorts, type Protocol, protocols } from './port-set.ts';
import { Reachability } from './reachability.ts';
import { readAdminPolicy } from './read-admin-policy.ts';
import { readNetworkPolicy } from './read-network-policy.ts';
import { assumedAddresses, type NetworkPod, type NetworkWorld } from './world.ts';

// A second engine, written from the text of the API and for one packet at a time: no classes, sets or tiers of rows.

/** Manifests as they are written in a test: their shape is what is being tried. */
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any;
type Labels = Record<string, string>;
interface PlainPod {
  name: string;
  namespace: string;
  labels: Labels;
  host: boolean;
  ip: string;
  ports: { name: string; protocol: Protocol; port: number }[];
}
interface Plain {
  namespaces: Record<string, Labels>;
  pods: PlainPod[];
  policies: Loose[];
}
type Peer = PlainPod | { ip: string };

const isPod = (peer: Peer): peer is PlainPod => 'labels' in peer;

function selects(selector: Loose, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const has = Object.hasOwn(labels, key);
    if (operator === 'In' && !(has && values.includes(labels[key]))) return false;
    if (operator === 'NotIn' && has && values.includes(labels[key])) return false;
    if (operator === 'Exists' && !has) return false;
    if (operator === 'DoesNotExist' && has) return false;
  }
  return true;
}

function number4(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function inCidr(ip: string, cidr: string): boolean {
  const [base = '', bits = ''] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number4(ip) / size) === Math.floor(number4(base) / size);
}

interface Packet {
  from: Peer;
  to: Peer;
  protocol: Protocol;
  port: number;
}

function portTaken(ports: Loose[] | undefined, packet: Packet): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some(({ protocol = 'TCP', port, endPort }) => {
    if (protocol !== packet.protocol) return false;
    if (port === undefined) return true;
    if (typeof port === 'string') {
      return (
        isPod(packet.to) &&
        !packet.to.host &&
        packet.to.ports.some((each) => each.name === port && each.protocol === protocol && each.port === packet.port)
      );
    }
    return packet.port >= port && packet.port <= (endPort ?? port);
  });
}

function namespaceLabels(world: Plain, name: string): Labels {
  return { ...world.namespaces[name], 'kubernetes.io/metadata.name': name };
}

function peerTaken(world: Plain, namespace: string, selector: Loose, peer: Peer): boolean {
  if (selector.ipBlock !== undefined) {
    const { cidr, except = [] } = selector.ipBlock;
    return inCidr(peer.ip, cidr) && !except.some((each: string) => inCidr(peer.ip, each));
  }
  if (!isPod(peer) || peer.host) return false;
  if (selector.namespaceSelector === undefined) {
    if (peer.namespace !== namespace) return false;
  } else if (!selects(selector.namespaceSelector, namespaceLabels(world, peer.namespace))) return false;
  return selector.podSelector === undefined || selects(selector.podSelector, peer.labels);
}

function adminPeer(world: Plain, peer: Loose, other: Peer): boolean {
  if (peer.networks !== undefined) return peer.networks.some((each: string) => inCidr(other.ip, each));
  if (!isPod(other) || other.host) return false;
  if (peer.namespaces !== undefined) return selects(peer.namespaces, namespaceLabels(world, other.namespace));
  return (
    selects(peer.pods.namespaceSelector, namespaceLabels(world, other.namespace)) &&
    selects(peer.pods.podSelector, other.labels)
  );
}

function adminPort(protocolList: Loose[] | undefined, packet: Packet): boolean {
  if (protocolList === undefined) return true;
  return protocolList.some((each) => {
    const inner = each[packet.protocol.toLowerCase()];
    if (inner === undefined) return false;
    const port = inner.destinationPort;
    if (port.number !== undefined) return packet.port === port.number;
    return packet.port >= port.range.start && packet.port <= port.range.end;
  });
}

function adminTier(world: Plain, tier: string, direction: 'ingress' | 'egress', packet: Packet): string | undefined {
  const [self, other] = direction === 'ingress' ? [packet.to, packet.from] : [packet.from, packet.to];
  if (!isPod(self) || self.host) return undefined;
  const policies = world.policies
    .filter(({ kind, spec }) => kind === 'ClusterNetworkPolicy' && spec.tier === tier)
    .sort((a, b) => a.spec.priority - b.spec.priority);
  for (const { spec } of policies) {
    if (!adminPeer(world, spec.subject, self)) continue;
    for (const rule of spec[direction] ?? []) {
      const peers = direction === 'ingress' ? rule.from : rule.to;
      if (!peers.some((peer: Loose) => adminPeer(world, peer, other)) || !adminPort(rule.protocols, packet)) continue;
      return rule.action;
    }
  }
  return undefined;
}

function passesSide(world: Plain, direction: 'ingress' | 'egress', packet: Packet): boolean {
  const [self, other] = direction === 'ingress' ? [packet.to, packet.from] : [packet.from, packet.to];
  if (!isPod(self) || self.host) return true;
  const admin = adminTier(world, 'Admin', direction, packet);
  if (admin === 'Accept') return true;
  if (admin === 'Deny') return false;
  const type = direction === 'ingress' ? 'Ingress' : 'Egress';
  const mine = world.policies.filter(({ kind, metadata, spec }) => {
    if (kind !== 'NetworkPolicy' || metadata.namespace !== self.namespace) return false;
    const types = spec.policyTypes ?? (spec.egress?.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
    return types.includes(type) && selects(spec.podSelector, self.labels);
  });
  if (mine.length > 0) {
    return mine.some(({ metadata, spec }) =>
      (spec[direction] ?? []).some((rule: Loose) => {
        const peers = direction === 'ingress' ? rule.from : rule.to;
        const isPeer =
          peers === undefined ||
          peers.length === 0 ||
          peers.some((peer: Loose) => peerTaken(world, metadata.namespace, peer, other));
        return isPeer && portTaken(rule.ports, packet);
      }),
    );
  }
  return adminTier(world, 'Baseline', direction, packet) !== 'Deny';
}

const naive = (world: Plain, packet: Packet): boolean =>
  passesSide(world, 'egress', packet) && passesSide(world, 'ingress', packet);

// The engine under test, from the same plain world.

function object(value: Loose): KubeObject {
  return {
    apiVersion: value.apiVersion ?? '',
    kind: value.kind,
    name: value.metadata.name,
    namespace: value.metadata.namespace,
    value: value as JsonObject,
    source: { file: 'x.yaml', document: 0, base: [] },
  };
}

function engine(
  world: Plain,
  blocksMatchPods: 'yes' | 'no' | 'unknown' = 'yes',
): Reachability & { pod(name: string): number } {
  const pods = world.pods.map((pod): NetworkPod => {
    const it = object({ kind: 'Pod', metadata: { name: pod.name, namespace: pod.namespace } });
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
    const it = object(policy);
    return policy.kind === 'NetworkPolicy' ? readNetworkPolicy(it, it.namespace ?? '') : readAdminPolicy(it);
  });
  const made = new Reachability(networkWorld, policies);
  return Object.assign(made, {
    pod: (name: string) =>
      made.classOf(pods.find((pod) => `${pod.namespace}/${pod.name}` === name) ?? (pods[0] as NetworkPod)),
  });
}

function ask(made: Reachability & { pod(name: string): number }, packet: Packet): boolean | 'unknown' {
  const at = (peer: Peer): number =>
    isPod(peer)
      ? made.pod(`${peer.namespace}/${peer.name}`)
      : (made.classes.classOfAddress(addressOf(peer.ip) ?? 0n) ?? -1);
  const { least, most } = made.between(at(packet.from), at(packet.to));
  const [certain, possible] = [least, most].map((id) => made.ports.has(id, packet.protocol, packet.port));
  return certain === possible ? certain === true : 'unknown';
}

// Random worlds: few names, so that selectors meet pods; a generator of its own, so that a seed is a world.

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const portNumbers = [53, 80, 443, 8080, 8081, 9000];

function randomWorld(next: () => number): Plain {
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const maybe = (chance: number): boolean => next() < chance;
  const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
  const labels = (): Labels => ({
    ...(maybe(0.8) && { app: pick(['web', 'api', 'db']) }),
    ...(maybe(0.4) && { tier: pick(['front', 'back', '']) }),
    ...(maybe(0.2) && { constructor: 'x' }),
  });
  const selector = (): Json => {
    if (maybe(0.2)) return {};
    if (maybe(0.5)) return { matchLabels: { app: pick(['web', 'api', 'db']) } };
    const key = pick(['app', 'tier', 'constructor', 'nobody']);
    const operator = pick(['In', 'NotIn', 'Exists', 'DoesNotExist']);
    const values = operator.endsWith('In')
      ? { values: times(1 + below(2), () => pick(['web', 'api', 'front', ''])) }
      : {};
    return { matchExpressions: [{ key, operator, ...values }] };
  };
  const namespaceSelector = (): Json => {
    if (maybe(0.2)) return {};
    if (maybe(0.4)) return { matchLabels: { 'kubernetes.io/metadata.name': pick(['a', 'b', 'c']) } };
    return { matchExpressions: [{ key: 'team', operator: pick(['In', 'NotIn']), values: [pick(['one', 'two'])] }] };
  };
  const peer = (): Json => {
    const kind = below(5);
    if (kind === 0) return { podSelector: selector() };
    if (kind === 1) return { namespaceSelector: namespaceSelector() };
    if (kind === 2) return { namespaceSelector: namespaceSelector(), podSelector: selector() };
    const cidr = pick(['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '203.0.113.0/24', '10.0.0.5/32']);
    const inner = pick(['10.1.0.0/24', '10.0.0.0/30', '203.0.113.128/25', '10.1.0.2/32']);
    return { ipBlock: { cidr, ...(maybe(0.5) && { except: [inner] }) } };
  };
  const port = (): Json => {
    const protocol = pick([undefined, 'TCP', 'UDP', 'SCTP']);
    const kind = below(4);
    const base = { ...(protocol !== undefined && { protocol }) };
    if (kind === 0) return { ...base };
    if (kind === 1) return { ...base, port: pick(['http', 'dns', 'none']) };
    if (kind === 2) return { ...base, port: pick([1, 80, 8080]), endPort: pick([8080, 9000, 65535]) };
    return { ...base, port: pick(portNumbers) };
  };
  const rule = (side: string): JsonObject => ({
    ...(maybe(0.8) && { [side]: times(below(4), peer) }),
    ...(maybe(0.7) && { ports: times(below(3), port) }),
  });
  const adminPeerOf = (): Json =>
    maybe(0.5)
      ? { namespaces: namespaceSelector() }
      : { pods: { namespaceSelector: namespaceSelector(), podSelector: selector() } };
  const adminRule = (side: string): JsonObject => ({
    action: pick(['Accept', 'Deny', 'Pass']),
    [side]: times(1 + below(2), () =>
      side === 'to' && maybe(0.3)
        ? { networks: [pick(['0.0.0.0/0', '10.1.0.0/16', '203.0.113.0/24'])] }
        : adminPeerOf(),
    ),
    ...(maybe(0.6) && {
      protocols: times(1 + below(2), () => ({
        [pick(['tcp', 'udp'])]: {
          destinationPort: maybe(0.5)
            ? { number: pick(portNumbers) }
            : { range: { start: 80, end: pick([443, 8080]) } },
        },
      })),
    }),
  });
  const namespaces = { a: { team: 'one' }, b: { team: 'two' }, c: {} };
  const pods = times(6, (at) => ({
    name: `p${at}`,
    namespace: pick(['a', 'a', 'b', 'c']),
    labels: labels(),
    host: maybe(0.1),
    ip: `10.${below(2)}.0.${at + 1}`,
    ports: [
      ...(maybe(0.6) ? [{ name: 'http', protocol: 'TCP' as const, port: pick([80, 8080]) }] : []),
      ...(maybe(0.3) ? [{ name: 'http', protocol: 'UDP' as const, port: 8081 }] : []),
      ...(maybe(0.3) ? [{ name: 'dns', protocol: 'UDP' as const, port: 53 }] : []),
    ],
  }));
  const policies = [
    ...times(below(6), (at) => ({
      kind: 'NetworkPolicy',
      metadata: { name: `np${at}`, namespace: pick(['a', 'a', 'b', 'c']) },
      spec: {
        podSelector: selector(),
        ...(maybe(0.4) && { policyTypes: pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']]) }),
        ...(maybe(0.7) && { ingress: times(below(3), () => rule('from')) }),
        ...(maybe(0.5) && { egress: times(below(3), () => rule('to')) }),
      },
    })),
    ...times(maybe(0.5) ? below(4) : 0, (at) => ({
      kind: 'ClusterNetworkPolicy',
      metadata: { name: `cnp${at}` },
      spec: {
        tier: pick(['Admin', 'Baseline']),
        priority: at,
        subject: adminPeerOf(),
        ...(maybe(0.7) && { ingress: times(1 + below(3), () => adminRule('from')) }),
        ...(maybe(0.7) && { egress: times(1 + below(3), () => adminRule('to')) }),
      },
    })),
  ];
  return { namespaces, pods, policies };
}

describe('the engine', () => {
  it('decides 120,000 random connections as the naive one does', () => {
    let cases = 0;
    const allowed = { yes: 0, no: 0 };
    for (let seed = 1; cases < 120_000; seed += 1) {
      const next = random(seed);
      const world = randomWorld(next);
      const made = engine(world);
      const ends: Peer[] = [
        ...world.pods,
        { ip: '203.0.113.9' },
        { ip: '203.0.113.200' },
        { ip: '10.1.0.77' },
        { ip: '8.8.8.8' },
      ];
      for (const from of ends) {
        for (const to of ends) {
          if (from === to || (!isPod(from) && !isPod(to))) continue;
          for (let times = 0; times < 3; times += 1) {
            const protocol = protocols[Math.floor(next() * 3)] ?? 'TCP';
            const port = portNumbers[Math.floor(next() * portNumbers.length)] ?? 80;
            const packet = { from, to, protocol, port };
            const wanted = naive(world, packet);
            const answer = ask(made, packet);
            if (answer !== wanted) {
              expect.fail(
                `seed ${seed}: ${answer}, not ${wanted}: ${JSON.stringify({ packet, policies: world.policies }, null, 1)}`,
              );
            }
            allowed[wanted ? 'yes' : 'no'] += 1;
            cases += 1;
          }
        }
      }
    }
    // Neither answer is rare: the cases tell something.
    expect(Math.min(allowed.yes, allowed.no)).toBeGreaterThan(cases / 5);
  }, 60_000);
});

function ports(made: Reachability & { pod(name: string): number }, from: string, to: string): string {
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

const shop: Omit<Plain, 'policies'> = {
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
const forDb = (spec: Record<string, unknown>): Loose => ({
  kind: 'NetworkPolicy',
  metadata: { name: 'db', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'db' } }, ...spec },
});
const cluster = (spec: Record<string, unknown>, name = 'cnp'): Loose => ({
  kind: 'ClusterNetworkPolicy',
  metadata: { name },
  spec: { tier: 'Admin', priority: 10, subject: { namespaces: {} }, ...spec },
});
const web = { podSelector: { matchLabels: { app: 'web' } } };

describe('the tricky cases', () => {
  const cases: readonly (readonly [string, readonly Loose[], string, string, string])[] = [
    ['no policies', [], 'shop/web', 'shop/db', 'all'],
    ['ingress absent', [forDb({})], 'shop/web', 'shop/db', 'none'],
    ['ingress []', [forDb({ ingress: [] })], 'shop/web', 'shop/db', 'none'],
    ['ingress [{}]', [forDb({ ingress: [{}] })], 'shop/web', 'shop/db', 'all'],
    [
      'types [Egress] with ingress rules: ignored',
      [forDb({ policyTypes: ['Egress'], ingress: [{ from: [web] }] })],
      'shop/bare',
      'shop/db',
      'all',
    ],
    ['egress absent, types unset', [forDb({})], 'shop/db', 'shop/web', 'all'],
    ['egress [] with types unset isolates nothing', [forDb({ egress: [] })], 'shop/db', 'shop/web', 'all'],
    [
      'an egress rule with types unset isolates both',
      [forDb({ egress: [{ to: [web] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    ['types [] are types unset', [forDb({ policyTypes: [], egress: [{ to: [web] }] })], 'shop/db', 'shop/bare', 'none'],
    [
      'NotIn takes a missing key',
      [
        forDb({
          ingress: [
            { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } }] },
          ],
        }),
      ],
      'shop/bare',
      'shop/db',
      'all',
    ],
    [
      'In without values takes nobody',
      [
        forDb({
          ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] } }] }],
        }),
      ],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'an empty podSelector is of the own namespace',
      [forDb({ ingress: [{ from: [{ podSelector: {} }] }] })],
      'other/web',
      'shop/db',
      'none',
    ],
    [
      'both selectors in a peer: AND',
      [forDb({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'shop' } }, ...web }] }] })],
      'other/web',
      'shop/db',
      'none',
    ],
    [
      'in two peers: OR',
      [forDb({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'other' } } }, web] }] })],
      'other/web',
      'shop/db',
      'all',
    ],
    [
      'namespaceSelector {} and a podSelector',
      [forDb({ ingress: [{ from: [{ namespaceSelector: {}, ...web }] }] })],
      'other/web',
      'shop/db',
      'all',
    ],
    [
      'the name of a namespace, which manifests do not have',
      [
        forDb({
          ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }] }],
        }),
      ],
      'other/web',
      'shop/db',
      'all',
    ],
    [
      'an exception that another peer allows',
      [
        forDb({
          ingress: [
            {
              from: [
                { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/28'] } },
                { ipBlock: { cidr: '203.0.113.0/30' } },
              ],
            },
          ],
        }),
      ],
      '203.0.113.1',
      'shop/db',
      'all',
    ],
    [
      'an exception',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/28'] } }] }] })],
      '203.0.113.1',
      'shop/db',
      'none',
    ],
    [
      'an exception of everything',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.0/24'] } }] }] })],
      '203.0.113.1',
      'shop/db',
      'none',
    ],
    [
      'an IPv6 block',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '2001:db8::/32' } }] }] })],
      '2001:db8::1',
      'shop/db',
      'all',
    ],
    [
      'an IPv6 block takes no IPv4',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '::/0' } }] }] })],
      '203.0.113.1',
      'shop/db',
      'none',
    ],
    [
      'host bits mean their network',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.77/24' } }] }] })],
      '203.0.113.1',
      'shop/db',
      'all',
    ],
    [
      'endPort equal to port',
      [forDb({ ingress: [{ ports: [{ port: 80, endPort: 80 }] }] })],
      'shop/web',
      'shop/db',
      'TCP 80',
    ],
    [
      'endPort with a named port is refused',
      [forDb({ ingress: [{ ports: [{ port: 'http', endPort: 80 }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a reversed range is refused',
      [forDb({ ingress: [{ ports: [{ port: 90, endPort: 80 }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a named port is of the destination',
      [forDb({ ingress: [{ ports: [{ port: 'http' }] }] })],
      'shop/web',
      'shop/db',
      'TCP 9090',
    ],
    [
      'the same name for UDP',
      [forDb({ ingress: [{ ports: [{ port: 'http', protocol: 'UDP' }] }] })],
      'shop/web',
      'shop/db',
      'UDP 9091',
    ],
    [
      'a named port on egress',
      [forDb({ policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }] }] })],
      'shop/db',
      'shop/web',
      'TCP 8080',
    ],
    [
      'a named port to addresses matches nothing',
      [forDb({ policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }] }] })],
      'shop/db',
      '203.0.113.1',
      'none',
    ],
    [
      'a protocol without port',
      [forDb({ ingress: [{ ports: [{ protocol: 'UDP' }] }] })],
      'shop/web',
      'shop/db',
      'UDP 1-65535',
    ],
    [
      'SCTP alone isolates TCP too',
      [forDb({ ingress: [{ ports: [{ protocol: 'SCTP', port: 9 }] }] })],
      'shop/web',
      'shop/db',
      'SCTP 9',
    ],
    [
      'a port without protocol is TCP',
      [forDb({ ingress: [{ ports: [{ port: 53 }] }] })],
      'shop/web',
      'shop/db',
      'TCP 53',
    ],
    [
      'a pod on the host network is not selected',
      [{ ...forDb({}), spec: { podSelector: {} } }],
      'shop/web',
      'shop/agent',
      'all',
    ],
    ['and is no peer by its labels', [forDb({ ingress: [{ from: [web] }] })], 'shop/agent', 'shop/db', 'none'],
    [
      'a pod without labels is selected by {}',
      [{ ...forDb({}), spec: { podSelector: {} } }],
      'shop/web',
      'shop/bare',
      'none',
    ],
    [
      'two policies of the same pods, with other types',
      [forDb({ policyTypes: ['Ingress'], ingress: [{ from: [web] }] }), forDb({ policyTypes: ['Egress'] })],
      'shop/web',
      'shop/db',
      'all',
    ],
    [
      'two policies add up',
      [forDb({ ingress: [{ ports: [{ port: 80 }] }] }), forDb({ ingress: [{ from: [web], ports: [{ port: 81 }] }] })],
      'shop/web',
      'shop/db',
      'TCP 80-81',
    ],
    [
      'addresses that are assumed may be in a block',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/16' } }] }] })],
      'shop/web',
      'shop/db',
      'none or all',
    ],
    [
      'a block of public addresses takes no pod',
      [forDb({ ingress: [{ from: [{ ipBlock: { cidr: '203.0.113.0/24' } }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a selector that is no object selects nobody for sure',
      [{ ...forDb({}), spec: { podSelector: 'app=db' } }],
      'shop/web',
      'shop/db',
      'none or all',
    ],
    [
      'peers that are no objects allow nobody',
      [forDb({ ingress: [{ from: ['web'] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a peer list that is no list allows nobody',
      [forDb({ ingress: [{ from: 'web' }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    ['a peer without fields allows nobody', [forDb({ ingress: [{ from: [{}] }] })], 'shop/web', 'shop/db', 'none'],
    [
      'Pass, no NetworkPolicy, then a baseline that denies',
      [
        cluster({ ingress: [{ action: 'Pass', from: [{ namespaces: {} }] }] }),
        cluster({ tier: 'Baseline', ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'base'),
      ],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'Accept before a NetworkPolicy that denies',
      [cluster({ ingress: [{ action: 'Accept', from: [{ namespaces: {} }] }] }), forDb({})],
      'shop/web',
      'shop/db',
      'all',
    ],
    [
      'Accept of one side is not enough',
      [cluster({ egress: [{ action: 'Accept', to: [{ namespaces: {} }] }] }), forDb({})],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'a NetworkPolicy is final: no baseline after it',
      [
        forDb({ ingress: [{ from: [web] }] }),
        cluster({ tier: 'Baseline', ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }),
      ],
      'shop/web',
      'shop/db',
      'all',
    ],
    [
      'equal priorities that disagree are not known',
      [
        cluster({ ingress: [{ action: 'Accept', from: [{ namespaces: {} }] }] }, 'a'),
        cluster({ ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'b'),
      ],
      'shop/web',
      'shop/db',
      'none or all',
    ],
    [
      'equal priorities that agree are',
      [
        cluster({ ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'a'),
        cluster({ ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'b'),
      ],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'networks of 0.0.0.0/0 take pods too',
      [cluster({ egress: [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'an unknown peer: Accept takes nothing',
      [
        cluster({ ingress: [{ action: 'Accept', from: [{ tenants: {} }] }] }),
        cluster({ tier: 'Baseline', ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] }, 'base'),
      ],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'an unknown peer: Deny takes everything',
      [cluster({ ingress: [{ action: 'Deny', from: [{ tenants: {} }] }] })],
      '203.0.113.1',
      'shop/db',
      'none',
    ],
    [
      'an unknown peer: Pass denies everything',
      [cluster({ ingress: [{ action: 'Pass', from: [{ tenants: {} }] }] })],
      'shop/web',
      'shop/db',
      'none',
    ],
    [
      'names of domains are not known',
      [
        cluster({
          egress: [
            { action: 'Accept', to: [{ domainNames: ['example.com'] }] },
            { action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] },
          ],
        }),
      ],
      'shop/web',
      '203.0.113.1',
      'none or all',
    ],
    [
      'a cluster policy does not select the host network',
      [cluster({ ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }] })],
      'shop/web',
      'shop/agent',
      'all',
    ],
  ];
  it.each(cases)('%s', (_, policies, from, to, wanted) => {
    expect(ports(engine({ ...shop, policies: [...policies] }, 'unknown'), from, to)).toBe(wanted);
  });

  it('asks of a pod with two addresses for one that is allowed, and for both that are denied', () => {
    const dual = {
      ...shop,
      pods: shop.pods.map((pod) => (pod.name === 'db' ? { ...pod, ip: '10.0.0.1,fd00::1' } : pod)),
    };
    const toFour = {
      ...forDb({}),
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
    };
    expect(ports(engine({ ...dual, policies: [toFour] }), 'shop/web', 'shop/db')).toBe('all');
    const deny = cluster({ egress: [{ action: 'Deny', to: [{ networks: ['10.0.0.0/8'] }] }] });
    expect(ports(engine({ ...dual, policies: [deny] }), 'shop/web', 'shop/db')).toBe('none or all');
  });
});
