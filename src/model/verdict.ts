import type { ObjectPlace } from './node-component.ts';
import type { Path } from './path.ts';
import type { Severity } from './severity.ts';

/** What a control says of a subject. Missing evidence is `unknown`, never a pass. */
export type Verdict =
  | { readonly kind: 'pass' }
  | Failure
  | { readonly kind: 'not-applicable'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'manual'; readonly reason: string };

export interface Failure {
  readonly kind: 'fail';
  /** What is wrong here, naming the thing: "container nginx sets privileged: true". */
  readonly message: string;
  /** Absolute path of the field to blame; where it is missing, the nearest ancestor is shown. */
  readonly at: Path;
  /** Tells failures of one control in one subject apart, by something that does not move: a volume's name. */
  readonly key?: string;
  /** Where this case is graver or lighter than the control's own severity. */
  readonly severity?: Severity;
  /** Where it stands, if that is not in the subject's own object: another file of the node. */
  readonly place?: ObjectPlace;
  /** Of the mode of a file: its permission bits, for editions of a benchmark that allow more. */
  readonly mode?: number;
  /** Id of a control that says the same of the same `key`: where that fails for it too, there is one finding and not two. */
  readonly sameAs?: string;
  /**
   * What the message lists, whole and each by its name: capabilities, ids of vulnerabilities, rights. One more than before
   * makes the finding worse than it was in a baseline; without it, one more word in the message does.
   */
  readonly items?: readonly string[];
  /** What to change and where, for this case; the control's own remedy says it for all. */
  readonly remedy?: string;
}

export const pass: Verdict = { kind: 'pass' };

export function fail(message: string, at: Path, more: Omit<Partial<Failure>, 'kind' | 'message' | 'at'> = {}): Failure {
  return { kind: 'fail', message, at, ...more };
}

export function notApplicable(reason: string): Verdict {
  return { kind: 'not-applicable', reason };
}

export function unknown(reason: string): Verdict {
  return { kind: 'unknown', reason };
}
