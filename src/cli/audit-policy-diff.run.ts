import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { differencesJson, differencesText } from '../report/audit-policy-diff.ts';
import { styleOf } from '../report/style.ts';
import { diffPolicies, SpaceTooLarge } from '../semantics/audit-policy/index.ts';
import type { PolicyFlags } from './audit-policy.ts';
import { readWorkingPolicy } from './audit-policy-file.ts';
import type { PolicySession } from './audit-policy-lint.run.ts';

/** Prints what two policies log differently. Returns the exit code: 1 where there is a difference, as `diff` does. */
export async function runPolicyDiff(
  [first, second]: readonly [string, string],
  flags: PolicyFlags,
  { terminal, color }: PolicySession,
): Promise<number> {
  const options = { minor: flags.kubernetesVersion };
  const before = await readWorkingPolicy(first, terminal, options);
  const after = await readWorkingPolicy(second, terminal, options);
  try {
    const differences = diffPolicies(before.policy, after.policy);
    const shown = { differences, before: before.file, after: after.file };
    if (flags.output === 'json') await terminal.out(differencesJson(shown));
    else await terminal.out(differencesText(shown, { style: styleOf(color), width: terminal.width }));
    return differences.length === 0 ? exitCodes.clean : exitCodes.findings;
  } catch (error) {
    if (!(error instanceof SpaceTooLarge)) throw error;
    throw new BulwarkError('usage', error.message, 'compare smaller policies', { cause: error });
  }
}
