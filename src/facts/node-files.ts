import type { Component } from '../model/component.ts';
import type { FileEvidence, NodeEvidence } from '../model/node.ts';
import type { NodeComponent } from '../model/node-component.ts';
import { FileAccess } from '../semantics/file-access/index.ts';
import { unreadFiles, whyComponentsUnknown } from '../semantics/node/unread.ts';
import { defineFact } from './facts.ts';
import { readNode } from './nodes.ts';

/** A file where it was found, with who can get at it there. */
export interface FoundFile {
  readonly file: FileEvidence;
  readonly access: FileAccess;
}

/** What a setting that names files comes to on the node. */
export interface NamedFiles {
  readonly found: readonly FoundFile[];
  /** Paths that are named, and that the evidence does not have. */
  readonly missing: readonly string[];
  /** Settings that cannot be told, since the file that decides them could not be read. */
  readonly untold: readonly string[];
}

/** The files of one node, and which of them its components use. */
export class NodeFiles {
  readonly node: NodeEvidence;
  readonly components: readonly NodeComponent[];
  /** The host's own files, in no process's mount namespace. */
  readonly hostFiles: readonly FileEvidence[];
  readonly access: FileAccess;
  /** What is there and could not be read. */
  readonly unread: readonly FileEvidence[];
  private readonly ofProcess = new Map<number, FileAccess>();

  constructor(node: NodeEvidence, components: readonly NodeComponent[]) {
    this.node = node;
    this.components = components;
    this.hostFiles = node.files.filter(({ process }) => process === undefined);
    this.unread = unreadFiles(node.files);
    const { users, groups } = node;
    this.access = new FileAccess({ files: this.hostFiles, users, groups });
    for (const { start } of components) {
      if (start.pid === undefined || this.ofProcess.has(start.pid)) continue;
      const files = node.files.filter(({ process }) => process === start.pid);
      if (files.length > 0) this.ofProcess.set(start.pid, new FileAccess({ files, users, groups }));
    }
  }

  ofComponent(component: Component): readonly NodeComponent[] {
    return this.components.filter((each) => each.component === component);
  }

  /** Why a component that was not found may be there all the same. */
  whyComponentsUnknown(): string | undefined {
    const folders = this.ofComponent('kubelet').flatMap(({ config, onNode }) => {
      const path = config.get('staticPodPath')?.value;
      return typeof path === 'string' && path !== '' ? (onNode(path) ?? []) : [];
    });
    return whyComponentsUnknown(this.unread, folders);
  }

  /** A file of the host, links followed. */
  host(path: string): FoundFile | undefined {
    const file = this.access.find(path);
    return file === undefined ? undefined : { file, access: this.access };
  }

  /** The file by the path that a component uses: the host's own, else the one in the component's mount namespace. */
  usedBy(component: NodeComponent, path: string): FoundFile | undefined {
    const place = component.onNode(path);
    const onHost = place === undefined ? undefined : this.host(place);
    const inside = component.start.pid === undefined ? undefined : this.ofProcess.get(component.start.pid);
    const file = inside?.find(path);
    if (inside === undefined || file === undefined) return onHost;
    return onHost !== undefined && isSame(onHost.file, file) ? onHost : { file, access: inside };
  }

  /** The files that these settings of these components name. Settings that are not set name none. */
  named(components: readonly NodeComponent[], settings: readonly string[]): NamedFiles {
    const found = new Map<string, FoundFile>();
    const missing = new Set<string>();
    const untold: string[] = [];
    for (const component of components) {
      for (const name of settings) {
        const value = component.config.get(name)?.value;
        if (value === null) untold.push(name);
        for (const path of Array.isArray(value) ? value : [value]) {
          if (typeof path !== 'string' || !path.startsWith('/')) continue;
          const used = this.usedBy(component, path);
          if (used === undefined) missing.add(path);
          else found.set(`${used.file.process ?? ''} ${used.file.path}`, used);
        }
      }
    }
    return { found: [...found.values()], missing: [...missing], untold };
  }
}

/** Whether a file of a mount namespace is the host's: a container's mounts show the host's own. */
function isSame(a: FileEvidence, b: FileEvidence): boolean {
  return (
    a.type === b.type &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    // What a folder holds may change between two looks.
    (a.type === 'directory' || (a.size === b.size && a.modified === b.modified))
  );
}

/** Derived for a node once; of nodes, which are judged one by one, the last is kept. */
export const nodeFiles = defineFact('node-files', (facts): ((node: NodeEvidence) => NodeFiles) => {
  const read = facts.get(readNode);
  let last: NodeFiles | undefined;
  return (node) => {
    if (last?.node !== node) last = new NodeFiles(node, read(node).components);
    return last;
  };
});
