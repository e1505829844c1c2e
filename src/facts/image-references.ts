import type { Container } from '../model/container.ts';
import { type ImageReference, parseImageReference } from '../model/image-reference.ts';
import { notApplicable, unknown, type Verdict } from '../model/verdict.ts';
import { defineFact } from './facts.ts';

/** A container's image by its parts, each image name read once; a verdict where there is none to judge. */
export const imageOf = defineFact('image-of', (): ((container: Container) => ImageReference | Verdict) => {
  const known = new Map<string, ImageReference | Verdict>();
  return ({ image }) => {
    if (image === undefined || image === '') return noImage;
    const earlier = known.get(image);
    if (earlier !== undefined) return earlier;
    const read = parseImageReference(image) ?? unknown(`${JSON.stringify(image)} is not the name of an image`);
    known.set(image, read);
    return read;
  };
});

/** A pod template may leave the image to whoever completes it. */
const noImage = notApplicable('the container names no image');
