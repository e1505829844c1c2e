import { defineFact } from '../../facts/facts.ts';
import type { Setting } from '../../model/component.ts';
import type { Json } from '../../model/json.ts';
import type { FileEvidence } from '../../model/node.ts';
import type { NodeComponent, ObjectPlace } from '../../model/node-component.ts';
import { formatPath, type Path } from '../../model/path.ts';
import { type Failure, fail, unknown, type Verdict } from '../../model/verdict.ts';
import { firstDocument } from '../../semantics/component-config/config-file.ts';
import { FileTree } from '../../semantics/node/file-tree.ts';
import { unreadFiles, whyUnread } from '../../semantics/node/unread.ts';
import { YamlError } from '../../yaml/parse.ts';
import { settingFailure } from '../setting-control.ts';
import { settingOf, textOf } from './server-control.ts';

/** Whether a file that a setting names is there. `unknown`: it was not read, and might be. */
export type Presence =
  | { readonly kind: 'there'; readonly text?: string }
  | { readonly kind: 'missing' | 'unknown'; readonly reason: string };

/** Looks for a file by the path that the server would use. */
export function presenceOf(server: NodeComponent, path: string): Presence {
  const text = server.readFile(path);
  if (text !== undefined) return { kind: 'there', text };
  const { evidence } = server;
  if (evidence === undefined) return { kind: 'unknown', reason: `${path} was not read: the node itself was not` };
  const onNode = server.onNode(path);
  if (onNode === undefined) {
    const reason = `${path} is not mounted into the container, whose image has no such file`;
    return { kind: 'missing', reason };
  }
  if (!onNode.startsWith('/')) return { kind: 'unknown', reason: `${path} is relative to a folder that is not known` };
  const files = filesOf(server, evidence.files);
  const tree = new FileTree(files);
  if (tree.has(onNode)) return { kind: 'there' };
  const unread = whyUnread(unreadFiles(files), onNode);
  if (unread !== undefined) return { kind: 'unknown', reason: `${onNode} was not found: ${unread}` };
  return isLookedInto(onNode, files, tree)
    ? { kind: 'missing', reason: `${onNode} does not exist` }
    : { kind: 'unknown', reason: `${onNode} was not found, in a folder that could not be looked into` };
}

/** Those of the server's own mount namespace, where it has one that was looked at. */
function filesOf({ start: { pid } }: NodeComponent, files: readonly FileEvidence[]): readonly FileEvidence[] {
  const own = pid === undefined ? [] : files.filter((file) => file.process === pid);
  return own.length > 0 ? own : files.filter((file) => file.process === undefined);
}

/** Whether the collector could have seen the file: something else in its nearest folder, or a folder open to all. */
function isLookedInto(path: string, files: readonly FileEvidence[], tree: FileTree): boolean {
  const steps = path.split('/').slice(0, -1);
  for (; steps.length > 0; steps.pop()) {
    const folder = tree.find(steps.join('/') || '/');
    if (folder === undefined) continue;
    if (folder.type !== 'directory' || (folder.mode & 0o001) !== 0) return true;
    const prefix = folder.path === '/' ? '/' : `${folder.path}/`;
    return files.some((file) => file.path.startsWith(prefix));
  }
  return false;
}

/** A YAML or JSON file that a setting names. */
export type NamedDocument =
  | { readonly kind: 'unset' }
  | { readonly kind: 'unusable'; readonly setting: Setting; readonly verdict: Verdict }
  | DocumentOf;

export interface DocumentOf {
  readonly kind: 'document';
  readonly setting: Setting;
  readonly path: string;
  readonly value: Json;
  /** Where a field of it stands. */
  readonly place: (path: Path) => ObjectPlace;
}

/** Reads the files that settings of an API server name, each once. */
export const namedDocuments = defineFact('api-server-documents', () => {
  const known = new WeakMap<NodeComponent, Map<string, NamedDocument>>();
  return (server: NodeComponent, name: string): NamedDocument => {
    let documents = known.get(server);
    if (documents === undefined) {
      documents = new Map();
      known.set(server, documents);
    }
    let document = documents.get(name);
    if (document === undefined) {
      document = readNamed(server, name);
      documents.set(name, document);
    }
    return document;
  };
});

function readNamed(server: NodeComponent, name: string): NamedDocument {
  const path = textOf(server, name);
  return path === '' ? { kind: 'unset' } : readDocument(server, settingOf(server, name), path);
}

/** Reads a file as YAML. `setting` is what names it, directly or by another file. */
export function readDocument(server: NodeComponent, setting: Setting, path: string): NamedDocument {
  const presence = presenceOf(server, path);
  const unusable = (verdict: Verdict): NamedDocument => ({ kind: 'unusable', setting, verdict });
  if (presence.kind !== 'there') {
    const { kind, reason } = presence;
    return unusable(kind === 'missing' ? settingFailure(server, setting, { says: reason }) : unknown(reason));
  }
  if (presence.text === undefined) return unusable(unknown(`${path} could not be read`));
  const document = firstDocument(presence.text);
  if (document instanceof YamlError) {
    return unusable(unknown(`${path} cannot be read as YAML: ${document.message}`));
  }
  const place = (at: Path): ObjectPlace => {
    const region = document.positions.locate(at);
    const { line, column } = region ?? { line: 1, column: 1 };
    return server.placeOf({ name: formatPath(at), value: null, origin: { kind: 'file', file: path, line, column } });
  };
  return { kind: 'document', setting, path, value: document.value, place };
}

/** The verdict of a control where another one fails for the same file: what it says cannot be known. */
export function notKnown(verdict: Verdict): Verdict {
  return verdict.kind === 'fail' ? unknown(verdict.message) : verdict;
}

/** A failure at a field of a file that a setting names. The report says which file and line. */
export function documentFailure(
  { place }: DocumentOf,
  at: Path,
  { message, ...more }: { readonly message: string } & Partial<Omit<Failure, 'kind' | 'at' | 'place'>>,
): Failure {
  return fail(message, at, { place: place(at), ...more });
}
