import { imageOf } from '../../facts/image-references.ts';
import { isUnder } from '../../model/image-reference.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { withImage } from './with-image.ts';

export default control({
  id: 'container-runtime/image-registry',
  title: 'Images come from the registries that were agreed on',
  severity: 'medium',
  subject: 'container',
  why: 'An image from anywhere is code from anyone: public registries hold look-alikes of well-known images, and nobody here sees what is pushed there.',
  remedy: 'Copy the image to a registry of your own, or add its source to allowedRegistries.',
  check: ({ container }, facts) => {
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    if (openRegistries.has(image.registry)) {
      const message = `container ${container.name} runs ${container.image}: anyone may push to ${image.registry}`;
      return fail(message, container.at('image'), { severity: 'high' });
    }
    const { allowedRegistries } = facts.settings;
    if (allowedRegistries === undefined) return notAsked;
    for (const allowed of allowedRegistries) if (isUnder(image.repository, allowed)) return pass;
    const message = `container ${container.name} runs ${image.repository}, which is in no allowed registry`;
    return fail(message, container.at('image'));
  },
  // Which registries are allowed is a setting; the test beside this file shows it at work.
  examples: { fail: [withImage('ttl.sh/app:1h')], pass: [withImage('quay.io/team/app:1.4')] },
});

/** Registries that take any image from anyone, without an account. */
const openRegistries: ReadonlySet<string> = new Set(['ttl.sh']);
const notAsked = notApplicable('no allowed registries were given');
