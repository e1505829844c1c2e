import type { CheckState } from '../../src/engine/benchmark.ts';
import type { States } from './bulwark.ts';
import { automatedChecks } from './checks.ts';
import { type Conclusion, conclude } from './conclude.ts';
import { type Disagreement, disagreementAbout } from './disagreements.ts';
import type { NodeRoot } from './node-root.ts';

export interface Comparison {
  readonly check: string;
  /** What the text of the benchmark says. */
  readonly text: Conclusion;
  readonly bulwark: Conclusion | 'manual';
  readonly state: CheckState | undefined;
  /** Why Bulwark may say another thing. */
  readonly disagreement?: Disagreement;
  readonly isExpected: boolean;
}

/** Every automated check, as its text and as Bulwark answer it for the same node. */
export function compare(root: NodeRoot, states: States): readonly Comparison[] {
  return automatedChecks.map((check) => {
    const text = conclude(check, root);
    const state = states.get(check.id);
    const bulwark = concluded(state);
    const disagreement = disagreementAbout(check.id, root, text);
    const isExpected = bulwark === (disagreement?.bulwark ?? text);
    return { check: check.id, text, bulwark, state, isExpected, ...(disagreement !== undefined && { disagreement }) };
  });
}

/** What was not expected, in words; empty where all is as it should be. */
export function surprises(comparisons: readonly Comparison[]): readonly string[] {
  return comparisons
    .filter(({ isExpected }) => !isExpected)
    .map(({ check, text, state, disagreement }) => {
      const listed = disagreement === undefined ? '' : `, although ${disagreement.when} (${disagreement.why})`;
      return `${check}: the text says ${text}${listed}; Bulwark says ${JSON.stringify(state)}`;
    });
}

function concluded(state: CheckState | undefined): Conclusion | 'manual' {
  const kind = state?.kind ?? 'no-evidence';
  return kind === 'pass' || kind === 'fail' || kind === 'manual' ? kind : 'nothing';
}
