import { isList, isObject, type Json, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { defineFact } from './facts.ts';

/** The object at the top of an object's chain of controllers, as far as the snapshot holds it; itself where it has none. */
export const rootOwner = defineFact('root-owner', (facts): ((object: KubeObject) => KubeObject) => {
  const byUid = new Map<string, KubeObject>();
  for (const object of facts.snapshot.objects) {
    const uid = valueAt(object.value, ['metadata', 'uid']);
    if (typeof uid === 'string') byUid.set(uid, object);
  }
  const known = new Map<KubeObject, KubeObject>();
  return (object) => {
    const earlier = known.get(object);
    if (earlier !== undefined) return earlier;
    let root = object;
    for (let steps = 0; steps < 8; steps += 1) {
      const uid = controllerUid(root.value.metadata);
      const owner = uid === undefined ? undefined : byUid.get(uid);
      if (owner === undefined || owner === object || owner.namespace !== object.namespace) break;
      root = owner;
    }
    known.set(object, root);
    return root;
  };
});

function controllerUid(metadata: Json | undefined): string | undefined {
  if (!isObject(metadata)) return undefined;
  const references = own(metadata, 'ownerReferences');
  if (!isList(references)) return undefined;
  for (const reference of references) {
    if (isObject(reference) && reference.controller === true && typeof reference.uid === 'string') return reference.uid;
  }
  return undefined;
}
