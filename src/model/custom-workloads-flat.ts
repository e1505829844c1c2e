import type { ReadTemplates } from './custom-workloads.ts';
import { matches, parsePlace } from './custom-workloads-places.ts';
import { onlySetFields, theOperator } from './custom-workloads-undecided.ts';
import { assemble, assembleList, firstSet, implied, type Placed, PlacedReader, placed, placedField } from './placed.ts';
import { readPod } from './pod.ts';
import type { Reader } from './reader.ts';

/** A kind that spreads a pod over fields of its own instead of holding a pod spec. */
export interface FlatPod {
  /** Where the fields stand, as `parsePlace` reads it. */
  readonly at: string;
  /** Where fields stand that several pods share; a pod's own win. */
  readonly shared?: string;
  /** The container that the operator makes, and the fields that it takes: container field to the kind's field. */
  readonly main: { readonly name: string; readonly fields: Readonly<Record<string, string>> };
  /** Pod spec field to the kind's field. */
  readonly pod: Readonly<Record<string, string>>;
  /** The kind's lists of further containers. */
  readonly containers?: readonly string[];
  readonly initContainers?: readonly string[];
}

/** Reads pods that are spread over fields. The operator decides what they leave out. */
export function flatPods(pods: Readonly<Record<string, FlatPod>>): ReadTemplates {
  const parsed = Object.entries(pods).map(([name, pod]) => ({ name, pod, at: parsePlace(pod.at) }));
  return function* (root) {
    for (const { name, pod, at } of parsed) {
      for (const match of matches(root, at)) {
        const shared = pod.shared === undefined ? [] : [...matches(root, parsePlace(pod.shared))];
        const spec = assembleFlat(pod, match.reader, shared[0]?.reader);
        const metadata = assemble(match.reader.path, [
          ['labels', placedField(match.reader, 'labels')],
          ['annotations', placedField(match.reader, 'annotations')],
        ]);
        yield {
          name: match.name === '' ? name : name === '' ? match.name : `${name}/${match.name}`,
          pod: readPod(
            new PlacedReader(spec, root.malformed),
            new PlacedReader(metadata, root.malformed),
            onlySetFields(root.raw, theOperator),
          ),
        };
      }
    }
  };
}

function assembleFlat(pod: FlatPod, own: Reader, shared: Reader | undefined): Placed {
  const field = (name: string): Placed => {
    const here = placedField(own, name);
    return shared === undefined ? here : firstSet(here, placedField(shared, name));
  };
  const container = (fields: FlatPod['main']['fields']): [string, Placed][] =>
    Object.entries(fields).map(([name, theirs]) => [name, field(theirs)]);
  const main = assemble(own.path, [['name', implied(pod.main.name, own.path)], ...container(pod.main.fields)]);
  const items = (lists: readonly string[] = []): Placed[] =>
    lists.flatMap((list) => own.objects(list).map((item) => placed(item)));
  return assemble(own.path, [
    ...Object.entries(pod.pod).map(([name, theirs]): [string, Placed] => [name, field(theirs)]),
    ['containers', assembleList(own.path, [main, ...items(pod.containers)])],
    ['initContainers', assembleList(own.at('initContainers'), items(pod.initContainers))],
  ]);
}
