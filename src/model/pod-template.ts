import type { Pod } from './pod.ts';
import type { Reader } from './reader.ts';

export interface PodTemplate {
  /** Empty for kinds with one template; else what tells it from its siblings, such as `templates/build`. */
  readonly name: string;
  readonly pod: Pod;
}

/** Finds the pods that one kind of object makes, in an object of that kind. */
export type ReadTemplates = (root: Reader) => Iterable<PodTemplate>;
