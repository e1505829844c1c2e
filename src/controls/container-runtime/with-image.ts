import { inContainer } from '../examples.ts';

/** A Pod whose container runs `image`: an example for the controls of images. */
export function withImage(image: string, fields = 'stdin: false'): string {
  return inContainer(fields).replace('registry.example/app:1.0', image);
}
