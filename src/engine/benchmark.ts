import type { AnyControl } from '../controls/control.ts';
import type { BenchmarkCheck, BenchmarkEdition } from './benchmark-editions.ts';
import type { Judgement } from './judge.ts';

/** How a row of a benchmark stands in what was judged. */
export type CheckState =
  | { readonly kind: 'pass'; readonly judged: number }
  | { readonly kind: 'fail'; readonly failed: number; readonly judged: number }
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
 * passes only where none is undecided: missing evidence is never a pass.
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
  return edition.rows.map((check) => {
    const controls = check.controls.map((id) => byId.get(id)).filter((control) => control !== undefined);
    const reasonsOf = (kind: 'unknown' | 'manual') => controls.flatMap((control) => open.get(kind)?.get(control) ?? []);
    const counts = controls.map((control) => judgement.coverage.get(control));
    const sum = (kind: 'pass' | 'fail' | 'unknown' | 'manual' | 'error') =>
      counts.reduce((total, each) => total + (each?.[kind] ?? 0), 0);
    const failing = controls.filter((control) => (judgement.coverage.get(control)?.fail ?? 0) > 0);
    const judged = sum('pass') + sum('fail');
    const inapplicable = controls.flatMap((control) => [...(judgement.inapplicable.get(control) ?? [])]);
    return { check, failing, state: stateOf() };

    function stateOf(): CheckState {
      if (check.leftOut !== undefined) return { kind: 'not-applicable', reasons: [check.leftOut] };
      if (failing.length > 0) return { kind: 'fail', failed: sum('fail'), judged };
      if (sum('error') > 0) return { kind: 'unknown', reasons: ['a control failed: a defect of Bulwark'] };
      if (sum('unknown') > 0) return { kind: 'unknown', reasons: distinct(reasonsOf('unknown')) };
      if (sum('manual') > 0) return { kind: 'manual', reasons: distinct(reasonsOf('manual')) };
      if (judged > 0) return { kind: 'pass', judged };
      if (inapplicable.length > 0) return { kind: 'not-applicable', reasons: distinct(inapplicable) };
      return check.controls.length === 0 ? { kind: 'manual', reasons: [] } : { kind: 'no-evidence' };
    }
  });
}

function distinct(reasons: readonly string[]): readonly string[] {
  return [...new Set(reasons)].sort();
}
