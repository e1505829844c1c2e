import type { Facts } from '../facts/facts.ts';
import { networkWorld } from '../facts/network.ts';
import { networkEntries } from '../facts/network-exposure.ts';
import { type NetworkService, networkServices, type ServicePort, targetPorts } from '../facts/network-services.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import type { NetworkPod } from '../semantics/network-policy/index.ts';
import type { WantedConnection } from './network-policy.ts';
import { allowedConnections } from './network-policy-kept.ts';

/**
 * The connections that manifests speak of: Services that environment, arguments and configuration name, what is
 * published, and what policies that are there let pass by name. What a program finds out for itself, they do not tell.
 */
export function intendedConnections(facts: Facts): readonly WantedConnection[] {
  const wanted = new Map<string, WantedConnection>();
  const add = (connection: WantedConnection): void => {
    const { from, to, protocol, port } = connection;
    const key = [nameOf(from), nameOf(to), protocol, port].join(' ');
    if (!wanted.has(key)) wanted.set(key, connection);
  };
  const services = new Map(
    facts.get(networkServices).map((service) => [`${service.namespace}/${service.object.name}`, service]),
  );
  const maps = new Map<string, KubeObject>();
  for (const object of facts.snapshot.objects) {
    if (groupKind(object) === '/ConfigMap') maps.set(`${object.namespace ?? 'default'}/${object.name}`, object);
  }
  const seen = new Set<KubeObject>();
  for (const pod of facts.get(networkWorld).pods) {
    if (seen.has(pod.owner)) continue;
    seen.add(pod.owner);
    for (const { text, place } of textsOf(pod, maps)) {
      for (const { host, port, scheme } of hostsIn(text)) {
        const because = `${pod.owner.kind} ${pod.owner.name}: ${place} names ${host}`;
        const service = serviceNamed(host, pod.namespace, services);
        if (service !== undefined) for (const each of towards({ service, port, from: pod, because })) add(each);
        else if (scheme !== undefined && isPublicName(host)) {
          const number = port ?? (scheme === 'http' ? 80 : 443);
          add({
            from: { kind: 'workload', owner: pod.owner },
            to: { kind: 'internet' },
            protocol: 'TCP',
            port: number,
            because,
          });
        }
      }
    }
  }
  for (const entry of facts.get(networkEntries)) {
    for (const pod of entry.pods) {
      if (pod.hostNetwork) continue;
      for (const { protocol, inner } of entry.ports) {
        const from = groupKind(entry.object) === '/Service' ? 'anyone' : 'every-pod';
        add({
          from: { kind: from },
          to: { kind: 'workload', owner: pod.owner },
          protocol,
          port: inner,
          because: entry.through,
        });
      }
    }
  }
  for (const each of allowedConnections(facts)) add(each);
  return [...wanted.values()];
}

function nameOf(end: WantedConnection['from']): string {
  if (end.kind === 'workload') return `${end.owner.kind} ${end.owner.namespace} ${end.owner.name}`;
  return end.kind === 'address' ? end.address : end.kind;
}

interface Towards {
  readonly service: NetworkService;
  readonly port: number | undefined;
  readonly from: NetworkPod;
  readonly because: string;
}

function* towards({ service, port, from, because }: Towards): Generator<WantedConnection> {
  const asked = service.ports.filter((each) => each.port === port);
  // A port that the Service does not have is a slip, or is another's: all that it has are meant then.
  const ports: readonly ServicePort[] = asked.length > 0 ? asked : service.ports;
  for (const each of ports) {
    for (const pod of service.pods) {
      for (const number of targetPorts(each, pod)) {
        yield {
          from: { kind: 'workload', owner: from.owner },
          to: { kind: 'workload', owner: pod.owner },
          protocol: each.protocol,
          port: number,
          because,
        };
      }
    }
  }
}

/** Text in which a program may be told where to connect. */
function* textsOf(
  pod: NetworkPod,
  maps: ReadonlyMap<string, KubeObject>,
): Generator<{ readonly text: string; readonly place: string }> {
  const spec = podSpecOf(pod);
  const containers = ['initContainers', 'containers'].flatMap((key) => objectsIn(valueAt(spec, [key])));
  const named = new Set<string>();
  for (const container of containers) {
    for (const word of [...stringsIn(own(container, 'command')), ...stringsIn(own(container, 'args'))])
      yield { text: word, place: 'its command' };
    for (const env of objectsIn(own(container, 'env'))) {
      const [name, value] = [own(env, 'name'), own(env, 'value')];
      if (typeof value === 'string')
        yield { text: isAddressName(name) ? `${value} addr://${value}` : value, place: `env ${String(name)}` };
      const map = valueAt(env, ['valueFrom', 'configMapKeyRef', 'name']);
      if (typeof map === 'string') named.add(map);
    }
    for (const from of objectsIn(own(container, 'envFrom'))) {
      const map = valueAt(from, ['configMapRef', 'name']);
      if (typeof map === 'string') named.add(map);
    }
  }
  for (const volume of objectsIn(valueAt(spec, ['volumes']))) {
    const map = valueAt(volume, ['configMap', 'name']);
    if (typeof map === 'string') named.add(map);
  }
  for (const name of named) {
    const data = valueAt(maps.get(`${pod.namespace}/${name}`)?.value, ['data']);
    if (!isObject(data)) continue;
    for (const [key, value] of Object.entries(data)) {
      if (typeof value === 'string')
        yield { text: isAddressName(key) ? `${value} addr://${value}` : value, place: `ConfigMap ${name}` };
    }
  }
}

/** Where the pod spec is: of a pod, or of the templates of the kinds that Kubernetes itself has. */
export function podSpecOf({ object }: NetworkPod): JsonObject {
  const steps =
    object.kind === 'Pod'
      ? ['spec']
      : object.kind === 'CronJob'
        ? ['spec', 'jobTemplate', 'spec', 'template', 'spec']
        : ['spec', 'template', 'spec'];
  const spec = valueAt(object.value, steps);
  return isObject(spec) ? spec : {};
}

/** A variable whose value is a bare name of a host. */
function isAddressName(name: unknown): boolean {
  return (
    typeof name === 'string' && /(?:HOST|ADDR|ADDRESS|URL|URI|SERVICE|SERVER|ENDPOINT|UPSTREAM|BROKERS?)$/i.test(name)
  );
}

interface NamedHost {
  readonly host: string;
  readonly port: number | undefined;
  readonly scheme: string | undefined;
}

/** Text longer than that is no configuration of addresses. */
const longest = 256 * 1024;

function* hostsIn(text: string): Generator<NamedHost> {
  const pattern =
    /(?:([a-z][a-z0-9+.-]{0,30}):\/\/(?:[^\s/@]{1,200}@)?)?([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::(\d{1,5}))?/gi;
  for (const [, scheme, host = '', port] of text.slice(0, longest).matchAll(pattern)) {
    // A bare word is a word. With a scheme or a port it is a host, and with dots it may be one.
    if (scheme === undefined && port === undefined && !host.includes('.')) continue;
    yield {
      host: host.toLowerCase(),
      port: port === undefined ? undefined : Number(port),
      scheme: scheme?.toLowerCase(),
    };
  }
}

function serviceNamed(
  host: string,
  namespace: string,
  services: ReadonlyMap<string, NetworkService>,
): NetworkService | undefined {
  const [name = '', place = namespace, ...rest] = host.split('.');
  const isOfCluster = rest.length === 0 || rest[0] === 'svc';
  return isOfCluster ? services.get(`${place}/${name}`) : undefined;
}

function isPublicName(host: string): boolean {
  return /\.[a-z]{2,}$/.test(host) && !/\.(?:local|internal|svc|cluster|localhost|example|test|invalid)$/.test(host);
}
