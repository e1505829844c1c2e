import type { ImageReference } from '../model/image-reference.ts';
import { isObject, type JsonObject, own } from '../model/json.ts';
import { objectsIn } from '../model/json-list.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { groupKind } from '../model/workload.ts';
import { defineFact } from './facts.ts';

/** The rule of an image verification policy that refused an image. */
export interface Refusal {
  readonly policy: string;
  readonly rule: string;
}

/**
 * What Kyverno's policy reports (`wgpolicyk8s.io` PolicyReport) say of an object's image: the rule that it failed, if
 * the snapshot holds that rule and it verifies images. The report names the image in its message only.
 */
export const refusedImage = defineFact(
  'refused-image',
  (facts): ((object: KubeObject, image: ImageReference) => Refusal | undefined) => {
    const rules = new Set<string>();
    for (const object of facts.snapshot.objects) for (const name of verifyingRules(object)) rules.add(name);
    const byObject = new Map<string, (Refusal & { readonly message: string })[]>();
    for (const object of rules.size === 0 ? [] : facts.snapshot.objects) {
      if (groupKind(object) !== 'wgpolicyk8s.io/PolicyReport') continue;
      const scope = own(object.value, 'scope');
      for (const result of objectsIn(own(object.value, 'results'))) {
        const [policy, rule, message] = [text(result, 'policy'), text(result, 'rule'), text(result, 'message')];
        if (own(result, 'result') !== 'fail' || !rules.has(`${policy}\n${rule}`)) continue;
        // Older reports name the objects in each result.
        for (const judged of isObject(scope) ? [scope] : objectsIn(own(result, 'resources'))) {
          const key = `${object.namespace ?? ''}\n${text(judged, 'kind')}\n${text(judged, 'name')}`;
          const listed = byObject.get(key);
          if (listed === undefined) byObject.set(key, [{ policy, rule, message }]);
          else listed.push({ policy, rule, message });
        }
      }
    }
    return ({ namespace, kind, name }, image) => {
      if (byObject.size === 0) return undefined;
      const refusals = byObject.get(`${namespace ?? ''}\n${kind}\n${name}`);
      // Kyverno leaves `library/` out of Docker Hub's names, so the last step of the path is what is sure to be there.
      const step = image.path.slice(image.path.lastIndexOf('/') + 1);
      const said = image.digest === undefined ? `/${step}:${image.tag ?? 'latest'}` : `@${image.digest}`;
      return refusals?.find(({ message }) => message.includes(`${said}:`) || message.includes(`${said} `));
    };
  },
);

/** `policy\nrule` of the rules of a Kyverno policy that verify images. */
function verifyingRules(object: KubeObject): readonly string[] {
  const kind = groupKind(object);
  if (kind !== 'kyverno.io/ClusterPolicy' && kind !== 'kyverno.io/Policy') return [];
  return objectsIn(valueAt(object.value, ['spec', 'rules']))
    .filter((rule) => objectsIn(own(rule, 'verifyImages')).length > 0)
    .map((rule) => `${object.name}\n${text(rule, 'name')}`);
}

function text(object: JsonObject, key: string): string {
  const value = own(object, key);
  return typeof value === 'string' ? value : '';
}
