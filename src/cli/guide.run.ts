import { exitCodeOf, exitCodes } from '../engine/exit-code.ts';
import { type Judgement, judge } from '../engine/judge.ts';
import { guide } from '../report/guide.ts';
import { exempted } from './configuration.ts';
import type { ConfigurationFlags } from './configuration-options.ts';
import { type EvidenceFlags, takeSnapshot } from './evidence.ts';
import { tellMisgivings } from './exception-misgivings.ts';
import { rulesOf } from './rules.ts';
import type { Terminal } from './terminal.ts';

interface GuideEvidence {
  readonly paths: readonly string[];
  readonly flags: EvidenceFlags & ConfigurationFlags;
}

/** `evidence` undefined: the rows alone. Findings are no failure here; evidence that is missing is. */
export async function runGuide(
  evidence: GuideEvidence | undefined,
  color: 'always' | 'never',
  terminal: Terminal,
): Promise<number> {
  const judgement = evidence === undefined ? undefined : await judged(evidence, terminal);
  await terminal.out(guide(judgement, { color, width: Math.min(terminal.width, 120) }));
  if (judgement === undefined) return exitCodes.clean;
  for (const { what, region, reason } of judgement.gaps) {
    terminal.err(`bulwark: ${what}${region === undefined ? '' : `:${region.line}`}: ${reason}\n`);
  }
  tellMisgivings(judgement, terminal);
  return exitCodeOf(judgement, 'none');
}

async function judged({ paths, flags }: GuideEvidence, terminal: Terminal): Promise<Judgement> {
  // The guides have no word on which controls to run: that is the configuration's.
  const { configuration, all, judging } = await rulesOf({ ...flags, only: [], skip: [], profile: [] }, terminal.cwd);
  const judgement = judge(await takeSnapshot(paths, flags, terminal), judging);
  return exempted(judgement, { configuration, flags, controls: all });
}
