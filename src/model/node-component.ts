import type { Component, Distribution, ResolvedComponent, Setting } from './component.ts';
import type { NodeEvidence } from './node.ts';
import type { Path } from './path.ts';
import type { KubeObject } from './snapshot.ts';

/** A component as it runs on a node, or as it is configured to run there. */
export interface NodeComponent {
  readonly component: Component;
  /** Name of the node; the empty string where only a manifest is known. */
  readonly node: string;
  /** Absent where the API alone shows the component. */
  readonly evidence?: NodeEvidence;
  readonly config: ResolvedComponent;
  readonly start: ComponentStart;
  /** The image that it runs from, where it runs in a container. */
  readonly image?: string;
  /** Without the program's own name. */
  readonly args: readonly ComponentArgument[];
  /** Who set the node up: where its configuration is kept. */
  readonly distribution?: Distribution;
  /** What stands for the component in reports: an object of its own, or the Pod that runs it. */
  readonly object: KubeObject;
  /** Text of a file by the path that the component would use, credentials redacted. */
  readonly readFile: (path: string) => string | undefined;
  /** The path on the node of a file by the path that the component would use; undefined for what is in its image. */
  readonly onNode: (path: string) => string | undefined;
  /** Where a setting is said, for a failure's place. */
  readonly placeOf: (setting: Setting) => ObjectPlace;
}

export interface ComponentArgument {
  readonly text: string;
  /** The manifest, unit or variable file, or `process 12 (kube-apiserver)`. */
  readonly where: string;
  readonly line?: number;
  /** Of a static pod: where the word stands in the manifest, if it is a word of its own there. */
  readonly path?: Path;
}

/** How a component is started, and what to edit to start it otherwise. */
export interface ComponentStart {
  /** The manifest or unit that starts it, where one is known. */
  readonly by?: {
    readonly kind: 'static-pod' | 'unit';
    readonly file: string;
    /** Of a manifest: the list of words that a new argument goes to. */
    readonly list?: Path;
  };
  /** The process that runs; absent where only the configuration was seen. */
  readonly pid?: number;
  /** The process runs with other arguments than `by` says: it was changed and not started again. */
  readonly differs?: true;
  /** Where it differs: the arguments that `by` says. */
  readonly written?: readonly ComponentArgument[];
}

/** A field of an object. */
export interface ObjectPlace {
  readonly object: KubeObject;
  readonly path: Path;
}
