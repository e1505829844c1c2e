import { imageOf } from '../../facts/image-references.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { withImage } from './with-image.ts';

export default control({
  id: 'container-runtime/image-digest',
  title: 'Images are pinned by digest',
  severity: 'low',
  subject: 'container',
  coveredBy: ['container-runtime/image-tag'],
  why: 'Whoever can push to the registry can put something else under a tag that is in use. A digest names the content itself.',
  remedy: 'Add the digest after the tag (app:1.4.2@sha256:…) and let a bot keep both current.',
  check: ({ container }, facts) => {
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    if (image.digest !== undefined) return pass;
    return fail(`container ${container.name} runs ${container.image}, which has no digest`, container.at('image'));
  },
  examples: {
    fail: [withImage('nginx:1.27'), withImage('reg:5000/img:1'), withImage('nginx')],
    pass: [withImage(`nginx:1.27@sha256:${'0a'.repeat(32)}`), withImage(`nginx@sha512:${'0a'.repeat(64)}`)],
  },
});
