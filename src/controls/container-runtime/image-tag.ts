import { imageOf } from '../../facts/image-references.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { withImage } from './with-image.ts';

export default control({
  id: 'container-runtime/image-tag',
  title: 'Images name a version',
  severity: 'medium',
  subject: 'container',
  why: 'The tag latest is whatever was pushed last: nobody can say what runs, nodes run different builds under one name, and a bad push reaches production with the next restart.',
  remedy: 'Name a version, and its digest for good measure: registry/app:1.4.2@sha256:….',
  check: ({ container }, facts) => {
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    if (image.digest !== undefined || (image.tag !== undefined && image.tag !== 'latest')) return pass;
    const said = image.tag === undefined ? 'without a tag, which means latest' : 'which is whatever was pushed last';
    return fail(`container ${container.name} runs ${container.image}, ${said}`, container.at('image'));
  },
  examples: {
    fail: ['nginx', 'nginx:latest', 'reg:5000/img', 'localhost/x', 'quay.io/team/app:latest'].map((image) =>
      withImage(image),
    ),
    pass: ['nginx:1.27', 'reg:5000/img:1', `nginx@sha256:${'0a'.repeat(32)}`, `a:latest@sha512:${'0a'.repeat(64)}`].map(
      (image) => withImage(image),
    ),
  },
});
