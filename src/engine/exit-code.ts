import { compareSeverity, type Severity } from '../model/severity.ts';
import type { Judgement } from './judge.ts';

/** What the process says to whoever called it. Where several apply the order is 4, 2, 3, 1, 0. */
export const exitCodes = { clean: 0, findings: 1, usage: 2, incomplete: 3, internal: 4 } as const;

/** `failOn` is the lowest severity that counts as a failure; `none` lets every finding pass. */
export function exitCodeOf(judgement: Judgement, failOn: Severity | 'none'): number {
  if (judgement.errors.length > 0) return exitCodes.internal;
  if (judgement.gaps.length > 0 || judgement.inputs.unparsable > 0) return exitCodes.incomplete;
  const counts = (severity: Severity) => failOn !== 'none' && compareSeverity(severity, failOn) >= 0;
  if (judgement.findings.some((finding) => counts(finding.severity))) return exitCodes.findings;
  return exitCodes.clean;
}
