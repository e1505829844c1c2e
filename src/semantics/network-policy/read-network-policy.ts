import { formatPath } from '../../model/path.ts';
import { type Malformed, Reader } from '../../model/reader.ts';
import type { KubeObject } from '../../model/snapshot.ts';
import { addressSet, formatCidr, parseCidr, subtract } from './address-set.ts';
import { everything, type PolicyProblem, readLabelSelector } from './label-expression.ts';
import {
  anyPeer,
  type Direction,
  onlyNamespace,
  type Peer,
  type Policy,
  type PolicyDirection,
  type PolicyRule,
  type RulePort,
  tiers,
} from './policy.ts';
import { type Protocol, protocols } from './port-set.ts';

/**
 * Reads a NetworkPolicy of networking.k8s.io/v1 as the API server defaults it and network plugins apply it. What the
 * API server would refuse is told in `problems` and takes nothing: an invalid peer allows nobody.
 * Source: k8s.io/api/networking/v1, pkg/apis/networking/validation.
 */
export function readNetworkPolicy(object: KubeObject, namespace: string): Policy {
  const malformed: Malformed[] = [];
  const problems: PolicyProblem[] = [];
  const root = new Reader(object.value, [], malformed);
  const spec = root.object('spec');
  const own = onlyNamespace(namespace);
  const context: Context = { own, problems };
  const pods = readLabelSelector(spec, 'podSelector', problems);
  const given = spec.strings('policyTypes');
  for (const type of given) {
    if (type !== 'Ingress' && type !== 'Egress') {
      problem(problems, spec.at('policyTypes'), `names "${type}"; there are Ingress and Egress`);
    }
  }
  const types = new Set(given.length > 0 ? given : spec.objects('egress').length > 0 ? both : ['Ingress']);
  const direction = (name: Direction, type: string): PolicyDirection | undefined =>
    types.has(type)
      ? { rules: spec.objects(name).map((rule) => readRule(rule, name, context)), isolates: true }
      : undefined;
  const ingress = direction('ingress', 'Ingress');
  const egress = direction('egress', 'Egress');
  return {
    object,
    tier: tiers.namespace,
    order: 1000,
    ties: 'union',
    // What it selects cannot be read: any pod of the namespace may be isolated by it.
    subject: { namespaces: own, pods: pods.op === 'none' ? everything : pods },
    ...(pods.op === 'none' && { unsure: `${formatPath(spec.at('podSelector'))} cannot be read` }),
    ingress,
    egress,
    problems: [...malformed, ...problems],
  };
}

const both: readonly string[] = ['Ingress', 'Egress'];

interface Context {
  readonly own: ReturnType<typeof onlyNamespace>;
  readonly problems: PolicyProblem[];
}

function readRule(rule: Reader, direction: Direction, context: Context): PolicyRule {
  const side = direction === 'ingress' ? 'from' : 'to';
  const { length } = rule.malformed;
  const list = rule.objects(side);
  // A list whose items are all malformed is no empty one: it must not come to mean everybody.
  const isAll = list.length === 0 && rule.malformed.length === length;
  const peers = isAll ? [anyPeer] : list.map((peer) => readPeer(peer, context));
  return { path: rule.path, action: 'allow', peers, ports: readPorts(rule, context.problems) };
}

function readPeer(peer: Reader, { own, problems }: Context): Peer {
  const [byPod, byNamespace, byBlock] = ['podSelector', 'namespaceSelector', 'ipBlock'].map((key) => peer.has(key));
  if (byBlock) {
    if (byPod || byNamespace) {
      return refuse(problems, peer.path, 'has an ipBlock beside selectors: the API server refuses it');
    }
    return readBlock(peer.object('ipBlock'), problems);
  }
  if (!byPod && !byNamespace)
    return refuse(problems, peer.path, 'has no selector and no ipBlock: the API server refuses it');
  return {
    kind: 'pods',
    namespaces: byNamespace ? readLabelSelector(peer, 'namespaceSelector', problems) : own,
    pods: byPod ? readLabelSelector(peer, 'podSelector', problems) : everything,
  };
}

function readBlock(block: Reader, problems: PolicyProblem[]): Peer {
  const text = block.string('cidr') ?? '';
  const cidr = parseCidr(text);
  if (cidr === undefined) return refuse(problems, block.at('cidr'), `is "${text}", which is no CIDR`);
  if (cidr.hostBits) {
    problem(problems, block.at('cidr'), `is ${text}, with bits beyond its prefix: it means ${formatCidr(cidr)}`);
  }
  const except = block.strings('except');
  const taken = except.flatMap((each, index) => {
    const path = block.at('except', index);
    const inner = parseCidr(each);
    if (inner === undefined) {
      problem(problems, path, `is "${each}", which is no CIDR`);
      return [];
    }
    if (inner.family !== cidr.family) {
      problem(problems, path, `is ${each}, of another address family than ${text}`);
      return [];
    }
    const [from, to] = inner.interval;
    if (from < cidr.interval[0] || to > cidr.interval[1] || inner.prefix <= cidr.prefix) {
      problem(problems, path, `is ${each}, which does not lie strictly within ${text}`);
    } else if (inner.hostBits) {
      problem(problems, path, `is ${each}, with bits beyond its prefix: it means ${formatCidr(inner)}`);
    }
    return [inner.interval];
  });
  // An exception that cannot be read could be all of the block.
  if (taken.length < except.length)
    return { kind: 'unknown', reason: `${formatPath(block.at('except'))} cannot be read` };
  return { kind: 'block', addresses: subtract([cidr.interval], addressSet(taken)) };
}

/** The ports of a rule; `all` where it lists none. */
function readPorts(rule: Reader, problems: PolicyProblem[]): 'all' | readonly RulePort[] {
  const { length } = rule.malformed;
  const list = rule.objects('ports');
  if (list.length === 0) return rule.malformed.length === length ? 'all' : [];
  return list.flatMap((port): readonly RulePort[] => {
    const given = port.string('protocol') ?? 'TCP';
    const protocol = protocolNamed(given);
    if (protocol === undefined) {
      problem(problems, port.at('protocol'), `is "${given}"; there are TCP, UDP and SCTP`);
      return [];
    }
    const from = port.scalar('port');
    const end = port.integer('endPort');
    if (from === undefined) {
      if (port.has('port')) return [];
      if (end !== undefined) {
        problem(problems, port.at('endPort'), 'is set without a port');
        return [];
      }
      return [{ protocol, from: 1, to: 65535 }];
    }
    if (typeof from === 'string') {
      if (end !== undefined) {
        problem(problems, port.at('endPort'), `is set with the named port ${from}: the API server refuses it`);
        return [];
      }
      return [{ protocol, name: from }];
    }
    if (!Number.isInteger(from) || from < 1 || from > 65535) {
      problem(problems, port.at('port'), `is ${from}, which is no port`);
      return [];
    }
    if (end !== undefined && (end < from || end > 65535)) {
      problem(problems, port.at('endPort'), `is ${end}, which ends no range that starts at ${from}`);
      return [];
    }
    return [{ protocol, from, to: end ?? from }];
  });
}

export function protocolNamed(name: string): Protocol | undefined {
  return protocols.find((each) => each === name);
}

export function problem(problems: PolicyProblem[], path: PolicyProblem['path'], message: string): void {
  problems.push({ path, message: `${formatPath(path)} ${message}` });
}

function refuse(problems: PolicyProblem[], path: PolicyProblem['path'], message: string): Peer {
  problem(problems, path, message);
  return { kind: 'none' };
}
