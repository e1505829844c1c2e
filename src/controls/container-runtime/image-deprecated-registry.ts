import registries from '../../../data/deprecated-registries.json' with { type: 'json' };
import { imageOf } from '../../facts/image-references.ts';
import { edit } from '../../model/edit.ts';
import { formatImageReference, type ImageReference, isUnder } from '../../model/image-reference.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { withImage } from './with-image.ts';

export default control({
  id: 'container-runtime/image-deprecated-registry',
  title: 'Images come from registries that still get fixes',
  severity: 'medium',
  subject: 'container',
  coveredBy: ['container-runtime/image-eol-component'],
  why: 'A frozen registry keeps serving the images it has: they only get older, and one day they are gone when a node needs them.',
  remedy: 'Use the place that the image has moved to, which the finding names, in a version that is maintained.',
  check: ({ container }, facts) => {
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    const row = rowOf(image);
    if (row === undefined) return pass;
    const message = `container ${container.name} runs ${container.image} from ${row.prefix}: ${row.why}; use ${row.instead}`;
    return fail(message, container.at('image'));
  },
  fix: {
    safety: 'may-break',
    edits: ({ container }, _, facts) => {
      const image = facts.get(imageOf)(container);
      // Every image of the old registry was copied under the same path; the others need a choice.
      if ('kind' in image || image.registry !== 'k8s.gcr.io') return [];
      const repository = `registry.k8s.io/${image.path}`;
      return [edit.set(container.at('image'), formatImageReference({ ...image, repository }))];
    },
  },
  examples: {
    fail: ['k8s.gcr.io/pause:3.5', 'k8s.gcr.io/coredns/coredns:v1.8.0'].map((image) => withImage(image)),
    pass: ['registry.k8s.io/pause:3.10', 'gcr.io/google_samples/gb-frontend:v4', 'k8s.gcr.io.example/pause:3.5'].map(
      (image) => withImage(image),
    ),
  },
});

function rowOf({ repository }: ImageReference): (typeof registries.rows)[number] | undefined {
  for (const row of registries.rows) if (isUnder(repository, row.prefix)) return row;
  return undefined;
}
