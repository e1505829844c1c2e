import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { coverageJson, coverageText } from '../report/audit-policy-coverage.ts';
import { styleOf } from '../report/style.ts';
import { detectionCoverage, SpaceTooLarge } from '../semantics/audit-policy/index.ts';
import type { CoverageFlags } from './audit-policy.ts';
import { chosenDetections } from './audit-policy-detections.ts';
import { readWorkingPolicy } from './audit-policy-file.ts';
import type { PolicySession } from './audit-policy-lint.run.ts';

/** Prints what each detection sees under a policy. Returns the exit code: 1 where any of them is blind. */
export async function runPolicyCoverage(
  name: string,
  flags: CoverageFlags,
  { terminal, color }: PolicySession,
): Promise<number> {
  const { file, policy } = await readWorkingPolicy(name, terminal, { minor: flags.kubernetesVersion });
  const detections = await chosenDetections(flags.detections);
  try {
    const coverage = detectionCoverage(
      policy,
      detections.map(({ needs }) => needs),
    );
    const rows = detections.map((detection) => ({ ...detection, coverage: coverage(detection.needs) }));
    const shown = { rows, file };
    const all = flags.all === true;
    if (flags.output === 'json') await terminal.out(coverageJson(shown));
    else
      await terminal.out(
        coverageText(shown, { style: styleOf(color), width: terminal.width, detail: all ? 'all' : 'lost' }),
      );
    return rows.some((row) => row.coverage.state === 'blind') ? exitCodes.findings : exitCodes.clean;
  } catch (error) {
    if (!(error instanceof SpaceTooLarge)) throw error;
    throw new BulwarkError('usage', error.message, 'name a smaller policy', { cause: error });
  }
}
