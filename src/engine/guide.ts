import data from '../../data/benchmarks/guides.json' with { type: 'json' };
import type { Judgement } from './judge.ts';

/** One instruction of the guides. */
export interface GuideRow {
  readonly id: string;
  readonly section: string;
  /** What is asked, as the state to reach. */
  readonly asks: string;
  readonly controls: readonly string[];
  readonly commands: readonly string[];
  /** Where the guides are dated or wrong. */
  readonly note?: string;
}

export type GuideState =
  | { readonly kind: 'not-served' }
  /** Served, but nothing of what was read speaks of it. */
  | { readonly kind: 'no-evidence' }
  /** The configuration leaves out every control that would speak of it. */
  | { readonly kind: 'left-out' }
  /** What fails is what somebody has decided to live with. */
  | { readonly kind: 'accepted'; readonly findings: number }
  | { readonly kind: 'holds'; readonly judged: number }
  | {
      readonly kind: 'fails';
      readonly findings: number;
      /** Those that exceptions cover, beside them. */
      readonly accepted: number;
      readonly judged: number;
      /** The row's controls that failed, in the row's order. */
      readonly controls: readonly string[];
    };

export const guideSections: readonly { readonly id: string; readonly title: string }[] = data.sections;

export const guideRows: readonly GuideRow[] = data.rows;

/** How a row stands in a judgement. Verdicts that are not known count as no evidence, never as holding. */
export function guideState(row: GuideRow, judgement: Judgement): GuideState {
  // A command answers for itself: what was scanned does not speak of it.
  if (row.controls.length === 0) return { kind: row.commands.length > 0 ? 'no-evidence' : 'not-served' };
  const ids = new Set(row.controls);
  let judged = 0;
  for (const [control, counts] of judgement.coverage) {
    if (ids.has(control.id)) judged += counts.pass + counts.fail;
  }
  const findings = judgement.findings.filter(({ control }) => ids.has(control.id));
  const failed = new Set(findings.map(({ control }) => control.id));
  const controls = row.controls.filter((id) => failed.has(id));
  const accepted = (judgement.suppressed ?? []).filter(({ finding }) => ids.has(finding.control.id)).length;
  if (findings.length > 0) return { kind: 'fails', findings: findings.length, accepted, judged, controls };
  if (accepted > 0) return { kind: 'accepted', findings: accepted };
  if (!judgement.controls.some(({ id }) => ids.has(id))) return { kind: 'left-out' };
  return judged > 0 ? { kind: 'holds', judged } : { kind: 'no-evidence' };
}
