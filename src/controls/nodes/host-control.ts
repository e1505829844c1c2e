import type { Facts } from '../../facts/facts.ts';
import type { NodeEvidence } from '../../model/node.ts';
import type { Severity } from '../../model/severity.ts';
import { type Failure, fail, unknown, type Verdict } from '../../model/verdict.ts';
import { fileObject } from '../../semantics/node/file-object.ts';
import { type Control, control, type Examples, type Profile } from '../control.ts';

/** A requirement of a node itself: its accounts, its kernel, its container runtime, what listens on it. */
export interface HostRow {
  /** Last part of the control's id. */
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly profile?: Profile;
  readonly why: string;
  readonly remedy?: string;
  readonly coveredBy?: readonly string[];
  readonly check: (node: NodeEvidence, facts: Facts) => Verdict | readonly Failure[];
  readonly examples: Examples;
}

/** The controls of nodes, from a table. */
export function hostControls(rows: readonly HostRow[]): readonly Control<'node'>[] {
  return rows.map(({ name, check, ...rest }) =>
    control({ ...rest, id: `nodes/${name}`, subject: 'node', check: ({ node }, facts) => check(node, facts) }),
  );
}

export interface HostProblem {
  /** Tells failures of one control on one node apart. */
  readonly key: string;
  readonly message: string;
  /** The file that says it, with its line; the node itself where none does. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly severity?: Severity | undefined;
  readonly remedy?: string | undefined;
}

/** A failure at a line of a file of the node, or at the node. */
export function hostFailure(node: NodeEvidence, problem: HostProblem): Failure {
  const { key, message, file, line, severity, remedy } = problem;
  const region = line === undefined ? undefined : { line, column: 1, endLine: line, endColumn: 1 };
  const object = file === undefined ? undefined : fileObject(node, { path: file }, region);
  return fail(message, [], {
    key,
    ...(object !== undefined && { place: { object, path: [] } }),
    ...(severity !== undefined && { severity }),
    ...(remedy !== undefined && { remedy }),
  });
}

/** Said wherever the kernel or the host's own services are asked, and only files were read. */
export const noHost: Verdict = unknown('the running host was not asked: only files of the node were read');
