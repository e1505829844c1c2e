import { collectManifests } from '../collect/manifests/collect.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { reweighed } from '../engine/reweigh.ts';
import { type FixReport, fixManifests } from '../fix/apply.ts';
import { formatFixReport, formatPatch, isDecided } from '../fix/format-report.ts';
import { BulwarkError } from '../model/errors.ts';
import { exemption } from './configuration.ts';
import { tellMisgivings } from './exception-misgivings.ts';
import type { FixFlags } from './fix.ts';
import { rulesOf, turnedOff } from './rules.ts';
import type { Terminal } from './terminal.ts';

/** Mends manifests. Returns the exit code. */
export async function runFix(paths: readonly string[], flags: FixFlags, terminal: Terminal): Promise<number> {
  if (paths.includes('-')) {
    throw new BulwarkError('usage', 'standard input cannot be mended in place', 'write it to a file first');
  }
  const rules = await rulesOf(flags, terminal.cwd);
  const { all, configuration, judging } = rules;
  const collected = await collectManifests({ paths, cwd: terminal.cwd });
  const report = await fixManifests({
    snapshot: assembleSnapshot([collected], terminal.now().toISOString()),
    ...judging,
    verifying: reweighed(all, configuration.severities),
    turnedOff: turnedOff(rules, flags),
    accept: await exemption({ configuration, flags, controls: all }),
    cwd: terminal.cwd,
    allow: flags.safe === true ? 'safe' : 'may-break',
    mode: flags.dryRun === true ? 'diff' : 'write',
  });
  for (const { what, region, reason } of collected.gaps) {
    terminal.err(`bulwark: ${what}${region === undefined ? '' : `:${region.line}`}: ${reason}\n`);
  }
  tellMisgivings(report.before, terminal);
  if (flags.dryRun === true) {
    await terminal.out(formatPatch(report));
    terminal.err(formatFixReport(report));
  } else await terminal.out(formatFixReport(report));
  if (report.judgement.errors.length > 0) return exitCodes.internal;
  if (collected.gaps.length > 0) return exitCodes.incomplete;
  return exitCodeAfter(report, flags);
}

function exitCodeAfter({ files, left }: FixReport, { only }: FixFlags): number {
  if (left.some(({ cause }) => cause === 'file')) return exitCodes.incomplete;
  // What --only names is there and stays: whoever asked for it must not take it for done.
  const stays = left.some((finding) => !isDecided(finding));
  return only.length > 0 && files.length === 0 && stays ? exitCodes.findings : exitCodes.clean;
}
