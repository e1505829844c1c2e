import type { Judgement } from '../engine/judge.ts';
import { etcdContents } from './etcd-contents.ts';
import { NodeMends } from './node-mends.ts';
import type { ReportOptions } from './report-format.ts';
import { accountLines } from './terminal-account.ts';
import { benchmarkPage } from './terminal-benchmark.ts';
import { findingGroup, foldedGroups, isFolded } from './terminal-findings.ts';
import { groupFindings } from './terminal-groups.ts';
import { pageOf } from './terminal-page.ts';
import { countLines, nextLines } from './terminal-summary.ts';
import { suppressedBlocks } from './terminal-suppressed.ts';

/**
 * The report for a person, in pieces: what to mend first comes first, each with where it is, what is wrong, why it
 * matters and how to mend it; then what could not be read or judged; then the counts and the next step.
 */
export function* terminal(judgement: Judgement, options: ReportOptions): Generator<string> {
  const page = { ...pageOf(options), ...(judgement.worse !== undefined && { worse: judgement.worse }) };
  const { benchmarks = [] } = options;
  if (benchmarks.length > 0) {
    for (const chosen of benchmarks) {
      yield* benchmarkPage(chosen, judgement, page);
      yield '\n';
    }
    for (const lines of accountLines(judgement, page)) yield block(lines);
    for (const lines of suppressedBlocks(judgement, page)) yield block(lines);
    yield `${countLines(judgement, page).join('\n')}\n`;
    return;
  }
  const groups = groupFindings(judgement);
  const mends = new NodeMends(judgement);
  for (const group of groups) {
    if (!isFolded(group, page)) yield block(findingGroup(group, page, mends));
  }
  yield block(
    foldedGroups(
      groups.filter((group) => isFolded(group, page)),
      page,
    ),
  );
  for (const lines of accountLines(judgement, page)) yield block(lines);
  for (const lines of suppressedBlocks(judgement, page)) yield block(lines);
  if (page.detail === 'full') for (const lines of etcdContents(judgement.snapshot, page)) yield block(lines);
  const { nodes = [] } = judgement.snapshot;
  yield `${[...countLines(judgement, page), ...nextLines(groups, { ...page, nodes, mends })].join('\n')}\n`;
}

function block(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n`;
}
