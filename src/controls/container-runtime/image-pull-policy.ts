import { imageOf } from '../../facts/image-references.ts';
import { edit } from '../../model/edit.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { withImage } from './with-image.ts';

export default control({
  id: 'container-runtime/image-pull-policy',
  title: 'Nodes ask the registry what a moving tag means',
  severity: 'low',
  subject: 'container',
  // Pinning the image mends this too.
  coveredBy: ['container-runtime/image-tag'],
  why: 'A node that does not ask runs what it has under that name: an old build, or what another pod or a person put there, without proof that this pod may use it.',
  remedy: 'Set imagePullPolicy: Always, or pin the image by digest. A pull of what is there costs one small request.',
  // IfNotPresent with a version is what everybody does, and what the API defaults to: that is image-digest's to say.
  check: ({ container }, facts) => {
    const policy = container.imagePullPolicy;
    if (policy !== 'Never' && policy !== 'IfNotPresent') return pass;
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    if (image.digest !== undefined) return pass;
    if (policy === 'IfNotPresent' && image.tag !== undefined && image.tag !== 'latest') return pass;
    const message = `container ${container.name} runs ${container.image} with imagePullPolicy: ${policy}`;
    return fail(message, container.at('imagePullPolicy'));
  },
  fix: { safety: 'may-break', edits: ({ container }) => [edit.set(container.at('imagePullPolicy'), 'Always')] },
  examples: {
    fail: [
      withImage('nginx', 'imagePullPolicy: IfNotPresent'),
      withImage('nginx:latest', 'imagePullPolicy: Never'),
      withImage('nginx:1.27', 'imagePullPolicy: Never'),
    ],
    pass: [
      withImage('nginx', 'imagePullPolicy: Always'),
      withImage('nginx', 'stdin: false'),
      withImage('nginx:1.27', 'imagePullPolicy: IfNotPresent'),
      withImage(`nginx@sha256:${'0a'.repeat(32)}`, 'imagePullPolicy: Never'),
    ],
  },
});
