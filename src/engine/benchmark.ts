import type { AnyControl } from '../controls/control.ts';
import type { Failure } from '../model/verdict.ts';
import type { BenchmarkCheck, BenchmarkEdition } from './benchmark-editions.ts';
import { type PodSecurityTally, tallyPodSecurity } from './benchmark-pod-security.ts';
import type { Judgement, ToldWith } from './judge.ts';

/** How a row of a benchmark stands in what was judged. */
export type CheckState =
  | { readonly kind: 'pass'; readonly judged: number }
  /** The reasons are of failures that no control tells of. */
  | { readonly kind: 'fail'; readonly failed: number; readonly judged: number; readonly reasons: readonly string[] }
  /** What controls can see of it passes, and the reasons say what they cannot. */
  | { readonly kind: 'partial'; readonly judged: number; readonly reasons: readonly string[] }
  /** Evidence was missing, with what was. */
  | { readonly kind: 'unknown'; readonly reasons: readonly string[] }
  /** Nothing but a person can answer it. */
  | { readonly kind: 'manual'; readonly reasons: readonly string[] }
  | { readonly kind: 'not-applicable'; readonly reasons: readonly string[] }
  /** Nothing of what was read speaks of it. */
  | { readonly kind: 'no-evidence' };

export interface CheckResult {
  readonly check: BenchmarkCheck;
  readonly state: CheckState;
  /** The controls that fail it. */
  readonly failing: readonly AnyControl[];
}

/**
 * Every row of an edition with its state. A row that several controls answer fails with the first that fails, and
 * passes only where none is undecided: missing evidence is never a pass, and neither is a part of a requirement. Rows
 * of the Pod Security Standards are decided as Pod Security admission does, and name the controls that tell of them.
 */
export function benchmarkResults(edition: BenchmarkEdition, judgement: Judgement): readonly CheckResult[] {
  const byId = new Map(judgement.controls.map((control) => [control.id, control]));
  const open = new Map<string, Map<AnyControl, string[]>>([
    ['unknown', new Map()],
    ['manual', new Map()],
  ]);
  for (const { control, kind, reason } of judgement.undecided) {
    const reasons = open.get(kind);
    const known = reasons?.get(control);
    if (known === undefined) reasons?.set(control, [reason]);
    else known.push(reason);
  }
  const failures = modeFailures(judgement);
  const { podSecurity } = edition;
  const tally = podSecurity === undefined ? undefined : tallyPodSecurity(podSecurity, judgement);
  return edition.rows.map((check) => {
    const controls = check.controls.map((id) => byId.get(id)).filter((control) => control !== undefined);
    const reasonsOf = (kind: 'unknown' | 'manual') => controls.flatMap((control) => open.get(kind)?.get(control) ?? []);
    const counts = controls.map((control) => judgement.coverage.get(control));
    const sum = (kind: 'pass' | 'fail' | 'unknown' | 'manual' | 'error') =>
      counts.reduce((total, each) => total + (each?.[kind] ?? 0), 0);
    const isMet = tally !== undefined && !tally.offences.has(check.id);
    const failing = isMet ? [] : controls.filter((control) => fails(control, check));
    const judged = sum('pass') + sum('fail');
    const inapplicable = controls.flatMap((control) => [...(judgement.inapplicable.get(control) ?? [])]);
    return { check, failing, state: stateOf() };

    function stateOf(): CheckState {
      if (check.leftOut !== undefined) return { kind: 'not-applicable', reasons: [check.leftOut] };
      if (tally !== undefined) return podSecurityState(tally, check, failing);
      if (failing.length > 0) return { kind: 'fail', failed: sum('fail'), judged, reasons: [] };
      if (sum('error') > 0) return { kind: 'unknown', reasons: ['a control failed: a defect of Bulwark'] };
      if (sum('unknown') > 0) return { kind: 'unknown', reasons: distinct(reasonsOf('unknown')) };
      if (sum('manual') > 0) return { kind: 'manual', reasons: distinct(reasonsOf('manual')) };
      if (judged > 0) {
        return check.reason === undefined
          ? { kind: 'pass', judged }
          : { kind: 'partial', judged, reasons: [check.reason] };
      }
      if (inapplicable.length > 0) return { kind: 'not-applicable', reasons: distinct(inapplicable) };
      if (check.controls.length > 0) return { kind: 'no-evidence' };
      return { kind: 'manual', reasons: check.reason === undefined ? [] : [check.reason] };
    }
  });

  function fails(control: AnyControl, check: BenchmarkCheck): boolean {
    if ((judgement.coverage.get(control)?.fail ?? 0) === 0) return false;
    const found = failures.get(control);
    return found === undefined || !found.every((failure) => isAllowed(failure, check));
  }
}

function podSecurityState(
  { pods, offences, malformed }: PodSecurityTally,
  { id }: BenchmarkCheck,
  failing: readonly AnyControl[],
): CheckState {
  const found = offences.get(id);
  if (found !== undefined) {
    return { kind: 'fail', failed: found.length, judged: pods, reasons: failing.length === 0 ? distinct(found) : [] };
  }
  if (malformed.length > 0) return { kind: 'unknown', reasons: distinct(malformed) };
  return pods > 0 ? { kind: 'pass', judged: pods } : { kind: 'no-evidence' };
}

/** Whether a row does not mind a failure: the edition allows more than the control does. */
export function isAllowed({ mode }: Failure, { allowedMode }: BenchmarkCheck): boolean {
  return allowedMode !== undefined && mode !== undefined && (mode & ~allowedMode) === 0;
}

/** The failures of modes that are findings, by control: an accepted one is no less a failure. */
function modeFailures(judgement: Judgement): ReadonlyMap<AnyControl, readonly Failure[]> {
  const byControl = new Map<AnyControl, Failure[]>();
  const accepted = judgement.suppressed?.map(({ finding }) => finding) ?? [];
  for (const { control, failure } of [...judgement.findings, ...accepted]) {
    if (failure.mode === undefined) continue;
    const known = byControl.get(control);
    if (known === undefined) byControl.set(control, [failure]);
    else known.push(failure);
  }
  return byControl;
}

/** What tells a failure that is no finding of its own: the control and the subject, followed to one that is told. */
export function toldWith(judgement: Judgement, control: AnyControl): ToldWith | undefined {
  const byId = new Map(judgement.controls.map((each) => [each.id, each]));
  const seen = new Set<AnyControl>();
  let told = judgement.told.get(control);
  while (told !== undefined) {
    const by = byId.get(told.control);
    const further = by === undefined || seen.has(by) ? undefined : judgement.told.get(by);
    if (by === undefined || further === undefined || further.object !== told.object) return told;
    seen.add(by);
    told = further;
  }
  return told;
}

function distinct(reasons: readonly string[]): readonly string[] {
  return [...new Set(reasons)].sort();
}
