import { controls } from '../controls/registry.ts';
import { exitCodeOf, exitCodes } from '../engine/exit-code.ts';
import { judge } from '../engine/judge.ts';
import { guide } from '../report/guide.ts';
import { type EvidenceFlags, takeSnapshot } from './evidence.ts';
import type { Terminal } from './terminal.ts';

/** `evidence` undefined: the rows alone. Findings are no failure here; evidence that is missing is. */
export async function runGuide(
  evidence: { paths: readonly string[]; flags: EvidenceFlags } | undefined,
  color: 'always' | 'never',
  terminal: Terminal,
): Promise<number> {
  const judgement =
    evidence === undefined
      ? undefined
      : judge(await takeSnapshot(evidence.paths, evidence.flags, terminal), { controls });
  await terminal.out(guide(judgement, { color, width: Math.min(terminal.width, 120) }));
  if (judgement === undefined) return exitCodes.clean;
  for (const { what, region, reason } of judgement.gaps) {
    terminal.err(`bulwark: ${what}${region === undefined ? '' : `:${region.line}`}: ${reason}\n`);
  }
  return exitCodeOf(judgement, 'none');
}
