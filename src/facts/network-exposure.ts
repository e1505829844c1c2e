import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { type NetworkPod, noPorts, type Protocol } from '../semantics/network-policy/index.ts';
import { defineFact, type Facts } from './facts.ts';
import { clusterInternet, networkReachability, networkWorld } from './network.ts';
import { unsetNamespace } from './network-pods.ts';
import { type NetworkService, networkServices, type ServicePort, targetPorts } from './network-services.ts';

/** What policies say of a way in: `depends` where it turns on what is not in the objects. */
export type EntryVerdict = 'open' | 'blocked' | 'partly' | 'depends';

/** A way from outside the cluster to pods. */
export interface Entry {
  /** Who can use it: `the internet`, `whoever reaches a node`, `10.0.0.0/8`. */
  readonly from: string;
  /** By what: `Service web of type LoadBalancer`. */
  readonly through: string;
  readonly object: KubeObject;
  readonly pods: readonly NetworkPod[];
  /** Where it is entered, and where it leads: `TCP 443 to 8443`. */
  readonly ports: readonly EntryPort[];
  readonly verdict: EntryVerdict;
  /** Why it depends. */
  readonly note?: string;
}

export interface EntryPort {
  readonly protocol: Protocol;
  readonly outer: number;
  readonly inner: number;
}

const internet = 'the internet';
const nodeNetwork = 'whoever reaches a node';

/** Every way in that Services, Ingresses, routes of the Gateway API and ports of hosts make. */
export const networkEntries = defineFact('network-entries', (facts): readonly Entry[] => {
  const services = facts.get(networkServices);
  const byName = new Map(services.map((service) => [`${service.namespace}/${service.object.name}`, service]));
  const entries = services.flatMap((service) => serviceEntries(facts, service));
  for (const object of facts.snapshot.objects) {
    for (const { namespace, name, port } of backendsOf(object)) {
      const service = byName.get(`${namespace}/${name}`);
      if (service !== undefined) entries.push(routedEntry(facts, { object, service, port }));
    }
  }
  return [...entries, ...hostPortEntries(facts)];
});

function serviceEntries(facts: Facts, service: NetworkService): Entry[] {
  const { object, pods, type, ports } = service;
  const { value } = object;
  if (pods.length === 0) return [];
  const entries: Entry[] = [];
  const add = (from: string, through: string, outer: (port: ServicePort) => number | undefined): void => {
    const mapped = ports.flatMap((port) => portPairs(port, pods, outer(port)));
    if (mapped.length > 0) entries.push({ from, through, object, pods, ports: mapped, ...judged(facts, pods, mapped) });
  };
  if (type === 'LoadBalancer') {
    const ranges = stringsIn(valueAt(value, ['spec', 'loadBalancerSourceRanges']));
    const who = ranges.length > 0 ? ranges.join(', ') : isInternal(object) ? 'the network of the cluster' : internet;
    add(who, `Service ${object.name} of type LoadBalancer`, ({ port }) => port);
  }
  const hasNodePorts = type === 'NodePort' || type === 'LoadBalancer';
  if (hasNodePorts && valueAt(value, ['spec', 'allocateLoadBalancerNodePorts']) !== false) {
    add(
      nodeNetwork,
      `node port of Service ${object.name}`,
      ({ nodePort }) => nodePort ?? (type === 'NodePort' ? 0 : undefined),
    );
  }
  const addresses = stringsIn(valueAt(value, ['spec', 'externalIPs']));
  if (addresses.length > 0)
    add(`whoever reaches ${addresses.join(', ')}`, `externalIPs of Service ${object.name}`, ({ port }) => port);
  return entries;
}

/** Load balancers that the clouds keep to private networks. Sources: the documentation of each cloud's controller. */
const internalAnnotations: ReadonlyMap<string, readonly string[]> = new Map([
  ['service.beta.kubernetes.io/aws-load-balancer-internal', ['true', '0.0.0.0/0']],
  ['service.beta.kubernetes.io/aws-load-balancer-scheme', ['internal']],
  ['service.beta.kubernetes.io/azure-load-balancer-internal', ['true']],
  ['networking.gke.io/load-balancer-type', ['Internal']],
  ['cloud.google.com/load-balancer-type', ['Internal', 'internal']],
]);

function isInternal({ value }: KubeObject): boolean {
  const annotations = valueAt(value, ['metadata', 'annotations']);
  if (!isObject(annotations)) return false;
  for (const [key, values] of internalAnnotations) {
    const given = own(annotations, key);
    if (typeof given === 'string' && values.includes(given)) return true;
  }
  return false;
}

function portPairs(port: ServicePort, pods: readonly NetworkPod[], outer: number | undefined): readonly EntryPort[] {
  if (outer === undefined) return [];
  const inner = new Set(pods.flatMap((pod) => targetPorts(port, pod)));
  return [...inner].map((number) => ({ protocol: port.protocol, outer, inner: number }));
}

/** A Service behind something that routes to it: what counts is whether that may connect to the pods. */
function routedEntry(
  facts: Facts,
  {
    object,
    service,
    port,
  }: { readonly object: KubeObject; readonly service: NetworkService; readonly port: number | string | undefined },
): Entry {
  const served = service.ports.filter((each) => port === undefined || each.port === port || each.name === port);
  const ports = served.flatMap((each) => portPairs(each, service.pods, each.port));
  const { pods } = service;
  const through = `${object.kind} ${object.name}, to Service ${service.object.name}`;
  return { from: internet, through, object, pods, ports, ...throughController(facts, pods, ports) };
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

type Judged = Pick<Entry, 'verdict' | 'note'>;

function throughController(facts: Facts, pods: readonly NetworkPod[], ports: readonly EntryPort[]): Judged {
  const reachability = facts.get(networkReachability);
  const sources = facts.get(controllers).map((pod) => reachability.classOf(pod));
  if (sources.length > 0) return combined(facts, { sources, pods, ports });
  // Whatever the controller is, it may not connect where nothing may, and may where everything may.
  const all = reachability.classes.all.map((_, at) => at);
  const { verdict } = combined(facts, { sources: all, pods, ports });
  if (verdict === 'open' || verdict === 'blocked') return { verdict };
  return { verdict: 'depends', note: 'which pods the controller runs in is not known' };
}

/** Clients arrive by their own addresses or by a node's: that is up to the load balancer and `externalTrafficPolicy`. */
function judged(facts: Facts, pods: readonly NetworkPod[], ports: readonly EntryPort[]): Judged {
  const { classes } = facts.get(networkReachability);
  const clients = combined(facts, { sources: classes.outside(facts.get(clusterInternet)), pods, ports });
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
  if (unsure > 0)
    return { verdict: 'depends', note: 'the network plugin decides whether a policy takes these addresses' };
  return { verdict: shut === 0 ? 'open' : open === 0 ? 'blocked' : 'partly' };
}

interface Backend {
  readonly namespace: string;
  readonly name: string;
  readonly port: number | string | undefined;
}

const routeKinds: ReadonlySet<string> = new Set(
  ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'].map((kind) => `gateway.networking.k8s.io/${kind}`),
);

/** The Services to which an Ingress or a route of the Gateway API leads, each once. */
function backendsOf(object: KubeObject): readonly Backend[] {
  const kind = groupKind(object);
  const spec = own(object.value, 'spec');
  if (!isObject(spec)) return [];
  const namespace = object.namespace ?? unsetNamespace;
  const found = new Map<string, Backend>();
  const add = (name: unknown, port: unknown, place = namespace): void => {
    if (typeof name !== 'string') return;
    const known = typeof port === 'number' || typeof port === 'string' ? port : undefined;
    found.set(`${place}/${name} ${known}`, { namespace: place, name, port: known });
  };
  if (kind === 'networking.k8s.io/Ingress' || kind === 'extensions/Ingress') {
    for (const backend of ingressBackends(spec)) {
      const service = own(backend, 'service');
      if (isObject(service)) {
        add(own(service, 'name'), valueAt(service, ['port', 'number']) ?? valueAt(service, ['port', 'name']));
      } else add(own(backend, 'serviceName'), own(backend, 'servicePort'));
    }
  } else if (routeKinds.has(kind)) {
    for (const rule of objectsIn(own(spec, 'rules'))) {
      for (const reference of objectsIn(own(rule, 'backendRefs'))) {
        const [target, place] = [own(reference, 'kind') ?? 'Service', own(reference, 'namespace')];
        if (target !== 'Service') continue;
        add(own(reference, 'name'), own(reference, 'port'), typeof place === 'string' ? place : namespace);
      }
    }
  }
  return [...found.values()];
}

function ingressBackends(spec: JsonObject): readonly JsonObject[] {
  const backends = [own(spec, 'defaultBackend'), own(spec, 'backend')];
  for (const rule of objectsIn(own(spec, 'rules'))) {
    for (const path of objectsIn(valueAt(rule, ['http', 'paths']))) backends.push(own(path, 'backend'));
  }
  return backends.filter((backend) => isObject(backend));
}

/** Ports that pods take on the addresses of their nodes. */
function hostPortEntries(facts: Facts): readonly Entry[] {
  const byOwner = new Map<KubeObject, { pods: NetworkPod[]; ports: Map<string, EntryPort> }>();
  for (const pod of facts.get(networkWorld).pods) {
    const ports = hostPortsOf(pod);
    if (ports.length === 0) continue;
    let entry = byOwner.get(pod.owner);
    if (entry === undefined) {
      entry = { pods: [], ports: new Map() };
      byOwner.set(pod.owner, entry);
    }
    entry.pods.push(pod);
    for (const port of ports) entry.ports.set(`${port.protocol} ${port.outer} ${port.inner}`, port);
  }
  return [...byOwner].map(([object, { pods, ports }]): Entry => {
    const onHost = pods.some(({ hostNetwork }) => hostNetwork);
    const list = [...ports.values()];
    const through = `${onHost ? 'host network' : 'host ports'} of ${object.kind} ${object.name}`;
    const verdict: Judged = onHost
      ? { verdict: 'open', note: 'policies do not select pods on the host network' }
      : judged(facts, pods, list);
    return { from: nodeNetwork, through, object, pods, ports: list, ...verdict };
  });
}

function hostPortsOf(pod: NetworkPod): readonly EntryPort[] {
  if (pod.hostNetwork) return pod.ports.map(({ protocol, port }) => ({ protocol, outer: port, inner: port }));
  return pod.ports.flatMap(({ protocol, port, hostPort }) =>
    hostPort === undefined ? [] : [{ protocol, outer: hostPort, inner: port }],
  );
}
