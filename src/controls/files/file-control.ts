import { type FoundFile, type NodeFiles, nodeFiles } from '../../facts/node-files.ts';
import type { FileEvidence } from '../../model/node.ts';
import type { Severity } from '../../model/severity.ts';
import { type Failure, fail, notApplicable, unknown, type Verdict } from '../../model/verdict.ts';
import { modeText, ownerText } from '../../semantics/file-access/index.ts';
import { fileObject } from '../../semantics/node/file-object.ts';
import { type Control, type ControlDefinition, control, type Examples } from '../control.ts';
import { type Content, type Grade, gradeGroup, gradeMode, gradeOwner } from './grade.ts';

/** The files that a requirement is about, on one node. */
export interface FileSet {
  readonly found: readonly FoundFile[];
  /** Why there are none, where that is as it should be. */
  readonly none: string;
  /** Why files that are used were not looked at. */
  readonly unknown?: string | undefined;
}

/** A requirement of the modes or owners of a set of files. */
export interface FileRow {
  /** Last part of the control's id. */
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly remedy?: string;
  readonly files: (files: NodeFiles) => FileSet;
  readonly content: Content | ((file: FileEvidence) => Content);
  readonly asks: ModeRule | OwnerRule;
  /** The control that asks the same of a file among others: what both find is one finding, that one's. */
  readonly sameAs?: string | undefined;
  /** Of a folder: what is in it that matters, so that who can come to that decides how grave it is. */
  readonly inside?: ((folder: FileEvidence) => readonly string[]) | undefined;
  readonly examples: Examples;
}

/** Permission bits that are not in `mode` are wrong: (mode & ~0600) == 0, and never a comparison of numbers. */
export interface ModeRule {
  readonly mode: number | ((file: FileEvidence) => number);
}

/** The owner by numeric ids; `also` are other users that the file may belong to, such as the one that etcd runs as. */
export interface OwnerRule {
  readonly owner: 'root';
  readonly also?: (files: NodeFiles) => readonly number[];
  /** Whom to give it to, where that is not root; undefined where only a person can tell. */
  readonly right?: (files: NodeFiles) => number | undefined;
}

/** The controls of files and folders, from a table: what they share is only here. */
export function fileControls(rows: readonly FileRow[]): readonly Control<'node'>[] {
  return rows.map(({ name, files, content, asks, inside, sameAs, ...rest }) => {
    const definition: ControlDefinition<'node'> = {
      ...rest,
      id: `files/${name}`,
      subject: 'node',
      check: ({ node }, facts) => {
        const found = facts.get(nodeFiles)(node);
        const owners = ownersOf(asks, found);
        return checkFiles(files(found), (each) => problemOf(each, { node, asks, content, owners, inside, sameAs }));
      },
      mend: {
        safety: 'safe',
        changes: ({ node }, { key }, facts) => {
          const found = key === undefined ? undefined : facts.get(nodeFiles)(node).host(key);
          if (found === undefined || found.file.path !== key) return [];
          if ('owner' in asks) {
            const uid = rightOwner(asks, facts.get(nodeFiles)(node));
            return uid === undefined ? [] : [{ kind: 'owner', path: key, uid, gid: uid === 0 ? 0 : found.file.gid }];
          }
          return [{ kind: 'mode', path: key, mode: modeFor(asks, found.file) }];
        },
      },
    };
    return control(definition);
  });
}

/** What is wrong with one file. */
export interface FileProblem extends Grade {
  readonly file: FileEvidence;
  /** The problem is the file's mode, and nothing else. */
  readonly isMode?: true;
  readonly remedy?: string;
  readonly sameAs?: string | undefined;
}

/** Judges each file of a set: one failure a file. A file that could not be looked at makes the answer unknown. */
export function checkFiles(
  set: FileSet,
  problem: (found: FoundFile) => (FileProblem & { readonly node: NodeFiles['node'] }) | undefined,
): Verdict | readonly Failure[] {
  const failures: Failure[] = [];
  for (const found of set.found) {
    const wrong = problem(found);
    if (wrong !== undefined) failures.push(fileFailure(wrong.node, wrong));
  }
  if (failures.length > 0) return failures;
  if (set.unknown !== undefined) return unknown(set.unknown);
  return set.found.length === 0 ? notApplicable(set.none) : [];
}

/** A failure at a file of the node. */
export function fileFailure(
  node: NodeFiles['node'],
  { file, severity, says, remedy, isMode, sameAs }: FileProblem,
): Failure {
  const key = file.process === undefined ? file.path : `${file.path} in process ${file.process}`;
  return fail(`${file.path} ${says}`, [], {
    key,
    severity,
    place: { object: fileObject(node, file), path: [] },
    ...(isMode === true && { mode: file.mode & 0o777 }),
    ...(remedy !== undefined && { remedy }),
    ...(sameAs !== undefined && { sameAs }),
  });
}

interface Owners {
  readonly also: ReadonlySet<number>;
  readonly right: number | undefined;
}

/** Asked once a node: a node has many keys. */
function ownersOf(asks: ModeRule | OwnerRule, files: NodeFiles): Owners {
  if (!('owner' in asks)) return { also: new Set(), right: 0 };
  return { also: new Set(asks.also?.(files)), right: rightOwner(asks, files) };
}

interface Question extends Pick<FileRow, 'asks' | 'content' | 'inside' | 'sameAs'> {
  readonly node: NodeFiles['node'];
  readonly owners: Owners;
}

function problemOf(
  { file, access }: FoundFile,
  { node, asks, content, owners, inside, sameAs }: Question,
): (FileProblem & { node: NodeFiles['node'] }) | undefined {
  const kept = typeof content === 'function' ? content(file) : content;
  if ('mode' in asks) {
    const limit = modeFor(asks, file);
    if ((file.mode & 0o777 & ~limit) === 0) return undefined;
    const { severity, says } = gradeMode(access, file, { content: kept, inside: inside?.(file) });
    const wide = `has mode ${modeText(file.mode)}, wider than ${modeText(limit)}: ${says}`;
    const remedy = `run chmod ${modeText(limit)} ${file.path}`;
    return { node, file, severity, isMode: true, says: wide, remedy, sameAs };
  }
  const isOwn = file.uid === 0 || owners.also.has(file.uid);
  const { gid } = file;
  if (isOwn && (gid === 0 || (file.uid !== 0 && access.names.gidsOf(file.uid).includes(gid)))) return undefined;
  const { severity, says } = isOwn ? gradeGroup(access, file) : gradeOwner(access, file);
  const uid = owners.right;
  const right = uid === undefined || uid === 0 ? 'root:root' : access.names.user(uid);
  const whose = `belongs to ${ownerText(access, file)}, not to ${right}: ${says}`;
  const remedy = uid === undefined ? {} : { remedy: `run chown ${right} ${file.path}` };
  return { node, file, severity, says: whose, ...remedy, sameAs };
}

function rightOwner({ right }: OwnerRule, files: NodeFiles): number | undefined {
  return right === undefined ? 0 : right(files);
}

function modeFor({ mode }: ModeRule, file: FileEvidence): number {
  return typeof mode === 'function' ? mode(file) : mode;
}
