import { valueAt } from '../model/path.ts';
import { addressOf, type NetworkPod, type Protocol, protocols } from '../semantics/network-policy/index.ts';
import type { Facts } from './facts.ts';
import { clusterInternet, networkReachability, networkWorld } from './network.ts';
import type { AnswerPart } from './network-answer.ts';
import { networkNames } from './network-names.ts';
import { unsetNamespace } from './network-pods.ts';
import { type NetworkService, networkServices } from './network-services.ts';
import { isWorkload } from './workloads.ts';

/** What a name on the command line stands for. */
export interface NetworkEndpoint {
  readonly text: string;
  readonly kind: 'pods' | 'nodes' | 'outside' | 'internet';
  readonly classes: readonly number[];
  readonly pods: readonly NetworkPod[];
  /** Of nodes: the one that was named, where it was not all of them. */
  readonly node?: string;
  /** Where a Service was named: its ports lead to others of the pods. */
  readonly service?: NetworkService;
}

export interface AskedPort {
  readonly protocol: Protocol;
  /** A number, or the name of a port of the destination. */
  readonly port: number | string;
}

/** Short names of kinds, as kubectl has them. */
const shortKinds: ReadonlyMap<string, string> = new Map([
  ['po', 'pod'],
  ['deploy', 'deployment'],
  ['sts', 'statefulset'],
  ['ds', 'daemonset'],
  ['rs', 'replicaset'],
  ['rc', 'replicationcontroller'],
  ['cj', 'cronjob'],
  ['svc', 'service'],
]);

/**
 * The endpoint of a name: `internet`, `node`, an address, `NAMESPACE/NAME`, `KIND/NAMESPACE/NAME` (kinds as kubectl
 * has them, Services too) or `NAMESPACE/*`. Undefined where there is none of that name.
 */
export function findEndpoint(facts: Facts, text: string): NetworkEndpoint | undefined {
  const { classes } = facts.get(networkReachability);
  const world = facts.get(networkWorld);
  if (text === 'internet') {
    return { text, kind: 'internet', classes: classes.outside(facts.get(clusterInternet)), pods: [] };
  }
  if (text === 'node' || text === 'nodes') return { text, kind: 'nodes', classes: classes.hosts, pods: [] };
  const place = addressOf(text);
  if (place !== undefined) {
    // Pods on the host network have the address of their node, as has everything else there.
    const node = world.nodes.find(({ addresses }) => addresses.includes(place))?.name;
    if (node !== undefined) {
      const own = classes.hosts.filter((at) => {
        const each = classes.all[at];
        return each?.kind === 'hosts' && each.nodes.includes(node);
      });
      return { text, kind: 'nodes', classes: own, pods: [], node };
    }
    const pod = world.pods.find(({ addresses }) => addresses.includes(place));
    if (pod !== undefined) return endpointOf(facts, text, [pod]);
    const at = classes.classOfAddress(place);
    if (at === undefined) return undefined;
    return { text, kind: 'outside', classes: [at], pods: [] };
  }
  const parts = text.split('/');
  if (parts.length < 2 || parts.length > 3) return undefined;
  const [kindText, namespace = '', name = ''] = parts.length === 3 ? parts : [undefined, ...parts];
  const kind = kindText === undefined ? undefined : kindOf(kindText);
  if (kind === 'service') return serviceEndpoint(facts, text, { namespace, name });
  const found = world.pods.filter((pod) => {
    if (pod.namespace !== namespace) return false;
    if (name === '*') return true;
    const isPod = pod.name === name && (kind === undefined || kind === 'pod');
    return isPod || (pod.owner.name === name && (kind === undefined || pod.owner.kind.toLowerCase() === kind));
  });
  return found.length === 0 ? undefined : endpointOf(facts, text, found);
}

function kindOf(text: string): string {
  const plain = text.toLowerCase();
  const known = shortKinds.get(plain);
  if (known !== undefined) return known;
  return plain.endsWith('s') && plain !== 'ingress' ? plain.slice(0, -1) : plain;
}

function serviceEndpoint(
  facts: Facts,
  text: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): NetworkEndpoint | undefined {
  const service = facts.get(networkServices).find((each) => each.namespace === namespace && each.object.name === name);
  return service === undefined ? undefined : { ...endpointOf(facts, text, service.pods), service };
}

export function endpointOf(facts: Facts, text: string, pods: readonly NetworkPod[]): NetworkEndpoint {
  const reachability = facts.get(networkReachability);
  return { text, kind: 'pods', classes: [...new Set(pods.map((pod) => reachability.classOf(pod)))], pods };
}

/** What those of an endpoint are called that are of some classes, and nothing else that is treated alike. */
function describeWithin(facts: Facts, { pods }: NetworkEndpoint, classes: ReadonlySet<number>): readonly string[] {
  const reachability = facts.get(networkReachability);
  const { describe, nameOf } = facts.get(networkNames);
  const here = pods.filter((pod) => classes.has(reachability.classOf(pod)));
  let all = 0;
  for (const at of classes) {
    const each = reachability.classes.all[at];
    all += each === undefined || each.kind === 'outside' ? 0 : each.pods.length;
  }
  if (here.length === 0 || here.length === all) return describe(classes);
  return [...new Set(here.map(nameOf))].sort();
}

/** What the ends of a part of an answer are called. */
export function describePart(
  facts: Facts,
  { from, to }: { readonly from: NetworkEndpoint; readonly to: NetworkEndpoint },
  part: AnswerPart,
): { readonly from: readonly string[]; readonly to: readonly string[] } {
  const side = (endpoint: NetworkEndpoint, classes: ReadonlySet<number>, pods: ReadonlySet<NetworkPod> | undefined) => {
    if (endpoint.kind === 'nodes' && endpoint.node !== undefined) return [`node ${endpoint.node}`];
    // Pods of one workload may be on this node and on others: those here are named one by one.
    if (pods === undefined || pods.size === endpoint.pods.length) return describeWithin(facts, endpoint, classes);
    return [...new Set([...pods].map(({ namespace, name }) => `${namespace}/${name}`))].sort();
  };
  return { from: side(from, part.from, part.near?.from), to: side(to, part.to, part.near?.to) };
}

/** Names that there are, for a hint: those of the namespace where the name has one that exists. */
export function endpointNames(facts: Facts): readonly string[] {
  const names = new Set(['internet', 'node']);
  for (const { namespace, owner } of facts.get(networkWorld).pods) {
    // Manifests may have names that are none, such as a bare `y`, which YAML takes for true.
    if (owner.name !== '') names.add(`${namespace}/${owner.name}`);
  }
  return [...names];
}

/** Why a name that exists stands for no endpoint: pods that ended and workloads without pods have no network. */
export function endpointWithoutNetwork(facts: Facts, text: string): string | undefined {
  const parts = text.split('/');
  const [kindText, namespace, name] = parts.length === 3 ? parts : [undefined, ...parts];
  const kind = kindText === undefined ? undefined : kindOf(kindText);
  for (const object of facts.snapshot.objects) {
    if (object.name !== name || (object.namespace ?? unsetNamespace) !== namespace) continue;
    if (kind !== undefined && object.kind.toLowerCase() !== kind) continue;
    if (object.kind === 'Pod') {
      const phase = valueAt(object.value, ['status', 'phase']);
      if (phase === 'Succeeded' || phase === 'Failed') return `pod ${text} has terminated (${phase})`;
    } else if (facts.get(isWorkload)(object)) return `${object.kind} ${text} has no pods now`;
  }
  return undefined;
}

/** What is wrong with the port of a `TO:PORT` that is a number; undefined for one that is not, or that is right. */
export function portProblem(text: string): string | undefined {
  const [, port] = /:(\d+)(?:\/[a-z]+)?$/i.exec(text) ?? [];
  if (port === undefined || (Number(port) >= 1 && Number(port) <= 65535)) return undefined;
  return `port ${port} is out of range`;
}

/** `TO[:PORT[/PROTOCOL]]`, where an IPv6 address with a port stands in brackets; undefined for what is none. */
export function splitPort(text: string): { readonly name: string; readonly port: AskedPort | undefined } | undefined {
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(text);
  if (bracketed === null && addressOf(text) !== undefined) return { name: text, port: undefined };
  const [, name = '', asked] = bracketed ?? /^([^:]+)(?::(.+))?$/.exec(text) ?? [];
  if (name === '') return undefined;
  if (asked === undefined) return { name, port: undefined };
  const [port = '', given = 'tcp', ...rest] = asked.split('/');
  const protocol = protocols.find((each) => each === given.toUpperCase());
  if (protocol === undefined || rest.length > 0) return undefined;
  if (/^\d+$/.test(port)) {
    const number = Number(port);
    return number >= 1 && number <= 65535 ? { name, port: { protocol, port: number } } : undefined;
  }
  return /^[a-z0-9-]{1,63}$/.test(port) ? { name, port: { protocol, port } } : undefined;
}
