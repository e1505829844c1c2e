import { isObject, own } from '../model/json.ts';
import { objectsIn, stringsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { defineFact } from './facts.ts';

/** What Linkerd's proxies take from clients outside the mesh, where nothing else says so. */
export interface LinkerdDefault {
  /** What runs the policy controller. */
  readonly object: KubeObject;
  /** `all-unauthenticated` where it is not set. */
  readonly policy: string;
}

/**
 * Source: linkerd/linkerd2 policy-controller `--default-policy`; charts/linkerd-control-plane/values.yaml
 * (proxy.defaultInboundPolicy).
 */
export const linkerdDefault = defineFact('linkerd-default', ({ snapshot }): LinkerdDefault | undefined => {
  let found: LinkerdDefault | undefined;
  for (const object of snapshot.objects) {
    if (object.kind !== 'Deployment' || object.name !== 'linkerd-destination') continue;
    // Of several, whichever order they were read in.
    if (found !== undefined && (object.namespace ?? '') >= (found.object.namespace ?? '')) continue;
    for (const container of objectsIn(valueAt(object.value, ['spec', 'template', 'spec', 'containers']))) {
      if (own(container, 'name') !== 'policy') continue;
      const flag = stringsIn(own(container, 'args')).find((word) => word.startsWith('--default-policy='));
      found = { object, policy: flag?.slice('--default-policy='.length) ?? 'all-unauthenticated' };
      break;
    }
  }
  return found;
});

/** Whether a policy takes what comes from outside the mesh. */
export function takesUnauthenticated(policy: string): boolean {
  return policy === 'all-unauthenticated' || policy === 'cluster-unauthenticated' || policy === 'audit';
}

/** The namespaces that ask for the proxy of Linkerd. Source: linkerd.io, "Automatic Proxy Injection". */
export const linkerdNamespaces = defineFact('linkerd-namespaces', ({ snapshot }): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const object of snapshot.objects) {
    if (object.kind !== 'Namespace' || object.apiVersion !== 'v1') continue;
    const asked = annotationOf(object, 'linkerd.io/inject');
    if (asked === 'enabled' || asked === 'ingress') names.add(object.name);
  }
  return names;
});

/** The value of an annotation of an object itself. */
export function annotationOf({ value }: KubeObject, name: string): string | undefined {
  const annotations = valueAt(value, ['metadata', 'annotations']);
  const given = isObject(annotations) ? own(annotations, name) : undefined;
  return typeof given === 'string' ? given : undefined;
}
