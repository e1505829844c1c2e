import { collectManifests } from '../collect/manifests/collect.ts';
import { assembleSnapshot } from '../collect/snapshot.ts';
import { controls } from '../controls/registry.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { fixManifests } from '../fix/apply.ts';
import { formatFixReport, formatPatch } from '../fix/format-report.ts';
import { BulwarkError } from '../model/errors.ts';
import type { FixFlags } from './fix.ts';
import { selectControls } from './select-controls.ts';
import type { Terminal } from './terminal.ts';

/** Mends manifests. Returns the exit code. */
export async function runFix(paths: readonly string[], flags: FixFlags, terminal: Terminal): Promise<number> {
  if (paths.includes('-')) {
    throw new BulwarkError('usage', 'standard input cannot be mended in place', 'write it to a file first');
  }
  const chosen = new Set(selectControls(flags));
  const collected = await collectManifests({ paths, cwd: terminal.cwd });
  const report = await fixManifests({
    snapshot: assembleSnapshot([collected], terminal.now().toISOString()),
    // All of them judge the outcome, whichever are to be mended.
    controls,
    select: ({ control }) => chosen.has(control),
    cwd: terminal.cwd,
    allow: flags.safe === true ? 'safe' : 'may-break',
    mode: flags.dryRun === true ? 'diff' : 'write',
  });
  for (const { what, region, reason } of collected.gaps) {
    terminal.err(`bulwark: ${what}${region === undefined ? '' : `:${region.line}`}: ${reason}\n`);
  }
  if (flags.dryRun === true) {
    await terminal.out(formatPatch(report));
    terminal.err(formatFixReport(report));
  } else await terminal.out(formatFixReport(report));
  if (report.judgement.errors.length > 0) return exitCodes.internal;
  const untouched = report.left.some(({ cause }) => cause === 'file');
  if (untouched || collected.gaps.length > 0) return exitCodes.incomplete;
  // What --only names is there and stays: whoever asked for it must not take it for done.
  const unmended = flags.only.length > 0 && report.files.length === 0 && report.left.length > 0;
  return unmended ? exitCodes.findings : exitCodes.clean;
}
