import type { Component } from '../../model/component.ts';
import type { Argument } from './argv.ts';

/** What is known of one running or configured component. */
export interface ComponentInput {
  readonly component: Component;
  /** Minor version: 20 for v1.20, and 4 for etcd 3.4. Undefined: not known. */
  readonly minor?: number;
  /** Whose version that is, where it is not the component's own. */
  readonly minorOf?: string;
  /** What messages call the version, where that is not `minor`. */
  readonly versionName?: string;
  /** The arguments without the program itself, each with where it was read (a process, or a file with its line). */
  readonly args: readonly Argument[];
  /** Environment of the process, by variable. */
  readonly env?: ReadonlyMap<string, { readonly value: string; readonly where: string }>;
  /** Text of a configuration file by its path on the node; undefined where it is not there or could not be read. */
  readFile(path: string): string | undefined;
  /** Names of the files in a folder on the node. */
  listFolder?(path: string): readonly string[];
}

/** Of a version that is known, or supposed. */
export interface VersionedInput extends ComponentInput {
  readonly minor: number;
}
