import type { AnyControl } from '../controls/control.ts';
import { benchmarkResults } from '../engine/benchmark.ts';
import { answeredBy } from '../engine/benchmark-editions.ts';
import type { ChosenEdition } from '../engine/choose-edition.ts';
import type { Finding } from '../engine/finding.ts';
import type { Judgement } from '../engine/judge.ts';
import { scoreOf } from '../engine/score.ts';
import { compareSeverity } from '../model/severity.ts';
import { groupBy } from './group-by.ts';
import { compareText, locationOf } from './location.ts';
import { code, prose } from './markdown-text.ts';
import { counted, objectName } from './names.ts';
import { sortFindings, sortGaps, sortPlaces } from './order.ts';
import { remedySentences, sentence } from './remedy.ts';
import type { ReportOptions } from './report-format.ts';
import { scoreWords } from './score-words.ts';
import { countSeverities, gravestFirst, isComplete } from './summary.ts';
import { suppressedWords } from './suppressed-words.ts';

/** GitHub refuses comments of more than 65,536 characters, GitLab of more than a million. */
const longestReport = 60_000;

/** Findings of one control before the rest is counted. */
const shownFindings = 20;

/** For comments on pull requests: the sum first, then what is wrong by control, folded, within a comment's size. */
export function* markdown(
  judgement: Judgement,
  { benchmarks = [] }: Pick<ReportOptions, 'benchmarks'> = {},
): Generator<string> {
  const head = [...summary(judgement), ...benchmarkTables(judgement, benchmarks)];
  const tail = evidence(judgement);
  let room = longestReport;
  for (const piece of [...head, ...tail]) room -= piece.length;
  yield* head;
  const groups = [...groupBy(sortFindings(judgement.findings), ({ control }) => control)]
    .map(([control, findings]) => ({ control, findings, severity: findings[0]?.severity ?? control.severity }))
    .sort((a, b) => compareSeverity(b.severity, a.severity) || compareText(a.control.id, b.control.id));
  for (const [index, { control, findings }] of groups.entries()) {
    const text = section(control, findings);
    if (text.length > room) {
      yield `${counted(groups.length - index, 'more control')} found something: the whole report does not fit a comment.\n\n`;
      break;
    }
    room -= text.length;
    yield text;
  }
  yield* tail;
}

function* summary(judgement: Judgement): Generator<string> {
  const { findings, inputs } = judgement;
  const counts = countSeverities(findings);
  const parts = gravestFirst.filter((severity) => counts[severity] > 0).map((each) => `${counts[each]} ${each}`);
  const complete = isComplete(judgement);
  if (findings.length > 0) yield `## Bulwark: ${counted(findings.length, 'finding')} (${parts.join(', ')})\n\n`;
  else if (inputs.evaluated === 0) yield '## Bulwark: nothing was evaluated\n\n';
  else yield `## Bulwark: no findings${complete ? '' : ' in what could be judged'}\n\n`;
  yield `${counted(inputs.evaluated, 'object')} evaluated by ${counted(judgement.controls.length, 'control')}.${
    complete ? '' : ' **The evidence is incomplete**; see below.'
  }\n\n`;
  const score = scoreWords(scoreOf(judgement));
  if (score !== undefined) yield `${prose(score)}.\n\n`;
  const suppressed = suppressedWords(judgement);
  if (suppressed !== undefined) yield `${prose(suppressed)}.\n\n`;
}

function section(control: AnyControl, findings: readonly Finding[]): string {
  const [first] = findings;
  const severity = first?.severity ?? control.severity;
  const shown = findings.slice(0, shownFindings);
  return [
    `<details><summary><b>${severity}</b> ${prose(control.title)}: ${counted(findings.length, 'finding')}</summary>\n\n`,
    `${code(control.id)}: ${sentence(control.why)}\n\n`,
    ...shown.map(item),
    ...(findings.length > shown.length ? [`- and ${findings.length - shown.length} more\n`] : []),
    `\n${remedySentences(control).join(' ')}\n\n</details>\n\n`,
  ].join('');
}

function item({ owner, message, places }: Finding): string {
  const [place] = sortPlaces(places);
  const more = places.length > 1 ? ` and ${counted(places.length - 1, 'other place')}` : '';
  if (place === undefined) return `- ${code(objectName(owner))}: ${prose(message)}\n`;
  const { file, line } = locationOf(place);
  const at = `${file}${line === undefined ? '' : `:${line}`}`;
  return `- ${code(objectName(owner))}: ${prose(message)} (${code(at)}${more})\n`;
}

/** Tables take half of a comment at most: one that does not fit is counted. */
function* benchmarkTables(judgement: Judgement, benchmarks: readonly ChosenEdition[]): Generator<string> {
  let room = longestReport / 2;
  for (const { edition } of benchmarks) {
    const results = benchmarkResults(edition, judgement);
    yield `### ${prose(edition.title)}\n\n`;
    const table = ['| | requirement | answered | state |\n|---|---|---|---|\n'];
    for (const { check, state } of results) {
      table.push(`| ${code(check.id)} | ${prose(check.title)} | ${answeredBy(check)} | ${state.kind} |\n`);
    }
    const length = table.reduce((sum, line) => sum + line.length, 0);
    if (length <= room) {
      room -= length;
      yield* table;
      yield '\n';
      continue;
    }
    const failed = results.filter(({ state }) => state.kind === 'fail').length;
    yield `${failed} of ${counted(results.length, 'requirement')} fail: the table does not fit a comment.\n\n`;
  }
}

function evidence({ gaps, inputs, errors }: Judgement): string[] {
  const unparsable = inputs.skipped.filter(({ bucket }) => bucket === 'unparsable');
  const items = [
    ...sortGaps(gaps).map(({ what, reason }) => `- ${code(what)}: ${prose(reason)}\n`),
    ...unparsable.map(({ file, reason }) => `- ${code(file)}: ${prose(reason)}\n`),
    ...errors.map(({ control, subject }) => `- ${code(control.id)} failed on ${code(objectName(subject.object))}\n`),
  ];
  if (items.length === 0) return [];
  const shown = items.slice(0, shownFindings);
  const rest = items.length - shown.length;
  return ['### Not judged\n\n', ...shown, ...(rest > 0 ? [`- and ${rest} more\n`] : []), '\n'];
}
