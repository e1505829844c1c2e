import { type ComparedFinding, compareRuns } from '../engine/comparison.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { judge } from '../engine/judge.ts';
import { planUpgrades, presentVersion } from '../engine/upgrade-plan.ts';
import { BulwarkError } from '../model/errors.ts';
import { compareSeverity } from '../model/severity.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { comparedRun } from '../report/compared-run.ts';
import { upgradeText } from '../report/upgrade.ts';
import { upgradeJson } from '../report/upgrade-json.ts';
import { isStopped, type UpgradeReport, upgradeSteps } from '../report/upgrade-steps.ts';
import { visible } from '../report/visible.ts';
import { newestKnown } from '../semantics/versions/known.ts';
import { upgradePath } from '../semantics/versions/upgrade-path.ts';
import type { Rules } from './rules.ts';
import type { ScanFlags } from './scan.ts';
import type { Terminal } from './terminal.ts';

export interface UpgradeOptions
  extends Pick<ScanFlags, 'output' | 'failOn' | 'verbose' | 'watch' | 'benchmark' | 'baseline' | 'writeBaseline'> {
  readonly target: number;
  readonly rules: Rules;
  readonly color: 'always' | 'never';
}

/** These say what the plan itself says, object by object. */
const ofThePlan: ReadonlySet<string> = new Set(['api-lifecycle/served-version', 'admission/pod-security-policy']);

/** Prints the checklist of an upgrade. Returns the exit code: 3 for gaps, 1 for what stops it or is graver than allowed. */
export async function runUpgrade(snapshot: Snapshot, options: UpgradeOptions, terminal: Terminal): Promise<number> {
  const { target, rules } = options;
  const { judging, configuration } = rules;
  const format = formatOf(options);
  const failOn = options.failOn ?? configuration.failOn ?? 'high';
  const plans = planUpgrades(snapshot, minorsTo(snapshot, target));
  const controls = judging.controls.filter(({ id }) => !ofThePlan.has(id));
  const now = judge(snapshot, { ...judging, controls });
  const reports: UpgradeReport[] = [];
  let errors = now.errors.length;
  let before = comparedRun(now, 'now');
  for (const plan of plans) {
    const then = judge(plan.after, { ...judging, controls });
    errors += then.errors.length;
    const after = comparedRun(then, `v1.${plan.target}`);
    reports.push({ plan, comparison: compareRuns(before, after) });
    before = after;
  }
  for (const { what, reason } of now.gaps) terminal.err(`bulwark: ${visible(what)}: ${visible(reason)}\n`);
  const width = Math.max(60, Math.min(terminal.width, 120));
  const detail = options.verbose === true ? 'full' : 'short';
  await terminal.out(
    format === 'json' ? upgradeJson(reports) : upgradeText(reports, { color: options.color, width, detail }),
  );
  if (errors > 0) return exitCodes.internal;
  if (now.gaps.length > 0 || now.inputs.unparsable > 0) return exitCodes.incomplete;
  const counts = ({ severity }: ComparedFinding) => failOn !== 'none' && compareSeverity(severity, failOn) >= 0;
  const isBad = reports.some((report) => isStopped(upgradeSteps(report)) || report.comparison.added.some(counts));
  return isBad ? exitCodes.findings : exitCodes.clean;
}

/** Throws `usage` for what a checklist has no room for. */
function formatOf({ output, watch, benchmark, baseline, writeBaseline }: UpgradeOptions): 'terminal' | 'json' {
  const others = [watch, baseline, writeBaseline].some((flag) => flag !== undefined) || benchmark.length > 0;
  const [format = 'terminal', ...more] = output;
  if (!others && more.length === 0 && (format === 'terminal' || format === 'json')) return format;
  throw new BulwarkError(
    'usage',
    '--target-version prints a checklist',
    'use -o terminal or -o json, once, and leave out --watch, --benchmark, --baseline and --write-baseline',
  );
}

/** The minor versions to go to, one after the other. Throws `usage` where that is no way forward, or its end is not known. */
function minorsTo(snapshot: Snapshot, target: number): readonly number[] {
  const newest = newestKnown();
  if (target > newest) {
    throw new BulwarkError(
      'usage',
      `nothing is known of v1.${target}`,
      `the data ends with v1.${newest}: see "bulwark data"`,
    );
  }
  const from = presentVersion(snapshot);
  if (from === undefined) return [target];
  const path = upgradePath(from.minor, target);
  const cluster = `${from.text}, as ${from.by} says`;
  switch (path.kind) {
    case 'one-step':
      return [target];
    case 'several-steps':
      return path.minors.filter((minor) => minor > from.minor);
    case 'already-there':
      throw new BulwarkError('usage', `the cluster is of v1.${target} already: ${cluster}`, `name v1.${target + 1}`);
    case 'backwards':
      throw new BulwarkError(
        'usage',
        `v1.${target} is older than the cluster: ${cluster}`,
        'Kubernetes does not go back: restore etcd instead',
      );
  }
}
