import type { FoundFile, NamedFiles, NodeFiles } from '../../facts/node-files.ts';
import type { Component } from '../../model/component.ts';
import type { FileEvidence } from '../../model/node.ts';
import { isStartingPlace, whyUnread } from '../../semantics/node/unread.ts';
import type { FileSet } from './file-control.ts';

/** The static pod manifests that start a component. */
export function manifestsOf(files: NodeFiles, component: Component): FileSet {
  const started = files.ofComponent(component);
  if (started.length === 0) return noComponent(files, component);
  const manifests = started.flatMap(({ start }) => (start.by?.kind === 'static-pod' ? [start.by.file] : []));
  if (manifests.length > 0) return hostFiles(files, manifests, '');
  const isUnit = started.some(({ start }) => start.by?.kind === 'unit');
  return noFiles(isUnit ? `${component} is started by a systemd unit` : `no static pod starts ${component}`);
}

/** The files that settings of a component name. */
export function settingFiles(files: NodeFiles, component: Component, settings: readonly string[]): FileSet {
  const started = files.ofComponent(component);
  if (started.length === 0) return noComponent(files, component);
  const named = files.named(started, settings);
  return regularFiles(namedSet(named, `${component} uses no such file`));
}

/** The set without folders: one in a file's place, as a container runtime makes for a mount, holds nothing to protect. */
export function regularFiles({ found, none, unknown }: FileSet): FileSet {
  const folders = found.filter(({ file }) => file.type === 'directory');
  if (folders.length === 0) return { found, none, unknown };
  const reasons = folders.map(({ file }) => `${file.path} is a folder, where a file is expected`);
  return {
    found: found.filter(({ file }) => file.type !== 'directory'),
    none,
    unknown: [...(unknown === undefined ? [] : [unknown]), ...reasons].join('; '),
  };
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
  let unknown: string | undefined;
  for (const path of paths) {
    const file = files.host(path);
    if (file !== undefined) found.set(file.file.path, file);
    else unknown ??= whyUnread(files.unread, path);
  }
  return { found: [...found.values()], none, unknown };
}

/** The host's files that a test picks. Links are left out: what they lead to counts. */
export function pickedFiles(files: NodeFiles, pick: (file: FileEvidence) => boolean, none: string): FileSet {
  const found = files.hostFiles.filter((file) => file.type !== 'symlink' && pick(file));
  // What would be picked in a folder that could not be listed is not known. One of manifests holds nothing else.
  const [wall] =
    found.length > 0 ? [] : files.unread.filter(({ path, type }) => type === 'directory' && !isStartingPlace(path));
  const unknown = wall === undefined ? undefined : whyUnread(files.unread, wall.path);
  return { found: found.map((file) => ({ file, access: files.access })), none, unknown };
}

/** Several sets as one. */
export function union(sets: readonly FileSet[], none: string): FileSet {
  const found = new Map<string, FoundFile>();
  for (const set of sets) for (const each of set.found) found.set(`${each.file.process ?? ''} ${each.file.path}`, each);
  const reasons = new Set(sets.flatMap((set) => (set.unknown === undefined ? [] : [set.unknown])));
  return { found: [...found.values()], none, unknown: reasons.size === 0 ? undefined : [...reasons].join('; ') };
}

/** The files of a component that was not found: none, if it could have been. */
function noComponent(files: NodeFiles, component: Component): FileSet {
  return { found: [], none: `no ${component} on this node`, unknown: files.whyComponentsUnknown() };
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
