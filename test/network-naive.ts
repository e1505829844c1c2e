import type { Protocol } from '../src/semantics/network-policy/index.ts';

// A second engine, written from the text of the API and for one packet at a time: no classes, sets or tiers of rows.

/** Manifests as they are written in a test: their shape is what is being tried. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any;
export type Labels = Record<string, string>;
export interface PlainPod {
  name: string;
  namespace: string;
  labels: Labels;
  host: boolean;
  ip: string;
  ports: { name: string; protocol: Protocol; port: number }[];
}
export interface Plain {
  namespaces: Record<string, Labels>;
  pods: PlainPod[];
  policies: Loose[];
}
export type Peer = PlainPod | { ip: string };

export const isPod = (peer: Peer): peer is PlainPod => 'labels' in peer;

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

/** The bits of an address, as text: of another length for another family. */
function bitsOf(ip: string): string {
  if (!ip.includes(':'))
    return ip
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  const [left = '', right = ''] = ip.split('::').map((half) => half);
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const middle = Array.from({ length: 8 - groups(left).length - groups(right).length }, () => '0');
  return [...groups(left), ...middle, ...groups(right)]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

function inCidr(ip: string, cidr: string): boolean {
  const [base = '', bits = ''] = cidr.split('/');
  const [own, other] = [bitsOf(ip), bitsOf(base)];
  return own.length === other.length && own.slice(0, Number(bits)) === other.slice(0, Number(bits));
}

export interface Packet {
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

function adminPort(rule: Loose, packet: Packet): boolean {
  if (rule.protocols === undefined && rule.ports === undefined) return true;
  const isNamed = (name: string): boolean =>
    isPod(packet.to) &&
    !packet.to.host &&
    packet.to.ports.some(
      (port) => port.name === name && port.protocol === packet.protocol && port.port === packet.port,
    );
  const isIn = (from: number, to: number): boolean => packet.port >= from && packet.port <= to;
  const isNew = (rule.protocols ?? []).some((each: Loose) => {
    if (each.destinationNamedPort !== undefined) return isNamed(each.destinationNamedPort);
    const inner = each[packet.protocol.toLowerCase()];
    if (inner === undefined) return false;
    const port = inner.destinationPort;
    if (port === undefined) return true;
    return port.number === undefined ? isIn(port.range.start, port.range.end) : packet.port === port.number;
  });
  const isOld = (rule.ports ?? []).some(({ portNumber, portRange, namedPort }: Loose) => {
    if (namedPort !== undefined) return isNamed(namedPort);
    if (portNumber !== undefined) return portNumber.protocol === packet.protocol && portNumber.port === packet.port;
    return portRange.protocol === packet.protocol && isIn(portRange.start, portRange.end);
  });
  return isNew || isOld;
}

/** Which tier a policy of the cluster is of. */
function tierOf({ kind, spec }: Loose): string | undefined {
  if (kind === 'AdminNetworkPolicy') return 'Admin';
  if (kind === 'BaselineAdminNetworkPolicy') return 'Baseline';
  return kind === 'ClusterNetworkPolicy' ? spec.tier : undefined;
}

function adminTier(world: Plain, tier: string, direction: 'ingress' | 'egress', packet: Packet): string | undefined {
  const [self, other] = direction === 'ingress' ? [packet.to, packet.from] : [packet.from, packet.to];
  if (!isPod(self) || self.host) return undefined;
  const policies = world.policies
    .filter((policy) => tierOf(policy) === tier)
    .sort((a, b) => (a.spec.priority ?? 1000) - (b.spec.priority ?? 1000));
  for (const { spec } of policies) {
    if (!adminPeer(world, spec.subject, self)) continue;
    for (const rule of spec[direction] ?? []) {
      const peers = direction === 'ingress' ? rule.from : rule.to;
      if (!peers.some((peer: Loose) => adminPeer(world, peer, other)) || !adminPort(rule, packet)) continue;
      return rule.action === 'Allow' ? 'Accept' : rule.action;
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

export const naive = (world: Plain, packet: Packet): boolean =>
  passesSide(world, 'egress', packet) && passesSide(world, 'ingress', packet);
