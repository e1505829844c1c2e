import type { Severity } from '../model/severity.ts';
import type { Judgement } from './judge.ts';

/** How well things stand, with what that is made of. */
export interface Score {
  /** 0 to 100, rounded down: 100 is every control passing everywhere. Undefined: no control could decide anything. */
  readonly score: number | undefined;
  /** Controls that passed or failed somewhere. */
  readonly controls: number;
  /** Percent of the verdicts that were due and could be reached, rounded down. Undefined: none was due. */
  readonly coverage: number | undefined;
  /** Verdicts of pass or fail, and those that were due. */
  readonly decided: number;
  readonly due: number;
}

/** What one control counts for. Those of severity info judge nothing, and count nothing. */
const scoreWeights: Readonly<Record<Severity, number>> = { critical: 10, high: 5, medium: 2, low: 1, info: 0 };

/**
 * The mean, over the controls that decided anything, of the share of their subjects that pass, weighted by severity:
 * many objects of one kind do not drown the rest. Findings that exceptions or a baseline cover count as the failures
 * that they are.
 */
export function scoreOf({ coverage }: Pick<Judgement, 'coverage'>): Score {
  let [weight, passed, controls, decided, due] = [0, 0, 0, 0, 0];
  for (const [{ severity }, { pass, fail, unknown, manual, error }] of coverage) {
    decided += pass + fail;
    due += pass + fail + unknown + manual + error;
    if (pass + fail === 0 || scoreWeights[severity] === 0) continue;
    controls += 1;
    weight += scoreWeights[severity];
    passed += (scoreWeights[severity] * pass) / (pass + fail);
  }
  return {
    score: weight === 0 ? undefined : percent(passed, weight),
    controls,
    coverage: due === 0 ? undefined : percent(decided, due),
    decided,
    due,
  };
}

/** Rounded down, but for what only floating point keeps from being whole. */
function percent(part: number, whole: number): number {
  return Math.floor((100 * part) / whole + 1e-9);
}
