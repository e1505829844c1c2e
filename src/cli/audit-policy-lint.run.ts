import { exitCodes } from '../engine/exit-code.ts';
import { lintJson, lintText } from '../report/audit-policy-lint.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import { lintAuditPolicy } from '../semantics/audit-policy/index.ts';
import type { PolicyFlags } from './audit-policy.ts';
import { readPolicyFile } from './audit-policy-file.ts';
import type { Terminal } from './terminal.ts';

export interface PolicySession {
  readonly terminal: Terminal;
  readonly color: 'always' | 'never';
}

/** Prints what is wrong with a policy. Returns the exit code: 1 where there is more than notes. */
export async function runPolicyLint(
  name: string,
  flags: PolicyFlags,
  { terminal, color }: PolicySession,
): Promise<number> {
  const file = await readPolicyFile(name, terminal);
  const { findings, unchecked } = lintAuditPolicy(file.value, {
    minor: flags.kubernetesVersion,
    repeated: file.repeated,
  });
  const located = findings.map((finding) => ({ ...finding, line: file.lineOf(finding.path) }));
  if (unchecked !== undefined) terminal.err(`bulwark: ${visible(name)}: ${unchecked}\n`);
  if (flags.output === 'json') await terminal.out(lintJson(name, located));
  else await terminal.out(lintText(name, located, { style: styleOf(color), width: terminal.width }));
  if (unchecked !== undefined) return exitCodes.incomplete;
  return findings.some(({ severity }) => severity !== 'note') ? exitCodes.findings : exitCodes.clean;
}
