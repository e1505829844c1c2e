import { readPod } from '../pod.ts';
import type { ReadTemplates } from '../pod-template.ts';
import type { Reader } from '../reader.ts';
import { assembleList, implied, type Placed, PlacedReader, placed, placedField, withFields } from './placed.ts';
import { matches, parsePlace } from './places.ts';
import { onlySetFields, theOperator } from './undecided.ts';

/** A component of a Strimzi resource: where it stands, and the key of the container that runs its `image`. */
export interface StrimziComponent {
  readonly at: string;
  readonly main: string | undefined;
}

/**
 * Strimzi keeps pods under `template`: `pod` for the pod's fields, and a key for each container, such as
 * `kafkaContainer`. The operator makes the rest. `buildPod` and `buildContainer` are a pod of their own.
 * Source: strimzi/strimzi-kafka-operator, the fields of the component templates.
 */
export function strimzi(components: Readonly<Record<string, StrimziComponent>>): ReadTemplates {
  const parsed = Object.entries(components).map(([name, { at, main }]) => ({ name, at: parsePlace(at), main }));
  return function* (root) {
    for (const { name, at, main } of parsed) {
      for (const { reader } of matches(root, at)) {
        yield { name, pod: componentPod(root, reader, { pod: 'pod', main }) };
        if (!reader.object('template').has('buildContainer')) continue;
        yield { name: 'build', pod: componentPod(root, reader, { pod: 'buildPod', main: undefined }) };
      }
    }
  };
}

interface PodOptions {
  readonly pod: 'pod' | 'buildPod';
  readonly main: string | undefined;
}

function componentPod(root: Reader, component: Reader, { pod, main }: PodOptions) {
  const template = component.object('template');
  const podTemplate = template.object(pod);
  const containers: Placed[] = [];
  const initContainers: Placed[] = [];
  for (const key of Object.keys(template.raw)) {
    if (!isContainerOf(pod, key) || key === main || !template.has(key)) continue;
    const container = named(template.object(key), key);
    if (key === 'initContainer') initContainers.push(container);
    else containers.push(container);
  }
  if (main !== undefined) {
    const fields = ['image', 'resources'].map((field) => [field, placedField(component, field)] as const);
    containers.unshift(withFields(named(template.object(main), main), fields));
  }
  const spec = withFields(placed(podTemplate), [
    ['containers', assembleList(template.path, containers)],
    ['initContainers', assembleList(template.path, initContainers)],
  ]);
  return readPod(
    new PlacedReader(spec, root.malformed),
    podTemplate.object('metadata'),
    onlySetFields(root.raw, theOperator),
  );
}

function isContainerOf(pod: PodOptions['pod'], key: string): boolean {
  return (key.endsWith('Container') || key === 'container') && (key === 'buildContainer') === (pod === 'buildPod');
}

/** The container is called by its key: that is where its user finds it. */
function named(container: Reader, key: string): Placed {
  return withFields(placed(container), [['name', implied(key, container.path)]]);
}
