import type { FoundFile, NamedFiles, NodeFiles } from '../../facts/node-files.ts';
import type { Component } from '../../model/component.ts';
import type { FileEvidence } from '../../model/node.ts';
import type { FileSet } from './file-control.ts';

/** The static pod manifests that start a component. */
export function manifestsOf(files: NodeFiles, component: Component): FileSet {
  const started = files.ofComponent(component);
  if (started.length === 0) return noFiles(`no ${component} on this node`);
  const manifests = started.flatMap(({ start }) => (start.by?.kind === 'static-pod' ? [start.by.file] : []));
  if (manifests.length > 0) return hostFiles(files, manifests, '');
  const isUnit = started.some(({ start }) => start.by?.kind === 'unit');
  return noFiles(isUnit ? `${component} is started by a systemd unit` : `no static pod starts ${component}`);
}

/** The files that settings of a component name. */
export function settingFiles(files: NodeFiles, component: Component, settings: readonly string[]): FileSet {
  const started = files.ofComponent(component);
  if (started.length === 0) return noFiles(`no ${component} on this node`);
  const named = files.named(started, settings);
  return namedSet(named, `${component} uses no such file`);
}

export function namedSet({ found, missing, untold }: NamedFiles, none: string): FileSet {
  const reasons = [
    ...missing.map((path) => `${path} was not found on the node`),
    ...untold.map((name) => `${name} is not known: the file that decides it cannot be read`),
  ];
  return { found, none, unknown: reasons.length === 0 ? undefined : reasons.join('; ') };
}

/** What is found of these paths, each file once. */
export function hostFiles(files: NodeFiles, paths: Iterable<string>, none: string): FileSet {
  const found = new Map<string, FoundFile>();
  for (const path of paths) {
    const file = files.host(path);
    if (file !== undefined) found.set(file.file.path, file);
  }
  return { found: [...found.values()], none };
}

/** The host's files that a test picks. Links are left out: what they lead to counts. */
export function pickedFiles(files: NodeFiles, pick: (file: FileEvidence) => boolean, none: string): FileSet {
  const found = files.hostFiles.filter((file) => file.type !== 'symlink' && pick(file));
  return { found: found.map((file) => ({ file, access: files.access })), none };
}

/** Several sets as one. */
export function union(sets: readonly FileSet[], none: string): FileSet {
  const found = new Map<string, FoundFile>();
  for (const set of sets) for (const each of set.found) found.set(`${each.file.process ?? ''} ${each.file.path}`, each);
  const reasons = sets.flatMap((set) => (set.unknown === undefined ? [] : [set.unknown]));
  return { found: [...found.values()], none, unknown: reasons.length === 0 ? undefined : reasons.join('; ') };
}

export function noFiles(none: string): FileSet {
  return { found: [], none };
}

/** Whether reading the file gives a credential, as far as it was read: a kubeconfig may name other files instead. */
export function holdsCredential({ secret, text }: FileEvidence): boolean {
  return secret !== undefined || text === undefined;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
