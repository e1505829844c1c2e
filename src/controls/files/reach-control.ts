import { type FoundFile, type NodeFiles, nodeFiles } from '../../facts/node-files.ts';
import type { FileEvidence } from '../../model/node.ts';
import type { Severity } from '../../model/severity.ts';
import { accessText, type Deed, isNobody, modeText } from '../../semantics/file-access/index.ts';
import { type Control, control, type Examples } from '../control.ts';
import { checkFiles, type FileProblem, type FileSet } from './file-control.ts';
import { gravity } from './grade.ts';

/** A requirement of who can really do something to files, whatever their modes. */
export interface ReachRow {
  /** Last part of the control's id. */
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly why: string;
  readonly remedy?: string;
  readonly files: (files: NodeFiles) => FileSet;
  /** What nobody but root may do; the first that someone may do is what is said. */
  readonly deeds: readonly Deed[];
  /** Whether the file's owner may, as root may. */
  readonly owner?: 'may';
  /** Other users that may. */
  readonly users?: (files: NodeFiles) => readonly number[];
  /** How much graver or lighter than for files that give the node away. */
  readonly severities?: Partial<Record<Severity, Severity>>;
  readonly examples: Examples;
}

/** The controls of who can get at files, from a table. */
export function reachControls(rows: readonly ReachRow[]): readonly Control<'node'>[] {
  return rows.map(({ name, files, deeds, owner, users, severities, ...rest }) =>
    control({
      ...rest,
      id: `files/${name}`,
      subject: 'node',
      check: ({ node }, facts) => {
        const known = facts.get(nodeFiles)(node);
        const allowed = new Set(users?.(known));
        return checkFiles(files(known), (found) => {
          const problem = reachProblem(found, deeds, { owner, allowed });
          if (problem === undefined) return undefined;
          return { ...problem, node, severity: severities?.[problem.severity] ?? problem.severity };
        });
      },
      mend: {
        safety: 'may-break',
        first: 'whoever relies on the access has to have another way',
        changes: ({ node }, { key }, facts) => {
          const found = key === undefined ? undefined : facts.get(nodeFiles)(node).host(key);
          if (found === undefined || found.file.path !== key) return [];
          const mode = closedMode(found.file, deeds);
          return mode === undefined ? [] : [{ kind: 'mode', path: key, mode }];
        },
      },
    }),
  );
}

interface Allowed {
  readonly owner: ReachRow['owner'] | undefined;
  readonly allowed: ReadonlySet<number>;
}

/** The first of the deeds that someone besides root can do. Sticky folders, where everyone has files, are as they should be. */
function reachProblem(
  { file, access }: FoundFile,
  deeds: readonly Deed[],
  { owner, allowed }: Allowed,
): FileProblem | undefined {
  const isShared = file.type === 'directory' && (file.mode & 0o1000) !== 0;
  for (const deed of deeds) {
    if (deed === 'change' && isShared) continue;
    const reach = access.who(deed, file.path);
    const someone = {
      ...reach,
      users: reach.users.filter((uid) => !allowed.has(uid) && !(owner === 'may' && uid === file.uid)),
      // A group that lists no one lets no one in, as far as the node's files tell.
      groups: reach.groups.filter((gid) => access.names.membersOf(gid).length > 0),
    };
    if (isNobody(someone)) continue;
    const says = `is not root’s alone: ${accessText(access, deed, file.path)}`;
    const mode = closedMode(file, deeds);
    const remedy = mode === undefined ? undefined : `run chmod ${modeText(mode)} ${file.path}`;
    return { file, severity: gravity(access, someone), says, ...(remedy !== undefined && { remedy }) };
  }
  return undefined;
}

/** The mode without what it gives others; undefined where it gives nothing, or where a socket is made anew at each start. */
function closedMode({ mode, type }: FileEvidence, deeds: readonly Deed[]): number | undefined {
  const closed = mode & 0o7777 & ~(deeds.includes('read') ? 0o077 : 0o022);
  return closed === mode || type === 'socket' ? undefined : closed;
}
