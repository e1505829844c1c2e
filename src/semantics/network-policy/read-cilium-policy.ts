import { type Malformed, Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { addressSet, parseCidr, subtract } from './address-set.ts';
import { everything, keysOf, type LabelExpression, type PolicyProblem, readLabelSelector } from './label-expression.ts';
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
  tiers,
  unreadPolicy,
} from './policy.ts';
import { protocols } from './port-set.ts';
import { problem, protocolNamed } from './read-network-policy.ts';
import { ciliumNamespaceLabel } from './world.ts';

/**
 * Reads a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy as far as it is certain what it takes. Denials come
 * before all that allows, NetworkPolicies included; rules of layer 7 narrow requests, not connections, and are left
 * out. Of a policy for nodes nothing is certain: whether the firewall of hosts is on, and which nodes it is about.
 * Source: Cilium's documentation of network policies, and pkg/policy/api.
 */
export function readCiliumPolicy(object: KubeObject): readonly Policy[] {
  const malformed: Malformed[] = [];
  const root = new Reader(object.value, [], malformed);
  const specs = [...(root.has('spec') ? [root.object('spec')] : []), ...root.objects('specs')];
  const policies = specs.flatMap((spec) => readSpec(object, spec));
  const [first, ...rest] = policies;
  return first === undefined ? [] : [{ ...first, problems: [...malformed, ...first.problems] }, ...rest];
}

interface Context {
  /** Where selectors that name no namespace look. */
  readonly own: LabelExpression;
  readonly problems: PolicyProblem[];
}

function readSpec(object: KubeObject, spec: Reader): readonly Policy[] {
  if (spec.has('nodeSelector'))
    return [unreadPolicy(object, hostSubject, 'policies for nodes (nodeSelector) are not read')];
  const problems: PolicyProblem[] = [];
  const isClusterwide = object.kind === 'CiliumClusterwideNetworkPolicy';
  const own = isClusterwide ? everything : onlyNamespace(object.namespace ?? '');
  const context: Context = { own, problems };
  const pods = readSelector(spec, 'endpointSelector', problems);
  const unsure =
    pods === undefined || !spec.has('endpointSelector') ? 'its endpointSelector cannot be read' : undefined;
  const base = {
    object,
    tier: tiers.namespace,
    ties: 'union' as const,
    subject: { namespaces: own, pods: pods ?? everything },
    ...(unsure !== undefined && { unsure }),
  };
  const isolates = (direction: Direction): boolean => {
    const given = spec.object('enableDefaultDeny').boolean(direction);
    return given ?? (spec.objects(direction).length > 0 || spec.objects(`${direction}Deny`).length > 0);
  };
  const direction = (name: Direction, action: Action): PolicyDirection => ({
    rules: spec
      .objects(action === 'allow' ? name : `${name}Deny`)
      .flatMap((rule) => readRule(rule, name, { ...context, action })),
    isolates: isolates(name),
  });
  const made = (['allow', 'deny'] as const).map((action): Policy => {
    const [ingress, egress] = [direction('ingress', action), direction('egress', action)];
    return {
      ...base,
      order: action === 'deny' ? Number.NEGATIVE_INFINITY : 1000,
      ingress: isEmpty(ingress) ? undefined : ingress,
      egress: isEmpty(egress) ? undefined : egress,
      problems: action === 'allow' ? problems : [],
    };
  });
  return made.filter(
    ({ ingress, egress }, at) => at === 0 || (ingress?.rules.length ?? 0) + (egress?.rules.length ?? 0) > 0,
  );
}

function isEmpty({ rules, isolates }: PolicyDirection): boolean {
  return rules.length === 0 && !isolates;
}

/** A selector with Cilium's prefixes, in the terms of labels; undefined for one that cannot be told. */
function readSelector(parent: Reader, key: string, problems: PolicyProblem[]): LabelExpression | undefined {
  const expression = readLabelSelector(parent, key, problems);
  if (expression.op === 'none') return undefined;
  return plain(expression);
}

function plain(expression: LabelExpression): LabelExpression | undefined {
  if ('key' in expression) {
    const { key } = expression;
    const bare = key.replace(/^(?:k8s|any)[:.]/, '');
    return /^[a-z]+:/.test(bare) ? undefined : { ...expression, key: bare };
  }
  if (expression.op === 'not') {
    const of = plain(expression.of);
    return of === undefined ? undefined : { op: 'not', of };
  }
  if (expression.op !== 'and' && expression.op !== 'or') return expression;
  const parts = expression.of.map(plain).filter((part) => part !== undefined);
  return parts.length < expression.of.length ? undefined : { op: expression.op, of: parts };
}

function namesNamespaces(expression: LabelExpression): boolean {
  for (const key of keysOf(expression)) {
    if (key === 'io.kubernetes.pod.namespace' || key.startsWith(ciliumNamespaceLabel)) return true;
  }
  return false;
}

interface RuleContext extends Context {
  readonly action: Action;
}

const readFields = ['Endpoints', 'Entities', 'CIDR', 'CIDRSet', 'FQDNs'] as const;
const unreadFields = ['Services', 'Groups', 'Nodes', 'Requires'] as const;

function readRule(rule: Reader, direction: Direction, { own, problems, action }: RuleContext): readonly PolicyRule[] {
  const side = direction === 'ingress' ? 'from' : 'to';
  const present = readFields.filter((field) => rule.has(`${side}${field}`));
  const unread = unreadFields.filter((field) => rule.has(`${side}${field}`));
  const hasPorts = rule.has('toPorts');
  if (present.length === 0 && unread.length === 0 && !hasPorts) return [];
  const peers: Peer[] = unread.map((field) => ({ kind: 'unknown', reason: `${side}${field} is not read` }));
  for (const field of present) peers.push(...readPeers(rule, `${side}${field}`, { own, problems }));
  if (present.length === 0 && unread.length === 0) peers.push(anyPeer);
  const isMixed = present.filter((field) => field !== 'CIDRSet').length > 1;
  return [
    {
      path: rule.path,
      action,
      peers,
      ports: hasPorts ? readPorts(rule, problems) : 'all',
      ...(isMixed && { unsure: 'Cilium refuses rules that mix kinds of peers' }),
    },
  ];
}

function readPeers(rule: Reader, field: string, { own, problems }: Context): readonly Peer[] {
  if (field.endsWith('Endpoints')) {
    return rule.objects(field).map((each): Peer => {
      const pods = readSelector(wrapped(each), 'selector', problems);
      if (pods === undefined) return { kind: 'unknown', reason: `${field} holds what is not read` };
      return { kind: 'pods', namespaces: namesNamespaces(pods) ? everything : own, pods };
    });
  }
  if (field.endsWith('Entities')) return entities(rule.strings(field));
  if (field.endsWith('FQDNs')) return [outside({ kind: 'unknown', reason: 'addresses of names are not known' })];
  if (field.endsWith('CIDR')) {
    return rule.strings(field).map((text, index) => {
      const cidr = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
      if (cidr !== undefined) return outside({ kind: 'network', addresses: [cidr.interval] });
      problem(problems, rule.at(field, index), `is "${text}", which is no CIDR`);
      return { kind: 'none' };
    });
  }
  return rule.objects(field).map((each) => {
    const cidr = parseCidr(each.string('cidr') ?? '');
    if (cidr === undefined) return outside({ kind: 'unknown', reason: 'a group of CIDRs is not read' });
    const except = each.strings('except').flatMap((text) => {
      const inner = parseCidr(text);
      return inner === undefined ? [] : [inner.interval];
    });
    return outside({ kind: 'network', addresses: subtract([cidr.interval], addressSet(except)) });
  });
}

/** Cilium matches CIDRs against what it does not manage: neither pods nor nodes. */
function outside(peer: Peer): Peer {
  return { kind: 'both', of: [{ kind: 'outside' }, peer] };
}

const podsOfCluster: Peer = { kind: 'pods', namespaces: everything, pods: everything };

function entities(names: readonly string[]): readonly Peer[] {
  const given = new Set(names);
  const peers: Peer[] = [];
  if (given.has('all')) peers.push(anyPeer);
  if (given.has('world')) peers.push({ kind: 'outside' });
  if (given.has('cluster')) peers.push(podsOfCluster);
  if (given.has('cluster') || (given.has('host') && given.has('remote-node'))) peers.push({ kind: 'hosts' });
  for (const name of given) {
    if (['all', 'world', 'cluster'].includes(name)) continue;
    const peer: Peer = name === 'host' || name === 'remote-node' ? { kind: 'hosts' } : anyPeer;
    peers.push({ kind: 'both', of: [peer, { kind: 'unknown', reason: `which endpoints are ${name} is not known` }] });
  }
  return peers;
}

/** A reader under whose key `selector` the object of another stands. */
function wrapped(each: Reader): Reader {
  return new Reader({ selector: each.raw }, each.path, each.malformed);
}

function readPorts(rule: Reader, problems: PolicyProblem[]): 'all' | readonly RulePort[] {
  const lists = rule.objects('toPorts');
  if (lists.some((each) => !each.has('ports'))) return 'all';
  return lists.flatMap((each) =>
    each.objects('ports').flatMap((port): readonly RulePort[] => {
      const text = String(port.scalar('port') ?? '');
      const named = (port.string('protocol') ?? 'ANY').toUpperCase();
      const one = protocolNamed(named);
      if (one === undefined && named !== 'ANY') return [];
      const taken = one === undefined ? protocols : [one];
      if (text === '' || text === '0') return taken.map((protocol) => ({ protocol, from: 1, to: 65535 }));
      if (!/^\d+$/.test(text)) return taken.map((protocol) => ({ protocol, name: text }));
      const from = Number(text);
      const to = port.integer('endPort') || from;
      if (from > 65535 || to < from || to > 65535) {
        problem(problems, port.path, `is no range of ports: from ${from} to ${to}`);
        return [];
      }
      return taken.map((protocol) => ({ protocol, from, to }));
    }),
  );
}
