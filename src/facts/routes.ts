import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { type Path, valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';

/** A Service that an Ingress or a route of the Gateway API sends requests to, and where it is named. */
export interface RouteBackend {
  /** Undefined where the manifest leaves it open. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** Number or name of the Service's port; undefined where none is named. */
  readonly port: number | string | undefined;
  readonly path: Path;
}

const routes = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'];
const routeKinds: ReadonlySet<string> = new Set(routes.map((kind) => `gateway.networking.k8s.io/${kind}`));

/** The kinds that lead to Services, whichever group serves them. */
export const backendKinds: readonly string[] = ['Ingress', ...routes];

/** Whether an object is an Ingress, of whichever group has served it. */
export function isIngress(object: KubeObject): boolean {
  const kind = groupKind(object);
  return kind === 'networking.k8s.io/Ingress' || kind === 'extensions/Ingress';
}

/** Every Service that an Ingress or a route leads to, in the order of the object; none for other kinds. */
export function backendsOf(object: KubeObject): readonly RouteBackend[] {
  if (isIngress(object)) return ingressBackends(object);
  return routeKinds.has(groupKind(object)) ? routeBackends(object) : [];
}

function ingressBackends({ value, namespace }: KubeObject): readonly RouteBackend[] {
  const found: RouteBackend[] = [];
  const add = (path: Path): void => {
    const backend = valueAt(value, path);
    if (!isObject(backend)) return;
    const service = own(backend, 'service');
    // `serviceName` and `servicePort` are v1beta1's.
    const isNew = isObject(service);
    const name = isNew ? own(service, 'name') : own(backend, 'serviceName');
    if (typeof name !== 'string') return;
    const port = isNew
      ? (valueAt(service, ['port', 'number']) ?? valueAt(service, ['port', 'name']))
      : own(backend, 'servicePort');
    found.push({ namespace, name, port: portOf(port), path: isNew ? [...path, 'service'] : path });
  };
  for (const field of ['defaultBackend', 'backend']) add(['spec', field]);
  for (const [rule, each] of entriesOf(valueAt(value, ['spec', 'rules']))) {
    for (const [index] of entriesOf(valueAt(each, ['http', 'paths']))) {
      add(['spec', 'rules', rule, 'http', 'paths', index, 'backend']);
    }
  }
  return found;
}

function routeBackends({ value, namespace }: KubeObject): readonly RouteBackend[] {
  const found: RouteBackend[] = [];
  for (const [rule, each] of entriesOf(valueAt(value, ['spec', 'rules']))) {
    for (const [index, reference] of entriesOf(own(each, 'backendRefs'))) {
      const [name, there, kind] = [own(reference, 'name'), own(reference, 'namespace'), own(reference, 'kind')];
      if (typeof name !== 'string' || (kind !== undefined && kind !== null && kind !== 'Service')) continue;
      found.push({
        namespace: typeof there === 'string' ? there : namespace,
        name,
        port: portOf(own(reference, 'port')),
        path: ['spec', 'rules', rule, 'backendRefs', index],
      });
    }
  }
  return found;
}

function portOf(port: Json | undefined): number | string | undefined {
  return typeof port === 'number' || typeof port === 'string' ? port : undefined;
}

/** The objects of a list, with their places in it. */
export function* entriesOf(list: Json | undefined): Generator<readonly [number, JsonObject]> {
  if (!isList(list)) return;
  for (const [index, value] of list.entries()) if (isObject(value)) yield [index, value];
}
