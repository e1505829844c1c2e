import { isObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';
import { unsetNamespace } from './network-pods.ts';
import { backendsOf, isIngress } from './routes.ts';

/** A Service that something routes requests from outside to. */
export interface RoutedService {
  readonly namespace: string;
  readonly name: string;
  /** Number or name of the Service's port; all of them where none is named. */
  readonly port: number | string | undefined;
  /** Why the controller may refuse to follow it. */
  readonly doubt?: string;
}

/**
 * The Services to which an Ingress, a route of the Gateway API or a Route of OpenShift leads, each once. Routes that
 * hang on Services (meshes) take nothing from outside and lead to none.
 */
export const routedServices = defineFact(
  'routed-services',
  (facts): ((object: KubeObject) => readonly RoutedService[]) => {
    const isGranted = referenceGrants(facts.snapshot.objects);
    return (object) => {
      const kind = groupKind(object);
      const home = object.namespace ?? unsetNamespace;
      if (kind === 'route.openshift.io/Route') return openShiftBackends(object, home);
      if (!isIngress(object) && isOfMesh(object)) return [];
      const found = new Map<string, RoutedService>();
      for (const backend of backendsOf(object)) {
        const { name, port } = backend;
        const namespace = backend.namespace ?? home;
        const isAllowed = namespace === home || isGranted({ kind: object.kind, from: home, to: namespace, name });
        const doubt = `no ReferenceGrant in ${namespace} lets ${object.kind}s of ${home} lead there`;
        found.set(`${namespace}/${name} ${port}`, { namespace, name, port, ...(!isAllowed && { doubt }) });
      }
      return [...found.values()];
    };
  },
);

/** Source: Gateway API, GAMMA: parents of kind Service. */
function isOfMesh({ value }: KubeObject): boolean {
  const parents = objectsIn(valueAt(value, ['spec', 'parentRefs']));
  return parents.length > 0 && parents.every((parent) => own(parent, 'kind') === 'Service');
}

function openShiftBackends({ value }: KubeObject, namespace: string): readonly RoutedService[] {
  const target = valueAt(value, ['spec', 'port', 'targetPort']);
  const port = typeof target === 'number' || typeof target === 'string' ? target : undefined;
  const others = objectsIn(valueAt(value, ['spec', 'alternateBackends']));
  return [valueAt(value, ['spec', 'to']), ...others].flatMap((each): readonly RoutedService[] => {
    const name = isObject(each) && (own(each, 'kind') ?? 'Service') === 'Service' ? own(each, 'name') : undefined;
    return typeof name === 'string' ? [{ namespace, name, port }] : [];
  });
}

interface Reference {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly name: string;
}

/** Whether a route may lead to a Service of another namespace. Source: Gateway API, ReferenceGrant. */
function referenceGrants(objects: readonly KubeObject[]): (reference: Reference) => boolean {
  const granted = new Set<string>();
  for (const object of objects) {
    if (groupKind(object) !== 'gateway.networking.k8s.io/ReferenceGrant') continue;
    const targets = objectsIn(valueAt(object.value, ['spec', 'to'])).filter((to) => own(to, 'kind') === 'Service');
    for (const from of objectsIn(valueAt(object.value, ['spec', 'from']))) {
      for (const to of targets) {
        const name = own(to, 'name');
        const whom = typeof name === 'string' && name !== '' ? name : '*';
        granted.add([own(from, 'kind'), own(from, 'namespace'), object.namespace ?? unsetNamespace, whom].join('\n'));
      }
    }
  }
  return ({ kind, from, to, name }) => [name, '*'].some((whom) => granted.has([kind, from, to, whom].join('\n')));
}
