import { isList, isObject, type Json, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';

/**
 * Whether admission would give a new pod's containers a limit for `resource`, by a LimitRange of the namespace that
 * the object is in. Objects whose namespace is not known get none: which LimitRange they meet is not known either.
 * A Pod that a server has accepted keeps what it was admitted with.
 */
export const defaultsLimit = defineFact(
  'defaults-limit',
  (facts): ((object: KubeObject, resource: string) => boolean) => {
    const byNamespace = new Map<string, Set<string>>();
    for (const object of facts.snapshot.objects) {
      if (object.namespace === undefined || groupKind(object) !== '/LimitRange') continue;
      let resources = byNamespace.get(object.namespace);
      if (resources === undefined) byNamespace.set(object.namespace, (resources = new Set()));
      for (const name of defaultedLimits(valueAt(object.value, ['spec', 'limits']))) resources.add(name);
    }
    return (object, resource) =>
      object.namespace !== undefined &&
      byNamespace.get(object.namespace)?.has(resource) === true &&
      !isAdmittedPod(object);
  },
);

/** `default` of the items for containers, and `max`, which the API server copies there (SetDefaults_LimitRangeItem). */
function* defaultedLimits(limits: Json | undefined): Generator<string> {
  if (!isList(limits)) return;
  for (const item of limits) {
    if (!isObject(item) || own(item, 'type') !== 'Container') continue;
    for (const field of ['default', 'max']) {
      const quantities = own(item, field);
      if (isObject(quantities)) yield* Object.keys(quantities);
    }
  }
}

function isAdmittedPod(object: KubeObject): boolean {
  return groupKind(object) === '/Pod' && typeof valueAt(object.value, ['metadata', 'uid']) === 'string';
}
