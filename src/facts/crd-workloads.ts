import { isList, isObject, type Json, type JsonObject, own } from '../model/json.ts';
import { valueAt } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { type DiscoveredPlace, groupKind, isKnownWorkload } from '../model/workload.ts';
import { defineFact } from './facts.ts';

/** Schemas are looked at this deep, this far, and for this many places: real ones stay well below. */
const maxDepth = 32;
const maxNodes = 300_000;
const maxPlaces = 64;

/**
 * Where the schemas of custom resources show a pod template or pod spec, by `apiVersion/Kind`. Only definitions are
 * read whose objects the snapshot holds, and whose kind Bulwark does not know by itself.
 */
export const crdWorkloads = defineFact('crd-workloads', (facts): ReadonlyMap<string, readonly DiscoveredPlace[]> => {
  const wanted = new Set<string>();
  const definitions: KubeObject[] = [];
  for (const object of facts.snapshot.objects) {
    const key = groupKind(object);
    if (key === 'apiextensions.k8s.io/CustomResourceDefinition') definitions.push(object);
    else if (object.apiVersion.includes('.') && !isKnownWorkload(key))
      wanted.add(`${object.apiVersion}/${object.kind}`);
  }
  const found = new Map<string, readonly DiscoveredPlace[]>();
  if (wanted.size === 0) return found;
  for (const definition of definitions) {
    for (const { key, schema } of schemas(definition.value)) {
      if (!wanted.has(key) || found.has(key)) continue;
      const places = podPlaces(schema());
      if (places.length > 0) found.set(key, places);
    }
  }
  return found;
});

/** The schema of each version that a definition (v1 or v1beta1) serves, by `apiVersion/Kind`. */
function* schemas(definition: JsonObject): Generator<{ key: string; schema: () => Json | undefined }> {
  const group = valueAt(definition, ['spec', 'group']);
  const kind = valueAt(definition, ['spec', 'names', 'kind']);
  if (typeof group !== 'string' || typeof kind !== 'string') return;
  const shared = () => valueAt(definition, ['spec', 'validation', 'openAPIV3Schema']);
  const versions = valueAt(definition, ['spec', 'versions']);
  for (const version of isList(versions) ? versions : []) {
    const name = valueAt(version, ['name']);
    if (typeof name !== 'string') continue;
    yield {
      key: `${group}/${name}/${kind}`,
      schema: () => valueAt(version, ['schema', 'openAPIV3Schema']) ?? shared(),
    };
  }
  const only = valueAt(definition, ['spec', 'version']);
  if (typeof only === 'string') yield { key: `${group}/${only}/${kind}`, schema: shared };
}

type Step = DiscoveredPlace['place'][number];

interface Found {
  readonly place: readonly Step[];
  readonly holds: DiscoveredPlace['holds'];
}

/** The places of an OpenAPI v3 schema that hold a pod template or pod spec. Any JSON is a schema to it. */
export function podPlaces(schema: Json | undefined): readonly DiscoveredPlace[] {
  const found: Found[] = [];
  let nodes = 0;
  const visit = (node: Json | undefined, place: readonly Step[]): void => {
    nodes += 1;
    if (!isObject(node) || place.length > maxDepth || nodes > maxNodes || found.length >= maxPlaces) return;
    const properties = objectAt(node, 'properties');
    if (properties === undefined) return;
    if (isPodSpec(properties)) {
      found.push({ place, holds: 'spec' });
      return;
    }
    const spec = objectAt(properties, 'spec');
    const ofSpec = spec === undefined ? undefined : objectAt(spec, 'properties');
    if (place.length > 0 && ofSpec !== undefined && isPodSpec(ofSpec)) {
      found.push({ place, holds: 'template' });
      return;
    }
    for (const [field, value] of Object.entries(properties)) {
      if (place.length === 0 && field === 'status') continue;
      if (!isObject(value)) continue;
      const items = own(value, 'items');
      const values = own(value, 'additionalProperties');
      if (isObject(items)) visit(items, [...place, { list: field, key: keyOf(value, items) }]);
      else if (isObject(values)) visit(values, [...place, { map: field }]);
      else visit(value, [...place, { field }]);
    }
  };
  visit(schema, []);
  return found.map(({ place, holds }) => ({
    name: found.length === 1 ? fanOutName(place) : nameOf(place),
    place,
    holds,
  }));
}

/** Fields of a container of which a list of containers shows at least one beside `name` and `image`. */
const ofContainers = ['securityContext', 'resources', 'command', 'args', 'env', 'volumeMounts', 'ports'];

function isPodSpec(properties: JsonObject): boolean {
  const containers = objectAt(properties, 'containers');
  const items = containers === undefined ? undefined : objectAt(containers, 'items');
  const container = items === undefined ? undefined : objectAt(items, 'properties');
  if (container === undefined || !Object.hasOwn(container, 'name') || !Object.hasOwn(container, 'image')) return false;
  return ofContainers.some((field) => Object.hasOwn(container, field));
}

/** The field that tells the items of a list apart: the key of the list where it says one, else `name`. */
function keyOf(list: JsonObject, items: JsonObject): string | undefined {
  const keys = own(list, 'x-kubernetes-list-map-keys');
  const first = isList(keys) ? keys[0] : undefined;
  if (typeof first === 'string') return first;
  const properties = objectAt(items, 'properties');
  return ['name', 'groupName'].find((key) => properties !== undefined && objectAt(properties, key)?.type === 'string');
}

/** Steps that every place has, and that so tell nothing. */
const commonSteps = new Set(['spec', 'template', 'podTemplate', 'podTemplateSpec', 'podSpec']);

/** What tells the places of one schema apart: the fields on the way. Fan-outs add their names behind it. */
function nameOf(place: readonly Step[]): string {
  const fields = place.map(fieldName);
  const telling = fields.filter((field) => !commonSteps.has(field));
  return (telling.length > 0 ? telling : fields).join('/');
}

/** With one place only a fan-out needs a name. */
function fanOutName(place: readonly Step[]): string {
  return place.every((step) => 'field' in step) ? '' : nameOf(place);
}

function fieldName(step: Step): string {
  return 'field' in step ? step.field : 'list' in step ? step.list : step.map;
}

function objectAt(object: JsonObject, key: string): JsonObject | undefined {
  const value = own(object, key);
  return isObject(value) ? value : undefined;
}
