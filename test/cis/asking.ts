import { commandLine, flagValues } from './command-line.ts';
import type { NodeRoot } from './node-root.ts';

interface Asked {
  readonly component: string;
  readonly flag: string;
  readonly valueType?: string;
}

/** The last value of a flag; undefined where it is not there, empty, or the component is not. */
export function valueOf(root: NodeRoot, asked: Asked): string | undefined {
  const value = valuesGiven(root, asked).at(-1);
  return value === '' ? undefined : value;
}

/** Every value of a flag that may be there more than once. */
export function valuesGiven(root: NodeRoot, { component, flag, valueType = 'string' }: Asked): readonly string[] {
  const line = commandLine(root, component);
  return line === undefined ? [] : flagValues(line, flag, valueType);
}

export function isThere(root: NodeRoot, component: string): boolean {
  return commandLine(root, component) !== undefined;
}

/** The configuration file that a flag names is not on the node. */
export function isUnread(root: NodeRoot, asked: Asked): boolean {
  const path = valueOf(root, asked);
  return path !== undefined && root.read(path) === undefined;
}

/** What a kubeconfig holds itself, rather than name a file that has it. */
export function holdsCredential(root: NodeRoot, path: string): boolean {
  return /\b(?:client-key-data|token|password):/.test(root.read(path) ?? '');
}
