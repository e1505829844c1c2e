import { isList, isObject } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { Pod } from '../model/pod.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';
import { backendsOf } from './routes.ts';

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
    for (const { namespace, name } of backendsOf(object)) {
      routed.set(`${namespace ?? ''}/${name}`, `${object.kind} ${object.name}`);
    }
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
