import type { Facts } from '../facts/facts.ts';
import { networkWorld } from '../facts/network.ts';
import { type ApiServerAddress, apiServerAddresses } from '../facts/network-api-server.ts';
import { unsetNamespace } from '../facts/network-pods.ts';
import { type NetworkService, networkServices, type ServicePort, targetPorts } from '../facts/network-services.ts';
import { hasRights, serviceAccountOf } from '../facts/rbac-tokens.ts';
import { isObject, type Json, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import type { NetworkPod } from '../semantics/network-policy/index.ts';
import type { WantedConnection } from './network-policy.ts';
import { podSpecOf } from './network-policy-intents.ts';

/** What the cluster itself needs, whoever saw it or not; and what of that cannot be written. */
export interface PlatformConnections {
  readonly wanted: readonly WantedConnection[];
  readonly notes: readonly string[];
}

/**
 * Connections that logs seldom show and manifests do not name: the API server to webhooks and aggregated APIs,
 * Prometheus to what it monitors, and pods with rights to the API server. A kubelet always reaches the pods of its own
 * node, so probes need no rule. `apiServer` is where the API server is, for evidence that does not show it.
 */
export function platformConnections(
  facts: Facts,
  { apiServer }: { readonly apiServer: readonly ApiServerAddress[] },
): PlatformConnections {
  const services = new Map(facts.get(networkServices).map((each) => [`${each.namespace}/${each.object.name}`, each]));
  const wanted: WantedConnection[] = [];
  const notes = new Set<string>();
  for (const object of facts.snapshot.objects) {
    for (const { namespace, name, port } of calledServices(object)) {
      const service = services.get(`${namespace}/${name}`);
      const because = `the API server calls ${object.kind} ${object.name}, from wherever it runs`;
      if (service !== undefined)
        wanted.push(...toService(service, { ports: [port], because, from: { kind: 'anyone' } }));
    }
  }
  wanted.push(...monitored(facts, notes), ...apiServerClients(facts, notes, apiServer));
  return { wanted, notes: [...notes] };
}

interface CalledService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** The Services that an object has the API server call: webhooks, conversions of custom resources, aggregated APIs. */
function calledServices(object: KubeObject): readonly CalledService[] {
  const kind = groupKind(object);
  const { value } = object;
  if (/^admissionregistration\.k8s\.io\/(?:Validating|Mutating)WebhookConfiguration$/.test(kind)) {
    return objectsIn(own(value, 'webhooks')).flatMap((webhook) =>
      called(valueAt(webhook, ['clientConfig', 'service'])),
    );
  }
  if (kind === 'apiextensions.k8s.io/CustomResourceDefinition') {
    return called(valueAt(value, ['spec', 'conversion', 'webhook', 'clientConfig', 'service']));
  }
  return kind === 'apiregistration.k8s.io/APIService' ? called(valueAt(value, ['spec', 'service'])) : [];
}

function called(target: Json | undefined): readonly CalledService[] {
  if (!isObject(target)) return [];
  const [namespace, name, port] = ['namespace', 'name', 'port'].map((key) => own(target, key));
  if (typeof namespace !== 'string' || typeof name !== 'string') return [];
  return [{ namespace, name, port: typeof port === 'number' ? port : 443 }];
}

interface Calls {
  /** Numbers or names of the Service's ports. */
  readonly ports: readonly (number | string)[];
  readonly from: WantedConnection['from'];
  readonly because: string;
}

function* toService(
  { pods, ports: served }: NetworkService,
  { ports, from, because }: Calls,
): Generator<WantedConnection> {
  const isAsked = (each: ServicePort): boolean =>
    ports.includes(each.port) || (each.name !== '' && ports.includes(each.name));
  for (const each of served.filter(isAsked)) {
    for (const pod of onePerWorkload(pods)) {
      for (const port of targetPorts(each, pod)) {
        yield { from, to: { kind: 'workload', owner: pod.owner }, protocol: each.protocol, port, because };
      }
    }
  }
}

function onePerWorkload(pods: readonly NetworkPod[]): Iterable<NetworkPod> {
  const found = new Map<KubeObject, NetworkPod>();
  for (const pod of pods) if (!found.has(pod.owner)) found.set(pod.owner, pod);
  return found.values();
}

/** What ServiceMonitors and PodMonitors have Prometheus ask. Source: the API of prometheus-operator. */
function monitored(facts: Facts, notes: Set<string>): readonly WantedConnection[] {
  const monitors = facts.snapshot.objects.filter((object) => monitorKind.test(groupKind(object)));
  if (monitors.length === 0) return [];
  const { pods } = facts.get(networkWorld);
  const scrapers = [...onePerWorkload(pods.filter(isPrometheus))];
  if (scrapers.length === 0) {
    notes.add(`Prometheus is not in the evidence: no rule lets it ask what ${monitors.length} monitors name`);
    return [];
  }
  const services = facts.get(networkServices);
  return monitors.flatMap((monitor) => {
    const because = `${monitor.kind} ${monitor.name}`;
    const isIn = namespacesOf(monitor);
    const endpoints = objectsIn(
      valueAt(monitor.value, ['spec', monitor.kind === 'PodMonitor' ? 'podMetricsEndpoints' : 'endpoints']),
    );
    const names = endpoints.flatMap((each) => [own(each, 'port'), own(each, 'targetPort')]);
    const ports = names.filter((name) => typeof name === 'string' || typeof name === 'number');
    return scrapers.flatMap(({ owner }): readonly WantedConnection[] => {
      const from = { kind: 'workload', owner } as const;
      if (monitor.kind === 'PodMonitor') {
        const chosen = pods.filter((pod) => isIn(pod.namespace) && hasLabels(monitor, (key) => pod.labels.get(key)));
        return [...onePerWorkload(chosen)].flatMap((pod) =>
          pod.ports
            .filter(({ name, port }) => ports.includes(name) || ports.includes(port))
            .map(({ protocol, port }) => ({
              from,
              to: { kind: 'workload', owner: pod.owner },
              protocol,
              port,
              because,
            })),
        );
      }
      return services
        .filter(({ namespace, object }) => isIn(namespace) && hasLabels(monitor, (key) => labelOf(object, key)))
        .flatMap((service) => [...toService(service, { ports, from, because })]);
    });
  });
}

const monitorKind = /^monitoring\.coreos\.com\/(?:Service|Pod)Monitor$/;

function isPrometheus({ owner, labels }: NetworkPod): boolean {
  return owner.kind.startsWith('Prometheus') || labels.get('app.kubernetes.io/name') === 'prometheus';
}

function namespacesOf(monitor: KubeObject): (namespace: string) => boolean {
  const selector = valueAt(monitor.value, ['spec', 'namespaceSelector']);
  if (isObject(selector) && own(selector, 'any') === true) return () => true;
  const names = stringsIn(isObject(selector) ? own(selector, 'matchNames') : undefined);
  const chosen = names.length > 0 ? names : [monitor.namespace ?? unsetNamespace];
  return (namespace) => chosen.includes(namespace);
}

/** By `matchLabels`, as nearly all monitors select; one with other terms too takes more than it should. */
function hasLabels(monitor: KubeObject, label: (key: string) => unknown): boolean {
  const wanted = valueAt(monitor.value, ['spec', 'selector', 'matchLabels']);
  return !isObject(wanted) || Object.entries(wanted).every(([key, value]) => label(key) === value);
}

function labelOf({ value }: KubeObject, key: string): unknown {
  const labels = valueAt(value, ['metadata', 'labels']);
  return isObject(labels) ? own(labels, key) : undefined;
}

/** Pods that have a token and any right of their own are there to ask the API server. */
function apiServerClients(
  facts: Facts,
  notes: Set<string>,
  given: readonly ApiServerAddress[],
): readonly WantedConnection[] {
  const addresses = given.length > 0 ? given : facts.get(apiServerAddresses);
  const mayAsk = facts.get(hasRights);
  const accountOf = facts.get(serviceAccountOf);
  const clients = [...onePerWorkload(facts.get(networkWorld).pods)].filter((pod) => {
    if (pod.hostNetwork || !mayAsk(pod.namespace, pod.serviceAccount)) return false;
    const mounts =
      own(podSpecOf(pod), 'automountServiceAccountToken') ??
      valueAt(accountOf(pod.object.namespace, pod.serviceAccount)?.value, ['automountServiceAccountToken']);
    return mounts !== false;
  });
  if (clients.length > 0 && addresses.length === 0) {
    const names = clients.map(({ owner, namespace }) => `${namespace}/${owner.name}`).sort();
    const shown = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
    const verb = names.length === 1 ? 'has' : 'have';
    notes.add(
      `${shown} ${verb} rights at the API server, whose address is not in the evidence (Endpoints default/kubernetes): no rule lets them out to it; --api-server ADDRESS:PORT writes one`,
    );
  }
  return clients.flatMap(({ owner, serviceAccount }) =>
    addresses.map(({ address, port }) => ({
      from: { kind: 'workload', owner },
      to: { kind: 'address', address },
      protocol: 'TCP',
      port,
      because: `service account ${serviceAccount} has rights at the API server`,
    })),
  );
}
