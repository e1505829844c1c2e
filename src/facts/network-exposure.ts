import { stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { cidrSet, type NetworkPod, privateAddresses } from '../semantics/network-policy/index.ts';
import { defineFact, type Facts } from './facts.ts';
import { clusterInternet, networkWorld } from './network.ts';
import { type Client, type EntryPort, type Judged, judged, throughController } from './network-entry-verdict.ts';
import { type RoutedService, routedServices } from './network-routes.ts';
import { type NetworkService, networkServices, type ServicePort, targetPorts } from './network-services.ts';
import { isInternal, readService, sourceRanges } from './services.ts';

/** A way from outside the cluster to pods. */
export interface Entry extends Judged {
  /** Who can use it: `the internet`, `whoever reaches a node`, `10.0.0.0/8`. */
  readonly from: string;
  /** By what: `Service web of type LoadBalancer`. */
  readonly through: string;
  readonly object: KubeObject;
  readonly pods: readonly NetworkPod[];
  /** Where it is entered, and where it leads: `TCP 443 to 8443`. */
  readonly ports: readonly EntryPort[];
}

const internet = 'the internet';

/** Every way in that Services, Ingresses, routes of the Gateway API and ports of hosts make. */
export const networkEntries = defineFact('network-entries', (facts): readonly Entry[] => {
  const services = facts.get(networkServices);
  const byName = new Map(services.map((service) => [`${service.namespace}/${service.object.name}`, service]));
  const entries = services.flatMap((service) => serviceEntries(facts, service));
  const routesOf = facts.get(routedServices);
  for (const object of facts.snapshot.objects) {
    for (const route of routesOf(object)) {
      const service = byName.get(`${route.namespace}/${route.name}`);
      if (service !== undefined) entries.push(...routedEntries(facts, { object, service, route }));
    }
    const blind = entryWithoutSelector(object);
    if (blind !== undefined) entries.push(blind);
  }
  return [...entries, ...hostPortEntries(facts)];
});

function serviceEntries(facts: Facts, service: NetworkService): Entry[] {
  const { object, pods, type, ports } = service;
  const { value } = object;
  const read = readService(object);
  if (pods.length === 0 || read === undefined) return [];
  const entries: Entry[] = [];
  const isLocal = valueAt(value, ['spec', 'externalTrafficPolicy']) === 'Local';
  const add = (client: Client, through: string, outer: (port: ServicePort) => number | undefined): void => {
    for (const led of ledTo(pods, { ports, outer })) {
      const verdict = judged(facts, { ...led, client, by: isLocal ? 'their own' : 'either' });
      entries.push({ from: client.name, through, object, ...led, ...verdict });
    }
  };
  if (type === 'LoadBalancer') {
    const ranges = sourceRanges(read);
    const client =
      ranges.length > 0
        ? { name: ranges.join(', '), addresses: cidrSet(...ranges.map((range) => range.trim())) }
        : isInternal(read)
          ? { name: 'the network of the cluster', addresses: privateAddresses }
          : { name: internet, addresses: facts.get(clusterInternet) };
    add(client, `Service ${object.name} of type LoadBalancer`, ({ port }) => port);
  }
  const hasNodePorts = type === 'NodePort' || type === 'LoadBalancer';
  const anyone = anyClient(facts);
  if (hasNodePorts && valueAt(value, ['spec', 'allocateLoadBalancerNodePorts']) !== false) {
    add(anyone, `node port of Service ${object.name}`, ({ nodePort }) => nodePort ?? 0);
  }
  const addresses = stringsIn(valueAt(value, ['spec', 'externalIPs']));
  if (addresses.length > 0) {
    const name = `whoever reaches ${addresses.join(', ')}`;
    add({ ...anyone, name }, `externalIPs of Service ${object.name}`, ({ port }) => port);
  }
  return entries;
}

/** Where a published Service without a selector leads, its EndpointSlices say, which anybody may write. */
function entryWithoutSelector(object: KubeObject): Entry | undefined {
  const service = readService(object);
  if (service === undefined || Object.keys(valueAt(object.value, ['spec', 'selector']) ?? {}).length > 0)
    return undefined;
  if (service.type !== 'LoadBalancer' && service.type !== 'NodePort') return undefined;
  const from = service.type === 'NodePort' ? nodeNetwork : internet;
  const note = 'it has no selector: where it leads is in EndpointSlices, which are not compared';
  const through = `Service ${object.name} of type ${service.type}`;
  return { from, through, object, pods: [], ports: [], verdict: 'depends', note };
}

interface Led {
  readonly pods: readonly NetworkPod[];
  readonly ports: readonly EntryPort[];
}

/**
 * The pods to which ports of a Service lead, those with the same ports together. A pod without a port of the name that
 * the Service asks for is left out, as the endpoints controller does.
 */
function ledTo(
  pods: readonly NetworkPod[],
  {
    ports,
    outer,
  }: { readonly ports: readonly ServicePort[]; readonly outer: (port: ServicePort) => number | undefined },
): readonly Led[] {
  const found = new Map<string, { pods: NetworkPod[]; ports: readonly EntryPort[] }>();
  for (const pod of pods) {
    const pairs = ports.flatMap((port) => portPairs(port, pod, outer(port)));
    if (pairs.length === 0) continue;
    const key = pairs.map(({ protocol, outer: from, inner }) => `${protocol} ${from} ${inner}`).join();
    const same = found.get(key);
    if (same === undefined) found.set(key, { pods: [pod], ports: pairs });
    else same.pods.push(pod);
  }
  return [...found.values()];
}

function portPairs(port: ServicePort, pod: NetworkPod, outer: number | undefined): readonly EntryPort[] {
  if (outer === undefined) return [];
  return [...new Set(targetPorts(port, pod))].map((inner) => ({ protocol: port.protocol, outer, inner }));
}

/** A Service behind something that routes to it: what counts is whether that may connect to the pods. */
function routedEntries(
  facts: Facts,
  {
    object,
    service,
    route,
  }: { readonly object: KubeObject; readonly service: NetworkService; readonly route: RoutedService },
): readonly Entry[] {
  const { port, doubt } = route;
  const served = service.ports.filter(
    (each) => port === undefined || each.port === port || each.name === port || each.target === port,
  );
  const through = `${object.kind} ${object.name}, to Service ${service.object.name}`;
  const led = ledTo(service.pods, { ports: served, outer: (each) => each.port });
  // Without any, that it leads nowhere is what there is to tell.
  const groups = led.length === 0 ? [{ pods: [], ports: [] }] : led;
  return groups.map(({ pods, ports }): Entry => {
    const found = throughController(facts, pods, ports);
    const judgement: Judged =
      doubt === undefined || found.verdict === 'blocked' ? found : { verdict: 'depends', note: doubt };
    return { from: internet, through, object, pods, ports, ...judgement };
  });
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
      : judged(facts, { pods, ports: list, client: anyClient(facts), by: 'either' });
    return { from: nodeNetwork, through, object, pods, ports: list, ...verdict };
  });
}

const nodeNetwork = 'whoever reaches a node';

function anyClient(facts: Facts): Client {
  return { name: nodeNetwork, addresses: facts.get(clusterInternet) };
}

function hostPortsOf(pod: NetworkPod): readonly EntryPort[] {
  if (pod.hostNetwork) return pod.ports.map(({ protocol, port }) => ({ protocol, outer: port, inner: port }));
  return pod.ports.flatMap(({ protocol, port, hostPort }) =>
    hostPort === undefined ? [] : [{ protocol, outer: hostPort, inner: port }],
  );
}
