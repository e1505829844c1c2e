import { isList, isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { Pod } from '../model/pod.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';

/**
 * What lets traffic from outside the cluster reach a pod, in words ("Service web of type LoadBalancer"); undefined
 * where the snapshot holds nothing of the kind. Counts Services of type LoadBalancer or NodePort or with externalIPs,
 * and Services behind an Ingress or a Gateway route. Who may connect to those from where is not judged.
 */
export const exposureOf = defineFact(
  'exposure-of',
  (facts): ((pod: Pod, namespace: string | undefined) => string | undefined) => {
    const byLabel = new Map<string, ExposedService[]>();
    for (const service of exposedServices(facts.snapshot.objects)) {
      const [first] = service.selector;
      if (first === undefined) continue;
      const key = labelKey(service.namespace, first[0], first[1]);
      const listed = byLabel.get(key);
      if (listed === undefined) byLabel.set(key, [service]);
      else listed.push(service);
    }
    return (pod, namespace) => {
      if (byLabel.size === 0) return undefined;
      for (const [name, value] of pod.labels) {
        for (const { selector, how } of byLabel.get(labelKey(namespace, name, value)) ?? none) {
          if (selector.every(([key, wanted]) => pod.labels.get(key) === wanted)) return how;
        }
      }
      return undefined;
    };
  },
);

interface ExposedService {
  readonly namespace: string | undefined;
  readonly selector: readonly (readonly [string, string])[];
  readonly how: string;
}

const none: readonly ExposedService[] = [];

function labelKey(namespace: string | undefined, name: string, value: string): string {
  return `${namespace ?? ''}\n${name}\n${value}`;
}

function* exposedServices(objects: readonly KubeObject[]): Generator<ExposedService> {
  const routed = new Map<string, string>();
  for (const object of objects) {
    for (const service of backendsOf(object)) routed.set(service, `${object.kind} ${object.name}`);
  }
  for (const object of objects) {
    if (groupKind(object) !== '/Service') continue;
    const { namespace, name } = object;
    const how = publishedBy(object) ?? routed.get(`${namespace ?? ''}/${name}`);
    const selector = valueAt(object.value, ['spec', 'selector']);
    if (how === undefined || !isObject(selector)) continue;
    const labels = Object.entries(selector).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    yield { namespace, selector: labels, how };
  }
}

function publishedBy({ name, value }: KubeObject): string | undefined {
  const type = valueAt(value, ['spec', 'type']);
  if (type === 'LoadBalancer' || type === 'NodePort') return `Service ${name} of type ${type}`;
  const addresses = valueAt(value, ['spec', 'externalIPs']);
  return isList(addresses) && addresses.length > 0 ? `externalIPs of Service ${name}` : undefined;
}

/** `namespace/name` of the Services to which an Ingress or a route of the Gateway API leads. */
function backendsOf(object: KubeObject): readonly string[] {
  const kind = groupKind(object);
  const spec = own(object.value, 'spec');
  if (!isObject(spec)) return noNames;
  if (kind === 'networking.k8s.io/Ingress' || kind === 'extensions/Ingress')
    return ingressBackends(spec, object.namespace);
  return routeKinds.has(kind) ? routeBackends(spec, object.namespace) : noNames;
}

const noNames: readonly string[] = [];

const routeKinds: ReadonlySet<string> = new Set(
  ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'].map((kind) => `gateway.networking.k8s.io/${kind}`),
);

function ingressBackends(spec: JsonObject, namespace: string | undefined): readonly string[] {
  const backends = [own(spec, 'defaultBackend'), own(spec, 'backend')];
  for (const rule of objectsIn(own(spec, 'rules'))) {
    for (const path of objectsIn(valueAt(rule, ['http', 'paths']))) backends.push(own(path, 'backend'));
  }
  const names: string[] = [];
  for (const backend of backends) {
    // `serviceName` is v1beta1's.
    const name = valueAt(backend, ['service', 'name']) ?? valueAt(backend, ['serviceName']);
    if (typeof name === 'string') names.push(`${namespace ?? ''}/${name}`);
  }
  return names;
}

function routeBackends(spec: JsonObject, namespace: string | undefined): readonly string[] {
  const names: string[] = [];
  for (const rule of objectsIn(own(spec, 'rules'))) {
    for (const reference of objectsIn(own(rule, 'backendRefs'))) {
      const [name, there, kind] = [own(reference, 'name'), own(reference, 'namespace'), own(reference, 'kind')];
      if (typeof name !== 'string' || (kind !== undefined && kind !== null && kind !== 'Service')) continue;
      names.push(`${typeof there === 'string' ? there : (namespace ?? '')}/${name}`);
    }
  }
  return names;
}
