import { compareSeverity, type Severity } from '../model/severity.ts';
import { benchmarkResults, type CheckResult } from './benchmark.ts';
import type { BenchmarkEdition } from './benchmark-editions.ts';
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

/** With benchmarks, what counts are their rows: 1 where one fails, whatever the severity of what fails it. */
export function benchmarkExitCode(judgement: Judgement, editions: readonly BenchmarkEdition[]): number {
  const whole = exitCodeOf(judgement, 'none');
  if (whole !== exitCodes.clean) return whole;
  return editions.some((edition) => openRows(edition, judgement).length > 0) ? exitCodes.findings : exitCodes.clean;
}

/**
 * The rows that fail and count: of those that fail, all but the ones whose every failure an exception or the baseline
 * covers. They are not met, but somebody has decided to live with that.
 */
export function openRows(edition: BenchmarkEdition, judgement: Judgement): readonly CheckResult[] {
  const open = new Set(judgement.findings.map(({ control }) => control));
  const covered = new Set((judgement.suppressed ?? []).map(({ finding }) => finding.control));
  return benchmarkResults(edition, judgement).filter(({ state, failing }) => {
    if (state.kind !== 'fail') return false;
    const isCovered = failing.every((each) => covered.has(each) && !open.has(each) && !judgement.told.has(each));
    return failing.length === 0 || !isCovered;
  });
}
