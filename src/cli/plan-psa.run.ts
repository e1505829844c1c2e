import { planPodSecurity } from '../admission/plan-pod-security.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { factsOf } from '../facts/facts.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { planPsaText } from '../report/plan-psa.ts';
import { planPsaJson } from '../report/plan-psa-json.ts';
import { planPsaYaml } from '../report/plan-psa-yaml.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import { takeSnapshot } from './evidence.ts';
import type { PlanPsaFlags } from './plan.ts';
import type { Terminal } from './terminal.ts';

type RunFlags = Omit<PlanPsaFlags, 'color'> & { readonly color: 'always' | 'never' };

/** Plans Pod Security for every namespace that was read. Returns the exit code. */
export async function runPlanPsa(paths: readonly string[], flags: RunFlags, terminal: Terminal): Promise<number> {
  const snapshot = atVersion(await takeSnapshot(paths, flags, terminal), flags.serverVersion);
  for (const { what, reason } of snapshot.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  const plan = planPodSecurity(factsOf(snapshot));
  if (flags.output === 'json') await terminal.out(planPsaJson(plan));
  else if (flags.output === 'yaml') await terminal.out(planPsaYaml(plan));
  else await terminal.out(planPsaText(plan, styleOf(flags.color)));
  const isWhole = snapshot.gaps.length === 0 && !snapshot.inputs.some(({ bucket }) => bucket === 'unparsable');
  return isWhole ? exitCodes.clean : exitCodes.incomplete;
}

/** A version that was asked for goes before the one that the evidence tells: upgrades are planned, too. */
function atVersion(snapshot: Snapshot, minor: number | undefined): Snapshot {
  if (minor === undefined) return snapshot;
  return { ...snapshot, cluster: { server: '', ...snapshot.cluster, version: `v1.${minor}.0` } };
}
