import { compareRuns } from '../engine/comparison.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { compareSeverity } from '../model/severity.ts';
import { comparisonJson } from '../report/comparison-json.ts';
import { comparisonMarkdown } from '../report/comparison-markdown.ts';
import { comparisonText } from '../report/comparison-text.ts';
import type { DiffFlags } from './diff.ts';
import { runOf } from './diff-side.ts';
import { rulesOf } from './rules.ts';
import type { Terminal } from './terminal.ts';

interface DiffRequest {
  readonly before: string;
  readonly after: string;
  readonly paths: readonly string[];
  readonly flags: Omit<DiffFlags, 'color'> & { readonly color: 'always' | 'never' };
}

/** Compares two sides, one after the other: judging is what takes time. Returns the exit code. */
export async function runDiff({ before, after, paths, flags }: DiffRequest, terminal: Terminal): Promise<number> {
  const rules = await rulesOf(flags, terminal.cwd);
  const side = { paths, rules, flags, terminal };
  const comparison = compareRuns(await runOf(before, side), await runOf(after, side));
  if (flags.output === 'json') {
    for (const chunk of comparisonJson(comparison)) await terminal.out(chunk);
  } else if (flags.output === 'markdown') await terminal.out(comparisonMarkdown(comparison));
  else {
    const width = Math.max(60, Math.min(terminal.width, 160));
    await terminal.out(comparisonText(comparison, { color: flags.color, width, detail: 'full' }));
  }
  if (!comparison.before.complete || !comparison.after.complete) return exitCodes.incomplete;
  const failOn = flags.failOn ?? rules.configuration.failOn ?? 'high';
  if (failOn === 'none') return exitCodes.clean;
  const worse = comparison.changed.filter((each) => each.worse !== undefined);
  const news = [...comparison.added, ...worse.map(({ finding }) => finding)];
  return news.some(({ severity }) => compareSeverity(severity, failOn) >= 0) ? exitCodes.findings : exitCodes.clean;
}
