import { controls } from '../controls/registry.ts';
import { judge } from '../engine/judge.ts';
import { guide } from '../report/guide.ts';
import { type EvidenceFlags, takeSnapshot } from './evidence.ts';
import type { Terminal } from './terminal.ts';

/** `evidence` undefined: the rows alone. */
export async function runGuide(
  evidence: { paths: readonly string[]; flags: EvidenceFlags } | undefined,
  color: 'always' | 'never',
  terminal: Terminal,
): Promise<void> {
  const judgement =
    evidence === undefined
      ? undefined
      : judge(await takeSnapshot(evidence.paths, evidence.flags, terminal), { controls });
  await terminal.out(guide(judgement, { color, width: Math.min(terminal.width, 120) }));
}
