import { own } from '../model/json.ts';
import { stringsIn } from '../model/json-list.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { defineFact } from './facts.ts';
import { backendsOf } from './routes.ts';
import { isInternal, readService, sourceRanges } from './services.ts';

/** How what is outside the cluster reaches a Service. */
export interface Published {
  /** `Service web of type LoadBalancer`, `Ingress shop`. */
  readonly how: string;
  /** Who can: everybody, whoever reaches a node, or those of chosen networks. */
  readonly by: 'everyone' | 'nodes' | 'few';
}

const order = ['few', 'nodes', 'everyone'] as const;

/** The widest way to each Service from outside that the snapshot shows. An Ingress or a route is taken to be for everyone. */
export const publishedServices = defineFact(
  'published-services',
  ({ snapshot }): ReadonlyMap<KubeObject, Published> => {
    const routed = new Map<string, KubeObject>();
    for (const object of snapshot.objects) {
      for (const { namespace, name } of backendsOf(object)) routed.set(`${namespace ?? ''}/${name}`, object);
    }
    const found = new Map<KubeObject, Published>();
    for (const object of snapshot.objects) {
      const route = routed.get(`${object.namespace ?? ''}/${object.name}`);
      const ways = [...waysTo(object)];
      if (route !== undefined && object.kind === 'Service') {
        ways.push({ how: `${route.kind} ${route.name}`, by: 'everyone' });
      }
      const widest = ways.sort((a, b) => order.indexOf(b.by) - order.indexOf(a.by))[0];
      if (widest !== undefined) found.set(object, widest);
    }
    return found;
  },
);

function* waysTo(object: KubeObject): Generator<Published> {
  const service = readService(object);
  if (service === undefined) return;
  const { type } = service;
  if (type === 'LoadBalancer') {
    const isLimited = isInternal(service) || sourceRanges(service).length > 0;
    yield { how: `Service ${object.name} of type LoadBalancer`, by: isLimited ? 'few' : 'everyone' };
  }
  if (type === 'NodePort') yield { how: `Service ${object.name} of type NodePort`, by: 'nodes' };
  if (stringsIn(own(service.spec, 'externalIPs')).length > 0) {
    yield { how: `externalIPs of Service ${object.name}`, by: 'nodes' };
  }
}
