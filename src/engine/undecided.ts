import type { AnyControl } from '../controls/control.ts';
import type { PodSubject, Subject } from '../model/subject.ts';
import { type Failure, unknown, type Verdict } from '../model/verdict.ts';

/** Verdicts that were left open, with the reason, and for how many subjects. */
export interface Undecided {
  readonly control: AnyControl;
  readonly kind: 'unknown' | 'manual';
  readonly reason: string;
  readonly subjects: number;
}

/**
 * A verdict without the failures at fields that the object does not decide. A custom resource that leaves a field to
 * its operator is neither good nor bad there: where nothing else failed, that is `unknown`.
 */
export function onlyDecided(
  verdict: Verdict | readonly Failure[],
  subject: Subject & Partial<Pick<PodSubject, 'pod'>>,
): Verdict | readonly Failure[] {
  const undecided = subject.pod?.undecided;
  if (undecided === undefined || ('kind' in verdict && verdict.kind !== 'fail')) return verdict;
  const failures = 'kind' in verdict ? [verdict] : verdict;
  let reason: string | undefined;
  const decided: Failure[] = [];
  for (const failure of failures) {
    const why = undecided(failure.at);
    if (why === undefined) decided.push(failure);
    else reason ??= why;
  }
  return decided.length === 0 && reason !== undefined ? unknown(reason) : decided;
}
