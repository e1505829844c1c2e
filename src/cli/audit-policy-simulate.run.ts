import { exitCodes } from '../engine/exit-code.ts';
import { simulationJson, simulationText } from '../report/audit-policy-simulation.ts';
import { styleOf } from '../report/style.ts';
import type { SimulateFlags } from './audit-policy.ts';
import { readWorkingPolicy } from './audit-policy-file.ts';
import type { PolicySession } from './audit-policy-lint.run.ts';
import { simulateLogs } from './audit-policy-log.ts';

/** Prints what a policy would have kept of logs. Returns the exit code. */
export async function runPolicySimulate(
  name: string,
  flags: SimulateFlags,
  { terminal, color }: PolicySession,
): Promise<number> {
  const { file, policy } = await readWorkingPolicy(name, terminal, { minor: flags.kubernetesVersion });
  const simulation = await simulateLogs(policy, flags.log, terminal);
  const shown = { simulation, lineOf: file.lineOf, top: flags.top };
  if (flags.output === 'json') await terminal.out(simulationJson(shown));
  else await terminal.out(simulationText(shown, { style: styleOf(color), width: terminal.width }));
  return exitCodes.clean;
}
