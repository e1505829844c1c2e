import type { Json, JsonObject } from '../src/model/json.ts';
import type { Labels, Plain } from './network-naive.ts';

// Random worlds: few names, so that selectors meet pods; a generator of its own, so that a seed is a world.

export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const portNumbers = [53, 80, 443, 8080, 8081, 9000];

export function randomWorld(next: () => number): Plain {
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
    if (maybe(0.3)) {
      const cidr = pick(['::/0', 'fd00::/8', 'fd00:1::/32', '2001:db8::/32']);
      return {
        ipBlock: { cidr, ...(maybe(0.5) && { except: [pick(['fd00:1::/64', '2001:db8::/64', 'fd00::3/128'])] }) },
      };
    }
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
  const adminPorts = (isOld: boolean): JsonObject => {
    const range = { start: 80, end: pick([443, 8080]) };
    const named = pick(['http', 'dns', 'none']);
    const list = times(1 + below(2), (): JsonObject => {
      const protocol = pick(['tcp', 'udp', 'sctp']);
      const kind = below(4);
      if (kind === 0) return isOld ? { namedPort: named } : { destinationNamedPort: named };
      if (isOld) {
        const of = { protocol: protocol.toUpperCase() };
        return kind === 1 ? { portRange: { ...of, ...range } } : { portNumber: { ...of, port: pick(portNumbers) } };
      }
      if (kind === 1) return { [protocol]: { destinationPort: { range } } };
      return { [protocol]: kind === 2 ? {} : { destinationPort: { number: pick(portNumbers) } } };
    });
    return { [isOld ? 'ports' : 'protocols']: list };
  };
  const adminRule = (side: string, isOld: boolean): JsonObject => ({
    action: pick([isOld ? 'Allow' : 'Accept', 'Deny', 'Pass']),
    [side]: times(1 + below(2), () =>
      side === 'to' && maybe(0.3)
        ? {
            networks: times(1 + below(2), () =>
              pick(['0.0.0.0/0', '10.1.0.0/16', '203.0.113.0/24', '::/0', 'fd00::/8']),
            ),
          }
        : adminPeerOf(),
    ),
    ...(maybe(0.6) && adminPorts(isOld)),
  });
  const namespaces = { a: { team: 'one' }, b: { team: 'two' }, c: {} };
  const pods = times(6, (at) => ({
    name: `p${at}`,
    namespace: pick(['a', 'a', 'b', 'c']),
    labels: labels(),
    host: maybe(0.1),
    ip: maybe(0.75) ? `10.${below(2)}.0.${at + 1}` : `fd00:${below(2)}::${at + 1}`,
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
    ...times(maybe(0.5) ? below(4) : 0, (at) => {
      const isOld = maybe(0.3);
      const tier = pick(['Admin', 'Admin', 'Baseline']);
      const kind = !isOld
        ? 'ClusterNetworkPolicy'
        : tier === 'Admin'
          ? 'AdminNetworkPolicy'
          : 'BaselineAdminNetworkPolicy';
      return {
        kind,
        metadata: { name: `admin${at}` },
        spec: {
          ...(!isOld && { tier }),
          // The first decides before the others, whatever their kind; the old baseline has no priority and comes last.
          ...(kind !== 'BaselineAdminNetworkPolicy' && { priority: at }),
          subject: adminPeerOf(),
          ...(maybe(0.7) && { ingress: times(1 + below(3), () => adminRule('from', isOld)) }),
          ...(maybe(0.7) && { egress: times(1 + below(3), () => adminRule('to', isOld)) }),
        },
      };
    }),
  ];
  const olds = policies.filter(({ kind }) => kind === 'BaselineAdminNetworkPolicy');
  // There is no more than one of them.
  const real = policies.filter((policy) => policy.kind !== 'BaselineAdminNetworkPolicy' || policy === olds[0]);
  return { namespaces, pods, policies: real };
}
