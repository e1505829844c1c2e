import { openRows } from '../engine/exit-code.ts';
import type { Judgement } from '../engine/judge.ts';
import type { NodeEvidence } from '../model/node.ts';
import { counted } from './names.ts';
import { fixCommand, type NodeMends } from './node-mends.ts';
import { countSeverities, gravestFirst, isComplete } from './summary.ts';
import { findingsOf, type Group, isInFile } from './terminal-groups.ts';
import type { Page } from './terminal-page.ts';
import { scoreLine, suppressedLines } from './terminal-suppressed.ts';
import { unbroken, wrap } from './text-width.ts';
import { visible } from './visible.ts';

/** Names in a list before the rest is counted. */
const shownNames = 3;

/** Findings by severity, where every input ended, and what nobody could decide. */
export function countLines(judgement: Judgement, page: Page): string[] {
  const { proseWidth: width } = page;
  return [
    ...benchmarkLines(judgement, page),
    verdictLine(judgement, page),
    ...suppressedLines(judgement, page),
    ...clusterLine(judgement, page),
    ...wrap(inputParts(judgement, page).join(', '), { width }),
    ...undecided('unknown', judgement, page),
    ...undecided('manual', judgement, page),
    ...scoreLine(judgement, page),
  ];
}

/** With benchmarks the exit code follows their rows, and not the findings that are counted below. */
function benchmarkLines(judgement: Judgement, { benchmarks = [], style }: Page): string[] {
  const lines = benchmarks.map(({ edition }) => {
    const failed = openRows(edition, judgement).length;
    const text =
      failed === 0 ? 'no requirement fails' : `${counted(failed, 'requirement')} ${failed === 1 ? 'fails' : 'fail'}`;
    return `${edition.id}: ${failed === 0 ? style.good(text) : style.alarming(text)}`;
  });
  return lines.length === 0 ? [] : [...lines, 'Of all controls, those that no requirement asks for included:'];
}

function verdictLine({ findings, inputs, ...judgement }: Judgement, { style }: Page): string {
  if (findings.length > 0) {
    const counts = countSeverities(findings);
    const bySeverity = gravestFirst
      .filter((severity) => counts[severity] > 0)
      .map((severity) => style.severity(severity, `${counts[severity]} ${severity}`));
    return `${style.strong(counted(findings.length, 'finding'))}: ${bySeverity.join(', ')}`;
  }
  if (inputs.evaluated === 0) return style.alarming('Nothing was evaluated, so nothing can be said');
  if (!isComplete({ findings, inputs, ...judgement })) return style.alarming('No findings in what could be judged');
  return style.good('No findings');
}

function clusterLine({ snapshot: { cluster } }: Judgement, page: Page): string[] {
  if (cluster === undefined) return [];
  const { server, version, namespaces = [] } = cluster;
  const parts = [`Cluster ${visible(server)}`];
  if (version !== undefined) parts.push(visible(version));
  if (namespaces.length > 0) parts.push(`only in ${nameList(namespaces, page)}`);
  return wrap(parts.join(', '), { width: page.proseWidth });
}

function inputParts({ inputs, controls }: Judgement, page: Page): string[] {
  const { evaluated, notApplicable, unsupported, unparsable, unrendered, notJudgedKinds } = inputs;
  const kinds = [...notJudgedKinds].filter(([, { bucket }]) => bucket === 'unsupported').map(([kind]) => kind);
  return [
    `${counted(evaluated, 'object')} evaluated by ${counted(controls.length, 'control')}`,
    ...(notApplicable > 0 ? [`${notApplicable} not applicable`] : []),
    ...(unsupported > 0 ? [`${unsupported} of unsupported kinds (${nameList(kinds.toSorted(), page)})`] : []),
    ...(unparsable > 0 ? [`${unparsable} unparsable`] : []),
    ...(unrendered > 0 ? [`${unrendered} not rendered`] : []),
  ];
}

const undecidedWords = {
  unknown: 'undecided for lack of evidence',
  manual: 'for a person to decide',
} as const;

function undecided(kind: 'unknown' | 'manual', { coverage }: Judgement, page: Page): string[] {
  const open = [...coverage].filter(([, counts]) => counts[kind] > 0);
  if (open.length === 0) return [];
  const total = open.reduce((sum, [, counts]) => sum + counts[kind], 0);
  const names = open.toSorted(([, a], [, b]) => b[kind] - a[kind]).map(([{ id }]) => id);
  return wrap(`${counted(total, 'verdict')} ${undecidedWords[kind]} (${nameList(names, page)})`, {
    width: page.proseWidth,
  });
}

function nameList(names: readonly string[], { detail }: Page): string {
  const shown = detail === 'full' ? names : names.slice(0, shownNames);
  const hidden = names.length - shown.length;
  return `${shown.map(visible).join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`;
}

/** The next step, where there is something to mend. */
export function nextLines(groups: readonly Group[], { style, width, nodes, mends }: NextStep): string[] {
  if (groups.length === 0) return [];
  const inFiles = groups.filter(({ control, owners }) => control.fix !== undefined && owners.some(isInFile));
  const more = `"${unbroken('bulwark explain CONTROL')}" tells more of a control`;
  const extent = groups.length === 1 ? 'it' : `${inFiles.length} of the ${groups.length} controls that fail`;
  const onNodes = groups.some((group) => group.control.mend !== undefined && mends.mendsAny(findingsOf(group)));
  const next = [
    ...(inFiles.length === 0 ? [] : [`"${unbroken('bulwark fix PATH --dry-run')}" shows edits that mend ${extent}; `]),
    ...(onNodes ? [`${fixCommand(nodes, ' --dry-run')} shows what it mends there; `] : []),
  ];
  return wrap(`Next: ${next.join('')}${more}`, { width }).map(style.strong);
}

interface NextStep extends Page {
  readonly nodes: readonly NodeEvidence[];
  readonly mends: NodeMends;
}
