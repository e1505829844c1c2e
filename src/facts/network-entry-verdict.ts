import { own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import {
  type AddressSet,
  type NetworkPod,
  noPorts,
  type Protocol,
  type Reachability,
} from '../semantics/network-policy/index.ts';
import { defineFact, type Facts } from './facts.ts';
import { networkReachability, networkWorld } from './network.ts';

/** What policies say of a way in: `depends` where it turns on what is not in the objects. */
export type EntryVerdict = 'open' | 'blocked' | 'partly' | 'depends';

export interface EntryPort {
  readonly protocol: Protocol;
  readonly outer: number;
  readonly inner: number;
}

/** What is said of a way in. */
export interface Judged {
  readonly verdict: EntryVerdict;
  /** Why it depends. */
  readonly note?: string;
}

/** Images of programs that take in what Ingresses and Gateways publish. */
const controllerImages =
  /(?:^|\/)(?:ingress-nginx\/controller|nginx-ingress|traefik|haproxy-ingress|kubernetes-ingress(?:-controller)?|envoy(?:proxy)?|contour|kong|proxyv2|nginx-gateway-fabric)(?:[:@/]|$)/;

const controllers = defineFact('ingress-controllers', (facts): readonly NetworkPod[] =>
  facts.get(networkWorld).pods.filter(({ object, owner }) => {
    const spec = object.kind === 'Pod' ? ['spec'] : ['spec', 'template', 'spec'];
    const containers = objectsIn(valueAt(object.value, [...spec, 'containers']));
    return owner.kind !== 'Job' && containers.some((each) => controllerImages.test(String(own(each, 'image') ?? '')));
  }),
);

export function throughController(facts: Facts, pods: readonly NetworkPod[], ports: readonly EntryPort[]): Judged {
  const reachability = facts.get(networkReachability);
  const sources = facts.get(controllers).map((pod) => reachability.classOf(pod));
  if (sources.length > 0) return combined(facts, { sources, pods, ports });
  // Whatever the controller is, it may not connect where nothing may, and may where everything may.
  const all = reachability.classes.all.map((_, at) => at);
  const { verdict } = combined(facts, { sources: all, pods, ports });
  const isKnown = verdict === 'open' || (verdict === 'blocked' && !pods.some((pod) => admitsAbsent(reachability, pod)));
  return isKnown ? { verdict } : { verdict: 'depends', note: 'which pods the controller runs in is not known' };
}

/** Whether a policy lets in pods that the evidence does not show: the controller may be one of them. */
function admitsAbsent(reachability: Reachability, pod: NetworkPod): boolean {
  return reachability
    .selecting('ingress', reachability.classOf(pod))
    .some(({ entries }) =>
      entries.some(
        ({ rule, action, may }) =>
          action === 'allow' &&
          rule.peers.some(({ kind }) => kind === 'pods') &&
          !may.intersects(reachability.classes.pods),
      ),
    );
}

/** Who comes in, by what they are called and the addresses that they have outside. */
export interface Client {
  readonly name: string;
  readonly addresses: AddressSet;
}

interface Arrival {
  readonly pods: readonly NetworkPod[];
  readonly ports: readonly EntryPort[];
  readonly client: Client;
  /** With `externalTrafficPolicy: Local` clients keep their addresses; else they may come by that of a node. */
  readonly by: 'their own' | 'either';
}

/** What policies say of clients. Behind a load balancer that is a proxy they have its address, which nobody knows. */
export function judged(facts: Facts, { pods, ports, client, by }: Arrival): Judged {
  const { classes } = facts.get(networkReachability);
  const clients = combined(facts, { sources: classes.outside(client.addresses), pods, ports });
  if (by === 'their own') return clients;
  const nodes = combined(facts, { sources: classes.hosts, pods, ports });
  if (clients.verdict === nodes.verdict) return clients;
  return {
    verdict: 'depends',
    note: `clients are ${words[clients.verdict]} by their own addresses, and ${words[nodes.verdict]} by those of nodes`,
  };
}

const words = { open: 'let in', blocked: 'kept out', partly: 'partly let in', depends: 'perhaps let in' } as const;

interface Way {
  readonly sources: readonly number[];
  readonly pods: readonly NetworkPod[];
  readonly ports: readonly EntryPort[];
}

function combined(facts: Facts, { sources, pods, ports }: Way): Judged {
  const reachability = facts.get(networkReachability);
  let [open, shut, unsure] = [0, 0, 0];
  const targets = new Set(pods.map((pod) => reachability.classOf(pod)));
  for (const target of targets) {
    for (const source of new Set(sources)) {
      const between = reachability.between(source, target);
      for (const { protocol, inner } of ports) {
        const one = reachability.ports.one(protocol, inner);
        if (reachability.ports.intersect(between.least, one) !== noPorts) open += 1;
        else if (reachability.ports.intersect(between.most, one) === noPorts) shut += 1;
        else unsure += 1;
      }
    }
  }
  if (open + shut + unsure === 0) return { verdict: 'depends', note: 'it leads to no port of a pod that is known' };
  if (unsure > 0)
    return { verdict: 'depends', note: 'the network plugin decides whether a policy takes these addresses' };
  return { verdict: shut === 0 ? 'open' : open === 0 ? 'blocked' : 'partly' };
}
