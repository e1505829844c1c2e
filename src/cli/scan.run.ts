import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadBaseline, writeBaseline } from '../collect/baseline-file.ts';
import { writeSnapshot } from '../collect/snapshot-file.ts';
import { benchmarkNames, type ChosenEdition, chooseEdition, platformOf } from '../engine/choose-edition.ts';
import { benchmarkExitCode, exitCodeOf, exitCodes } from '../engine/exit-code.ts';
import { type Judgement, judge } from '../engine/judge.ts';
import { withBaseline } from '../engine/suppressed.ts';
import { factsOf } from '../facts/facts.ts';
import { BulwarkError } from '../model/errors.ts';
import { formats } from '../report/formats.ts';
import { exempted } from './configuration.ts';
import { takeSnapshot } from './evidence.ts';
import { nearest } from './nearest.ts';
import { rulesOf } from './rules.ts';
import type { ScanFlags } from './scan.ts';
import type { Terminal } from './terminal.ts';
import { tierByObjects } from './tiering.ts';
import { timed } from './timings.ts';

type RunFlags = Omit<ScanFlags, 'color'> & { readonly color: 'always' | 'never' };

/** One scan. Returns the exit code. */
export async function runScan(paths: readonly string[], flags: RunFlags, terminal: Terminal): Promise<number> {
  if (flags.printRbac === true) {
    const { minimalClusterRole } = await import('../collect/cluster/role.ts');
    await terminal.out(minimalClusterRole({ secrets: flags.withSecrets === true ? 'listed' : 'left-out' }));
    if (flags.nodes === true) {
      const { collectorRoleYaml } = await import('../collect/cluster-nodes/role.ts');
      await terminal.out(collectorRoleYaml(flags.collectorNamespace ?? 'bulwark-collector'));
    }
    return exitCodes.clean;
  }
  if (flags.printCollector === true) {
    const { collectorYaml } = await import('./read-cluster-nodes.ts');
    await terminal.out(await collectorYaml(flags, terminal));
    return exitCodes.clean;
  }
  if (flags.withSecrets === true) {
    throw new BulwarkError(
      'usage',
      '--with-secrets changes what --print-rbac prints',
      'leave it out, or add --print-rbac',
    );
  }
  const outputs = parseOutputs(flags.output);
  const rules = await rulesOf(flags, terminal.cwd);
  const { configuration, all } = rules;
  const baseline = flags.baseline === undefined ? undefined : await loadBaseline(flags.baseline, terminal.cwd);
  if (flags.watch === true) refuseUnwatchable(paths, flags);
  const snapshot = await takeSnapshot(paths, flags, terminal);
  tierByObjects(snapshot.objects.length);
  if (flags.save !== undefined) await writeSnapshot(snapshot, resolve(terminal.cwd, flags.save));
  if (flags.targetVersion !== undefined) {
    const { runUpgrade } = await import('./upgrade.run.ts');
    return runUpgrade(snapshot, { ...flags, target: flags.targetVersion, rules }, terminal);
  }
  const timings = flags.timings === true ? timed(rules.judging.controls, () => performance.now()) : undefined;
  const judged = judge(snapshot, { ...rules.judging, ...(timings !== undefined && { controls: timings.controls }) });
  const exempt = (judgement: Judgement) => exempted(judgement, { configuration, flags, controls: all });
  const open = await exempt(judged);
  if (flags.writeBaseline !== undefined) await writeBaseline(open, resolve(terminal.cwd, flags.writeBaseline));
  const known = (judgement: Judgement) => (baseline === undefined ? judgement : withBaseline(judgement, baseline));
  const judgement = known(open);
  const chosen = benchmarksOf(judgement, flags);
  await writeReports(judgement, outputs, { ...flags, chosen }, terminal);
  if (timings !== undefined) terminal.err(timings.text());
  if (flags.watch === true) {
    const { follow } = await import('./scan-watch.run.ts');
    await follow(paths, {
      rescan: {
        take: () => takeSnapshot(paths, flags, terminal),
        judge: async (now, only) =>
          known(await exempt(judge(now, { ...rules.judging, ...(only !== undefined && { only }) }))),
      },
      snapshot,
      judgement,
      color: flags.color,
      terminal,
    });
  }
  const byFindings = exitCodeOf(judgement, flags.failOn ?? configuration.failOn ?? 'high');
  if (chosen.length === 0 || flags.failOn === 'none') return byFindings;
  // The benchmark is the gate: findings besides count only where --fail-on says so.
  const editions = chosen.map(({ edition }) => edition);
  return flags.failOn === undefined || byFindings === exitCodes.clean
    ? benchmarkExitCode(judgement, editions)
    : byFindings;
}

/** Throws `usage` for what cannot be followed. */
function refuseUnwatchable(paths: readonly string[], { output }: RunFlags): void {
  if (paths.length === 0 || paths.includes('-')) {
    throw new BulwarkError('usage', '--watch follows files', 'name the files or folders to follow');
  }
  if (output.some((each) => each !== 'terminal')) {
    throw new BulwarkError('usage', '--watch tells changes in a terminal', 'leave out -o');
  }
}

/** In the order in which they were asked for, each once. Throws `usage` for a benchmark that is not known. */
function benchmarksOf({ snapshot }: Judgement, { benchmark }: RunFlags): readonly ChosenEdition[] {
  if (benchmark.length === 0) return [];
  const platform = platformOf(factsOf(snapshot));
  const chosen = new Map<string, ChosenEdition>();
  for (const name of benchmark.flatMap((each) => each.split(',')).map((each) => each.trim())) {
    const choice = chooseEdition(name, platform);
    if (choice === undefined) throw unknownBenchmark(name);
    chosen.set(choice.edition.id, choice);
  }
  return [...chosen.values()];
}

function unknownBenchmark(name: string): BulwarkError {
  const names = benchmarkNames();
  const near = nearest(name, names);
  const hint = `${near === undefined ? '' : `did you mean ${near}? `}benchmarks: ${names.join(', ')}`;
  return new BulwarkError('usage', `there is no benchmark "${name}"`, hint);
}

interface Output {
  readonly format: string;
  /** Undefined: standard output. */
  readonly file: string | undefined;
}

function parseOutputs(asked: readonly string[]): readonly Output[] {
  if (asked.length === 0) return [{ format: 'terminal', file: undefined }];
  const outputs = asked.map((text) => {
    const equals = text.indexOf('=');
    const format = equals === -1 ? text : text.slice(0, equals);
    const file = equals === -1 ? undefined : text.slice(equals + 1);
    if (!formats.has(format)) {
      const near = nearest(format, formats.keys());
      const hint = `${near === undefined ? '' : `did you mean ${near}? `}formats: ${[...formats.keys()].join(', ')}`;
      throw new BulwarkError('unknown-format', `there is no report format "${format}"`, hint);
    }
    if (file === '') throw new BulwarkError('usage', `-o ${text} names no file`, `write it as -o ${format}=FILE`);
    return { format, file };
  });
  if (outputs.filter(({ file }) => file === undefined).length > 1) {
    throw new BulwarkError(
      'usage',
      'only one report can go to standard output',
      'give the others a file: -o json=out.json',
    );
  }
  return outputs;
}

async function writeReports(
  judgement: Judgement,
  outputs: readonly Output[],
  flags: RunFlags & { readonly chosen: readonly ChosenEdition[] },
  terminal: Terminal,
): Promise<void> {
  const options = {
    color: flags.color,
    width: Math.max(60, Math.min(terminal.width, 160)),
    detail: flags.verbose === true ? 'full' : 'short',
    benchmarks: flags.chosen,
    ...(flags.showSuppressed === true && { suppressed: 'shown' as const }),
  } as const;
  for (const { format, file } of outputs) {
    const render = formats.get(format);
    if (render === undefined) continue;
    if (file === undefined) {
      for (const chunk of render(judgement, options)) await terminal.out(chunk);
      continue;
    }
    try {
      await writeFile(resolve(terminal.cwd, file), render(judgement, { ...options, color: 'never' }));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BulwarkError(
        'output-unwritable',
        `cannot write ${file}: ${reason}`,
        'choose a folder that exists and may be written',
        {
          cause: error,
        },
      );
    }
  }
}
