import { type Malformed, Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { addressSet, parseCidr } from './address-set.ts';
import { parseCalicoSelector } from './calico-selector.ts';
import { everything, type LabelExpression, type PolicyProblem } from './label-expression.ts';
import {
  type Action,
  anyPeer,
  type Direction,
  hostSubject,
  onlyNamespace,
  type Peer,
  type Policy,
  type PolicyDirection,
  type PolicyRule,
  type RulePort,
  type Tier,
  tiers,
  unreadPolicy,
} from './policy.ts';
import { type Protocol, protocols } from './port-set.ts';
import { problem, protocolNamed } from './read-network-policy.ts';

/** What other Calico objects say that policies depend on. */
export interface CalicoContext {
  /** Tiers by name, with what they do with what none of their policies decides. */
  readonly tiers: ReadonlyMap<string, { readonly order: number; readonly defaultAction: 'Deny' | 'Pass' }>;
  /** Whether there may be host endpoints and network sets, which selectors take too. */
  readonly hasSets: boolean;
}

/**
 * Reads a NetworkPolicy or GlobalNetworkPolicy of projectcalico.org/v3 as far as it is certain what it takes; of the
 * rest each rule says what is not. Of policies for host endpoints alone (preDNAT, doNotTrack) nothing is certain.
 * Source: Calico's reference of these resources.
 */
export function readCalicoPolicy(object: KubeObject, context: CalicoContext): Policy {
  const malformed: Malformed[] = [];
  const problems: PolicyProblem[] = [];
  const spec = new Reader(object.value, [], malformed).object('spec');
  const isGlobal = object.kind === 'GlobalNetworkPolicy';
  const apart = ['preDNAT', 'doNotTrack'].find((field) => isGlobal && spec.boolean(field) === true);
  if (apart !== undefined)
    return unreadPolicy(object, hostSubject, `policies for host endpoints (${apart}) are not read`);
  const tier = tierOf(spec.string('tier') ?? 'default', context);
  const pods = selector(spec, 'selector', problems);
  const spaces = isGlobal ? selector(spec, 'namespaceSelector', problems) : onlyNamespace(object.namespace ?? '');
  const unsure = unsureOf(spec, { pods, spaces, tier });
  const reader: RuleContext = { ...context, isGlobal, own: spaces ?? everything, problems };
  const direction = (name: Direction): PolicyDirection => ({
    rules: spec.objects(name).flatMap((rule) => readRule(rule, name, reader)),
    isolates: tier?.defaultAction !== 'Pass',
  });
  const types = typesOf(spec);
  return {
    object,
    // Nobody knows where a tier stands that is not shown: it may be before all others.
    tier: tier?.tier ?? { rank: 0, name: spec.string('tier') ?? '' },
    order: orderOf(spec),
    ties: 'by-name',
    subject: { namespaces: spaces ?? everything, pods: pods ?? everything },
    ...(unsure !== undefined && { unsure }),
    ingress: types.has('Ingress') ? direction('ingress') : undefined,
    egress: types.has('Egress') ? direction('egress') : undefined,
    problems: [...malformed, ...problems],
  };
}

interface RuleContext extends CalicoContext {
  readonly isGlobal: boolean;
  readonly own: LabelExpression;
  readonly problems: PolicyProblem[];
}

function tierOf(
  name: string,
  { tiers: known }: CalicoContext,
): { tier: Tier; defaultAction: 'Deny' | 'Pass' } | undefined {
  const given = known.get(name);
  if (given !== undefined) return { tier: { rank: given.order, name }, defaultAction: given.defaultAction };
  return name === 'default' ? { tier: tiers.namespace, defaultAction: 'Deny' } : undefined;
}

function unsureOf(
  spec: Reader,
  { pods, spaces, tier }: { readonly pods: unknown; readonly spaces: unknown; readonly tier: unknown },
): string | undefined {
  if (pods === undefined) return 'its selector cannot be read';
  if (spaces === undefined) return 'its namespaceSelector cannot be read';
  if (tier === undefined) return `its tier ${spec.string('tier')} is not in the evidence`;
  return spec.has('serviceAccountSelector') ? 'labels of service accounts are not compared' : undefined;
}

/** Policies without an order come last. */
function orderOf(spec: Reader): number {
  const order = spec.get('order');
  return typeof order === 'number' ? order : Number.POSITIVE_INFINITY;
}

function typesOf(spec: Reader): ReadonlySet<string> {
  const given = spec.strings('types');
  if (given.length > 0) return new Set(given);
  const [hasIngress, hasEgress] = [spec.objects('ingress').length > 0, spec.objects('egress').length > 0];
  if (!hasEgress) return new Set(['Ingress']);
  return new Set(hasIngress ? ['Ingress', 'Egress'] : ['Egress']);
}

/** Everything where it is not set; undefined for one that cannot be read. */
function selector(reader: Reader, key: string, problems: PolicyProblem[]): LabelExpression | undefined {
  const text = reader.string(key);
  if (text === undefined) return reader.has(key) ? undefined : everything;
  const parsed = parseCalicoSelector(text);
  if (parsed === undefined && text !== 'global()') {
    problem(problems, reader.at(key), `is ${JSON.stringify(text)}, which is no selector of Calico`);
  }
  return parsed;
}

const actions: ReadonlyMap<string, Action> = new Map([
  ['Allow', 'allow'],
  ['Deny', 'deny'],
  ['Pass', 'pass'],
]);

/** Nothing for a rule that decides about no connection, such as one that logs. */
function readRule(rule: Reader, direction: Direction, context: RuleContext): readonly PolicyRule[] {
  const named = rule.string('action') ?? '';
  const action = actions.get(named);
  if (action === undefined) {
    if (named !== 'Log') problem(context.problems, rule.at('action'), `is "${named}", which is no action`);
    return [];
  }
  const [far, near] = direction === 'ingress' ? ['source', 'destination'] : ['destination', 'source'];
  const taken = protocolsOf(rule);
  if (taken.length === 0) return [];
  const { ports, unsure: unsurePorts } = portsOf(rule, taken, context.problems);
  const peer = readSide(rule.object(far ?? ''), context);
  const unsure = unsurePorts ?? unsureRule(rule, near ?? '', direction);
  return [{ path: rule.path, action, peers: [peer], ports, ...(unsure !== undefined && { unsure }) }];
}

const numbered: ReadonlyMap<number, Protocol> = new Map([
  [6, 'TCP'],
  [17, 'UDP'],
  [132, 'SCTP'],
]);

function protocolsOf(rule: Reader): readonly Protocol[] {
  const read = (value: string | number | undefined): Protocol | undefined =>
    typeof value === 'number' ? numbered.get(value) : protocolNamed((value ?? '').toUpperCase());
  if (rule.has('protocol')) {
    const one = read(rule.scalar('protocol'));
    return one === undefined ? [] : [one];
  }
  const not = rule.has('notProtocol') ? read(rule.scalar('notProtocol')) : undefined;
  return protocols.filter((each) => each !== not);
}

function portsOf(
  rule: Reader,
  taken: readonly Protocol[],
  problems: PolicyProblem[],
): { readonly ports: 'all' | readonly RulePort[]; readonly unsure?: string } {
  const whole = taken.map((protocol) => ({ protocol, from: 1, to: 65535 }));
  const side = rule.object('destination');
  const list = side.get('ports');
  if (side.has('notPorts')) {
    const others = portsBut(side.get('notPorts'), taken);
    const isKnown = others !== undefined && !Array.isArray(list);
    return isKnown ? { ports: others } : { ports: whole, unsure: 'it leaves out ports (notPorts)' };
  }
  if (!Array.isArray(list)) return { ports: taken.length === protocols.length ? 'all' : whole };
  const ports: RulePort[] = [];
  for (const [index, item] of list.entries()) {
    const [, from, to] = /^(\d+)(?::(\d+))?$/.exec(String(item)) ?? [];
    const [low, high] = [Number(from), Number(to ?? from)];
    if (from === undefined && typeof item === 'string')
      ports.push(...taken.map((protocol) => ({ protocol, name: item })));
    else if (low <= high && high <= 65535) ports.push(...taken.map((protocol) => ({ protocol, from: low, to: high })));
    else problem(problems, side.at('ports', index), `is ${JSON.stringify(item)}, which is no range of ports`);
  }
  return { ports };
}

/** All ports but those of a list; undefined where it has a name, which is another number at each destination. */
function portsBut(list: unknown, taken: readonly Protocol[]): readonly RulePort[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const left: (readonly [number, number])[] = [];
  for (const item of list) {
    const [, from, to] = /^(\d+)(?::(\d+))?$/.exec(String(item)) ?? [];
    const [low, high] = [Number(from), Number(to ?? from)];
    if (!(low <= high && high <= 65535)) return undefined;
    left.push([low, high]);
  }
  const kept: (readonly [number, number])[] = [];
  let next = 1;
  for (const [low, high] of left.sort((a, b) => a[0] - b[0])) {
    if (low > next) kept.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= 65535) kept.push([next, 65535]);
  return taken.flatMap((protocol) => kept.map(([from, to]) => ({ protocol, from, to })));
}

function unsureRule(rule: Reader, near: string, direction: Direction): string | undefined {
  if (rule.has('http')) return 'it looks into HTTP';
  if (rule.has('icmp') || rule.has('notICMP')) return 'it is about ICMP';
  const side = rule.object(near);
  const ports = new Set(direction === 'ingress' ? ['ports', 'notPorts'] : []);
  const isNarrow = Object.keys(side.raw).some((key) => !ports.has(key));
  if (isNarrow) return `its ${near} narrows the pods that it is about`;
  const source = rule.object('source');
  return source.has('ports') || source.has('notPorts') ? 'it looks at source ports' : undefined;
}

const knownFields: ReadonlySet<string> = new Set([
  ...['selector', 'notSelector', 'namespaceSelector', 'nets', 'notNets', 'ports', 'notPorts', 'serviceAccounts'],
]);

function readSide(side: Reader, context: RuleContext): Peer {
  const parts: Peer[] = [];
  const unknown = Object.keys(side.raw).find((key) => !knownFields.has(key));
  if (unknown !== undefined) parts.push({ kind: 'unknown', reason: `${unknown} is not read` });
  for (const key of ['nets', 'notNets'] as const) {
    if (!side.has(key)) continue;
    const nets: Peer = { kind: 'network', addresses: networks(side, key, context.problems) };
    parts.push(key === 'nets' ? nets : { kind: 'not', of: nets });
  }
  const chosen = readSelectors(side, context);
  if (chosen !== undefined) parts.push(chosen);
  const [only] = parts;
  if (only === undefined) return anyPeer;
  return parts.length === 1 ? only : { kind: 'both', of: parts };
}

/** The pods that selectors of one side take; undefined where it has none. */
function readSelectors(side: Reader, context: RuleContext): Peer | undefined {
  const accounts = side.object('serviceAccounts');
  const names = accounts.strings('names');
  const isChosen = ['selector', 'notSelector', 'namespaceSelector', 'serviceAccounts'].some((key) => side.has(key));
  if (!isChosen) return undefined;
  const spaces = side.has('namespaceSelector')
    ? selector(side, 'namespaceSelector', context.problems)
    : context.isGlobal
      ? everything
      : context.own;
  const terms = [selector(side, 'selector', context.problems)];
  if (side.has('notSelector')) {
    const not = selector(side, 'notSelector', context.problems);
    terms.push(not === undefined ? undefined : { op: 'not', of: not });
  }
  if (names.length > 0) terms.push({ op: 'in', key: 'projectcalico.org/serviceaccount', values: names });
  const known = terms.filter((term) => term !== undefined);
  if (spaces === undefined || known.length < terms.length)
    return { kind: 'unknown', reason: 'its selectors cannot be read' };
  const pods: Peer = { kind: 'pods', namespaces: spaces, pods: { op: 'and', of: known } };
  const parts: Peer[] = [pods];
  if (accounts.has('selector'))
    return { kind: 'both', of: [pods, { kind: 'unknown', reason: 'labels of service accounts' }] };
  if (context.hasSets) {
    const outside: Peer = { kind: 'either', of: [{ kind: 'outside' }, { kind: 'hosts' }] };
    const doubt: Peer = { kind: 'unknown', reason: 'network sets and host endpoints are not compared' };
    parts.push({ kind: 'both', of: [outside, doubt] });
  }
  return parts.length === 1 ? pods : { kind: 'either', of: parts };
}

function networks(side: Reader, key: string, problems: PolicyProblem[]) {
  return addressSet(
    side.strings(key).flatMap((text, index) => {
      const cidr = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
      if (cidr !== undefined) return [cidr.interval];
      problem(problems, side.at(key, index), `is "${text}", which is no CIDR`);
      return [];
    }),
  );
}
