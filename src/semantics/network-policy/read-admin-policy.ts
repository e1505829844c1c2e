import { describeType } from '../../model/json.ts';
import { type Malformed, Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { addressSet, parseCidr } from './address-set.ts';
import { everything, type LabelExpression, type PolicyProblem, readLabelSelector } from './label-expression.ts';
import {
  type Action,
  anyPeer,
  type Direction,
  type Peer,
  type Policy,
  type PolicyRule,
  type RulePort,
  tiers,
} from './policy.ts';
import type { Protocol } from './port-set.ts';
import { problem, protocolNamed } from './read-network-policy.ts';

/** v1alpha1 says Allow where v1alpha2 says Accept. */
const actions: ReadonlyMap<string, Action> = new Map([
  ['Accept', 'allow'],
  ['Allow', 'allow'],
  ['Deny', 'deny'],
  ['Pass', 'pass'],
]);

/**
 * Reads the kinds of policy.networking.k8s.io: ClusterNetworkPolicy (v1alpha2), AdminNetworkPolicy and
 * BaselineAdminNetworkPolicy (v1alpha1). A rule with a peer that is not known fails closed, as the API asks for: an
 * allowing rule takes nothing then, and any other denies everything.
 * Source: kubernetes-sigs/network-policy-api, apis/v1alpha1 and apis/v1alpha2.
 */
export function readAdminPolicy(object: KubeObject): Policy {
  const malformed: Malformed[] = [];
  const problems: PolicyProblem[] = [];
  const spec = new Reader(object.value, [], malformed).object('spec');
  const isCluster = object.kind === 'ClusterNetworkPolicy';
  const isBaseline = object.kind === 'BaselineAdminNetworkPolicy' || spec.string('tier') === 'Baseline';
  if (isCluster && !['Admin', 'Baseline'].includes(spec.string('tier') ?? '')) {
    problem(problems, spec.at('tier'), 'must be Admin or Baseline');
  }
  const priority = spec.integer('priority');
  if (object.kind !== 'BaselineAdminNetworkPolicy' && (priority === undefined || priority < 0 || priority > 1000)) {
    problem(problems, spec.at('priority'), 'must be a whole number from 0 to 1000');
  }
  const direction = (name: Direction) => {
    const rules = spec.objects(name).map((rule) => readRule(rule, name, problems));
    return rules.length === 0 ? undefined : { rules, isolates: false };
  };
  const subject = readPods(spec.object('subject'), problems);
  if (subject === undefined) problem(problems, spec.at('subject'), 'must have namespaces or pods');
  const [ingress, egress] = [direction('ingress'), direction('egress')];
  return {
    object,
    tier: isBaseline ? tiers.baseline : tiers.admin,
    order: priority ?? 1000,
    ties: 'undefined',
    subject: subject ?? { namespaces: { op: 'none' }, pods: { op: 'none' } },
    ingress,
    egress,
    problems: [...malformed, ...problems],
  };
}

function readPods(
  peer: Reader,
  problems: PolicyProblem[],
): { readonly namespaces: LabelExpression; readonly pods: LabelExpression } | undefined {
  if (peer.has('namespaces')) {
    return { namespaces: readLabelSelector(peer, 'namespaces', problems), pods: everything };
  }
  if (!peer.has('pods')) return undefined;
  const pods = peer.object('pods');
  return {
    namespaces: readLabelSelector(pods, 'namespaceSelector', problems),
    pods: readLabelSelector(pods, 'podSelector', problems),
  };
}

function readRule(rule: Reader, direction: Direction, problems: PolicyProblem[]): PolicyRule {
  const path = rule.path;
  const named = rule.string('action') ?? '';
  const action = actions.get(named);
  if (action === undefined) problem(problems, rule.at('action'), `is "${named}", which is no action`);
  const peers: Peer[] = [];
  let isClosed = action === undefined;
  const side = direction === 'ingress' ? 'from' : 'to';
  const list = rule.objects(side);
  if (list.length === 0) {
    problem(problems, rule.at(side), `must name a peer, found ${describeType(rule.get(side))}`);
    isClosed = true;
  }
  for (const peer of list) {
    const read = readPeer(peer, direction, problems);
    if (read === undefined) isClosed = true;
    else peers.push(read);
  }
  if (isClosed) {
    const closed: Action = action === 'allow' ? 'allow' : 'deny';
    return { path, action: closed, peers: closed === 'allow' ? [] : [anyPeer], ports: 'all' };
  }
  const ports = rule.has('protocols') ? readProtocols(rule, problems) : readPorts(rule, problems);
  return { path, action: action ?? 'deny', peers, ports };
}

/** Undefined for a peer of a kind that is not known. */
function readPeer(peer: Reader, direction: Direction, problems: PolicyProblem[]): Peer | undefined {
  const pods = readPods(peer, problems);
  if (pods !== undefined) return { kind: 'pods', ...pods };
  if (direction === 'egress') {
    if (peer.has('networks')) {
      const intervals = peer.strings('networks').flatMap((text, index) => {
        const cidr = parseCidr(text);
        if (cidr !== undefined) return [cidr.interval];
        problem(problems, peer.at('networks', index), `is "${text}", which is no CIDR`);
        return [];
      });
      return { kind: 'network', addresses: addressSet(intervals) };
    }
    if (peer.has('nodes')) {
      const nodes = readLabelSelector(peer, 'nodes', problems);
      if (nodes.op === 'all') return { kind: 'hosts' };
      return { kind: 'both', of: [{ kind: 'hosts' }, { kind: 'unknown', reason: 'labels of nodes are not compared' }] };
    }
    if (peer.has('domainNames')) {
      const names = peer.strings('domainNames').join(', ');
      return {
        kind: 'both',
        of: [{ kind: 'outside' }, { kind: 'unknown', reason: `addresses of ${names} are not known` }],
      };
    }
  }
  problem(problems, peer.path, 'is of no kind that is known: the rule fails closed');
  return undefined;
}

/** `protocols` of v1alpha2. */
function readProtocols(rule: Reader, problems: PolicyProblem[]): 'all' | readonly RulePort[] {
  return rule.objects('protocols').flatMap((each): readonly RulePort[] => {
    const name = each.string('destinationNamedPort');
    if (name !== undefined) return [{ protocol: 'any', name }];
    const field = ['tcp', 'udp', 'sctp'].find((key) => each.has(key));
    const protocol = field === undefined ? undefined : protocolNamed(field.toUpperCase());
    if (field === undefined || protocol === undefined) {
      problem(problems, each.path, 'must have tcp, udp, sctp or destinationNamedPort');
      return [];
    }
    const inner = each.object(field);
    if (!inner.has('destinationPort')) return [{ protocol, from: 1, to: 65535 }];
    const port = inner.object('destinationPort');
    const number = port.integer('number');
    if (number !== undefined) return range(protocol, { from: number, to: number, at: port, problems });
    const bounds = port.object('range');
    const [from = 0, to = 0] = [bounds.integer('start'), bounds.integer('end')];
    return range(protocol, { from, to, at: port, problems });
  });
}

/** `ports` of v1alpha1. */
function readPorts(rule: Reader, problems: PolicyProblem[]): 'all' | readonly RulePort[] {
  if (!rule.has('ports')) return 'all';
  return rule.objects('ports').flatMap((port): readonly RulePort[] => {
    const name = port.string('namedPort');
    if (name !== undefined) return [{ protocol: 'any', name }];
    const isRange = port.has('portRange');
    const inner = port.object(isRange ? 'portRange' : 'portNumber');
    const protocol = protocolNamed(inner.string('protocol') ?? 'TCP');
    if (protocol === undefined) {
      problem(problems, inner.at('protocol'), 'must be TCP, UDP or SCTP');
      return [];
    }
    const from = inner.integer(isRange ? 'start' : 'port') ?? 0;
    return range(protocol, { from, to: isRange ? (inner.integer('end') ?? 0) : from, at: inner, problems });
  });
}

interface Bounds {
  readonly from: number;
  readonly to: number;
  readonly at: Reader;
  readonly problems: PolicyProblem[];
}

function range(protocol: Protocol, { from, to, at, problems }: Bounds): readonly RulePort[] {
  if (from >= 1 && to >= from && to <= 65535) return [{ protocol, from, to }];
  problem(problems, at.path, `is no range of ports: from ${from} to ${to}`);
  return [];
}
