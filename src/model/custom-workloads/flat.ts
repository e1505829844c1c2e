import { readPod } from '../pod.ts';
import type { ReadTemplates } from '../pod-template.ts';
import type { Reader } from '../reader.ts';
import {
  assemble,
  assembleList,
  fieldOf,
  firstSet,
  implied,
  layer,
  type Placed,
  PlacedReader,
  placed,
  placedField,
} from './placed.ts';
import { joinNames, matches, parsePlace } from './places.ts';
import { onlySetFields, theOperator } from './undecided.ts';

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
  /** The field that holds the pods' metadata; without it, labels and annotations are fields of the kind. */
  readonly metadata?: string;
  /** The kind's lists of further containers. One that has the name of the main container is merged onto it. */
  readonly containers?: readonly string[];
  readonly initContainers?: readonly string[];
}

/** Reads pods that are spread over fields. The operator decides what they leave out. */
export function flatPods(pods: Readonly<Record<string, FlatPod>>): ReadTemplates {
  const parsed = Object.entries(pods).map(([name, pod]) => {
    return { name, pod, at: parsePlace(pod.at), shared: pod.shared === undefined ? undefined : parsePlace(pod.shared) };
  });
  return function* (root) {
    for (const { name, pod, at, shared } of parsed) {
      for (const match of matches(root, at)) {
        const [common] = shared === undefined ? [] : matches(root, shared);
        const spec = assembleFlat(pod, match.reader, common?.reader);
        const metadata = pod.metadata === undefined ? match.reader : match.reader.object(pod.metadata);
        yield {
          name: joinNames(name, match.name),
          pod: readPod(new PlacedReader(spec, root.malformed), metadata, onlySetFields(root.raw, theOperator)),
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
  const fields = (names: Readonly<Record<string, string>>): [string, Placed][] =>
    Object.entries(names).map(([name, theirs]) => [name, field(theirs)]);
  const main = assemble(own.path, [['name', implied(pod.main.name, own.path)], ...fields(pod.main.fields)]);
  const further = readLists(own, pod.containers);
  const patch = further.find((container) => fieldOf(container, 'name').value === pod.main.name);
  const containers = patch === undefined ? [main, ...further] : further.map((c) => (c === patch ? layer(c, main) : c));
  return assemble(own.path, [
    ...fields(pod.pod),
    ['containers', assembleList(own.path, containers)],
    ['initContainers', assembleList(own.at('initContainers'), readLists(own, pod.initContainers))],
  ]);
}

function readLists(own: Reader, lists: readonly string[] = []): Placed[] {
  return lists.flatMap((list) => own.objects(list).map(placed));
}
