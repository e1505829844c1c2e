import { isList } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { podPlaces } from './crd-workloads.ts';
import { defineFact } from './facts.ts';

/** The custom resources whose definitions were read, and whose schema shows a pod template or pod spec. */
export interface PodMakers {
  /** Whether definitions of an API group were read at all. */
  hasGroup(apiGroup: string): boolean;
  /** Whether one of the resources of a group, or any of it (`*`), makes pods. */
  makesPods(apiGroup: string, plural: string): boolean;
}

export const podMakers = defineFact('pod-makers', ({ snapshot }): PodMakers => {
  const groups = new Map<string, Map<string, KubeObject>>();
  for (const object of snapshot.objects) {
    if (object.kind !== 'CustomResourceDefinition') continue;
    const group = valueAt(object.value, ['spec', 'group']);
    const plural = valueAt(object.value, ['spec', 'names', 'plural']);
    if (typeof group !== 'string' || typeof plural !== 'string') continue;
    const own = groups.get(group) ?? new Map<string, KubeObject>();
    groups.set(group, own.set(plural, object));
  }
  // Schemas are large: one is read when a rule names its resource.
  const read = new Map<KubeObject, boolean>();
  const makes = (definition: KubeObject): boolean => {
    let found = read.get(definition);
    if (found === undefined) read.set(definition, (found = showsPods(definition)));
    return found;
  };
  return {
    hasGroup: (apiGroup) => groups.has(apiGroup),
    makesPods: (apiGroup, plural) => {
      const own = groups.get(apiGroup);
      if (own === undefined) return false;
      if (plural === '*') return [...own.values()].some(makes);
      const definition = own.get(plural);
      return definition !== undefined && makes(definition);
    },
  };
});

function showsPods({ value }: KubeObject): boolean {
  const versions = valueAt(value, ['spec', 'versions']);
  const schemas = (isList(versions) ? versions : []).map((each) => valueAt(each, ['schema', 'openAPIV3Schema']));
  return [...schemas, valueAt(value, ['spec', 'validation', 'openAPIV3Schema'])].some(
    (schema) => schema !== undefined && podPlaces(schema).length > 0,
  );
}
