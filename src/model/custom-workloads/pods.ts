import { type Pod, readPod } from '../pod.ts';
import type { ReadTemplates } from '../pod-template.ts';
import { Reader } from '../reader.ts';
import { assembleList, firstSet, implied, PlacedReader, placed, placedField, withFields } from './placed.ts';
import { joinNames, matches, type Place, parsePlace } from './places.ts';
import { defaulted, onlySetFields, theOperator } from './undecided.ts';

/** Places by the name of their pods; '' where there is only one. Fan-outs add their names: `workers/gpu`. */
export type Places = Readonly<Record<string, string>>;

/** Pod templates (`metadata` and `spec`) that say all of their pods, but for `defaults` that the controller has. */
export function podTemplates(places: Places, defaults: readonly string[] = []): ReadTemplates {
  return at(places, (template, root) => {
    const undecided = defaults.length === 0 ? undefined : defaulted(root.raw, defaults);
    return readPod(template.object('spec'), template.object('metadata'), undecided);
  });
}

/** Pod templates that an operator completes: only what they set is certain. */
export function templatePatches(places: Places): ReadTemplates {
  return at(places, readTemplatePatch);
}

/** Pod specs that an operator completes. */
export function specPatches(places: Places): ReadTemplates {
  return at(places, readSpecPatch);
}

export function readTemplatePatch(template: Reader, root: Reader): Pod {
  return readPod(template.object('spec'), template.object('metadata'), onlySetFields(root.raw, theOperator));
}

export function readSpecPatch(spec: Reader, root: Reader): Pod {
  const metadata = new Reader({}, spec.at('metadata'), root.malformed);
  return readPod(spec, metadata, onlySetFields(root.raw, theOperator));
}

/** Knative revisions at `place`: a pod spec where a container needs no name. */
export function knative(place: string): ReadTemplates {
  return at({ '': place }, (template) => {
    const spec = template.object('spec');
    const containers = spec.objects('containers');
    const named = containers.map((container, index) => {
      // Source: knative/serving, the defaulting of RevisionSpec.
      const name = containers.length === 1 ? 'user-container' : `user-container-${index}`;
      const own = placedField(container, 'name');
      return withFields(placed(container), [['name', firstSet(own, implied(name, own.place.path))]]);
    });
    const pod = withFields(placed(spec), [['containers', assembleList(spec.at('containers'), named)]]);
    return readPod(new PlacedReader(pod, spec.malformed), template.object('metadata'));
  });
}

function at(places: Places, read: (found: Reader, root: Reader) => Pod): ReadTemplates {
  const parsed = Object.entries(places).map(([name, place]): [string, Place] => [name, parsePlace(place)]);
  return function* (root) {
    for (const [prefix, place] of parsed) {
      for (const { name, reader } of matches(root, place))
        yield { name: joinNames(prefix, name), pod: read(reader, root) };
    }
  };
}
