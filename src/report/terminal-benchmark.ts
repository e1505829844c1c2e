import type { AnyControl } from '../controls/control.ts';
import type { CheckResult, CheckState } from '../engine/benchmark.ts';
import { benchmarkResults, isAllowed, toldWith } from '../engine/benchmark.ts';
import { type Answered, answeredBy } from '../engine/benchmark-editions.ts';
import { type ChosenEdition, rangeText } from '../engine/choose-edition.ts';
import type { Finding } from '../engine/finding.ts';
import type { Judgement } from '../engine/judge.ts';
import type { Suppression } from '../engine/suppressed.ts';
import { groupBy } from './group-by.ts';
import { locationOf } from './location.ts';
import { objectName } from './names.ts';
import { sortFindings } from './order.ts';
import { suppressionWords } from './suppressed-words.ts';
import type { Page } from './terminal-page.ts';
import { padEnd, unbroken, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

/** Findings and reasons of a row before the rest is counted. */
const shown = 2;
const longestReason = 300;

/** A benchmark's rows in their order, each with its state, and why where that is no pass. Pieces of text. */
export function* benchmarkPage(chosen: ChosenEdition, judgement: Judgement, page: Page): Generator<string> {
  const { style } = page;
  yield `${headLines(chosen, page).join('\n')}\n\n`;
  const suppressed = new Map((judgement.suppressed ?? []).map(({ finding, by }) => [finding, by]));
  // A requirement is not met for being accepted: those findings are told here, too, with why they do not count.
  const byControl = groupBy([...judgement.findings, ...suppressed.keys()], ({ control }) => control);
  const results = benchmarkResults(chosen.edition, judgement);
  const idColumns = Math.max(...results.map(({ check }) => check.id.length));
  let section: string | undefined;
  for (const result of results) {
    const { check, state } = result;
    if (check.section !== undefined && check.section !== section) {
      yield `${section === undefined ? '' : '\n'}${style.strong(check.section)}\n`;
    }
    section = check.section;
    const word = words[state.kind];
    const lead = `${padEnd(word, wordColumns)}  ${padEnd(check.id, idColumns)}  `;
    const lines = wrap(check.title, { width: page.width, lead });
    const first = (lines[0] ?? '').slice(wordColumns);
    yield `${[mark(state, style)(padEnd(word, wordColumns)) + first, ...lines.slice(1)].join('\n')}\n`;
    const indent = ' '.repeat(lead.length);
    for (const detail of details(result, { byControl, suppressed, judgement }, page)) {
      for (const line of wrap(detail, { width: page.width, lead: indent })) yield `${style.faint(line)}\n`;
    }
  }
  const counts = [countText(results), answeredText(results)];
  yield `\n${counts.flatMap((text) => wrap(text, { width: page.proseWidth })).join('\n')}\n`;
}

function headLines({ edition, platform, reasons }: ChosenEdition, { style, proseWidth }: Page): string[] {
  const { minor, distribution } = platform;
  const what = [minor === undefined ? undefined : `Kubernetes 1.${minor}`, distribution].filter(
    (part) => part !== undefined,
  );
  const read = what.length === 0 ? '' : `; what was read is ${what.join(', ')}`;
  const meant = edition.kubernetes === undefined ? '' : `, for Kubernetes ${rangeText(edition.kubernetes)}${read}`;
  return [
    ...wrap(`${edition.title} (${edition.id})${meant}`, {
      width: proseWidth,
    }).map(style.strong),
    ...reasons.flatMap((reason) => wrap(`Note: ${reason}`, { width: proseWidth }).map(style.alarming)),
  ];
}

const words: Readonly<Record<CheckState['kind'], string>> = {
  pass: 'pass',
  fail: 'FAIL',
  partial: 'in part',
  unknown: 'unknown',
  manual: 'manual',
  'not-applicable': 'n/a',
  'no-evidence': 'not read',
};

const wordColumns = Math.max(...Object.values(words).map((word) => word.length));

function mark({ kind }: CheckState, style: Page['style']): (text: string) => string {
  if (kind === 'pass' || kind === 'partial') return style.good;
  if (kind === 'fail') return style.alarming;
  return kind === 'not-applicable' || kind === 'no-evidence' ? style.faint : style.strong;
}

interface Found {
  readonly byControl: ReadonlyMap<unknown, readonly Finding[]>;
  readonly suppressed: ReadonlyMap<Finding, Suppression>;
  readonly judgement: Judgement;
}

function details({ state, failing, check }: CheckResult, found: Found, { detail }: Page): string[] {
  const { byControl, judgement } = found;
  const limit = detail === 'full' ? Number.POSITIVE_INFINITY : shown;
  const texts: string[] = [];
  if (state.kind === 'fail') {
    const findings = failing
      .flatMap((control) => byControl.get(control) ?? [])
      .filter(({ failure }) => !isAllowed(failure, check));
    const first = sortFindings(findings).slice(0, limit);
    texts.push(...first.map((finding) => findingText(finding, found.suppressed.get(finding))));
    if (findings.length > first.length) texts.push(`and ${findings.length - first.length} more`);
    if (findings.length === 0) texts.push(...failing.slice(0, limit).map((control) => toldText(control, judgement)));
    texts.push(...reasonTexts(state.reasons, limit));
  } else if ('reasons' in state) {
    texts.push(...reasonTexts(state.reasons, limit));
  }
  if (state.kind !== 'partial' && check.reason !== undefined && check.controls.length > 0) {
    texts.push(`not answered here: ${check.reason}`);
  }
  if (check.differs !== undefined) texts.push(`this edition: ${check.differs}`);
  return texts;
}

function reasonTexts(reasons: readonly string[], limit: number): string[] {
  const texts = reasons.slice(0, limit).map((reason) => visibleShort(reason, longestReason));
  if (reasons.length > texts.length) texts.push(`and ${reasons.length - texts.length} more reasons`);
  return texts;
}

/** A failure with the same cause as another, which is the finding. */
function toldText(control: AnyControl, judgement: Judgement): string {
  const told = toldWith(judgement, control);
  if (told === undefined) return `${control.id}: told with another finding`;
  return `${control.id}: told with ${told.control} of ${visible(objectName(told.object))}`;
}

function findingText({ control, message, owner, places }: Finding, by: Suppression | undefined): string {
  const [place] = places;
  const { file, line } = place === undefined ? { file: '', line: undefined } : locationOf(place);
  const at = line === undefined ? visible(file) : `${visible(file)}:${line}`;
  const why = by === undefined ? '' : `, ${visibleShort(suppressionWords(by), longestReason)}`;
  return `${unbroken(at)}: ${visible(objectName(owner))}: ${visibleShort(message, longestReason)} (${control.id})${why}`;
}

function countText(results: readonly CheckResult[]): string {
  const of = (kind: CheckState['kind']) => results.filter(({ state }) => state.kind === kind).length;
  return [
    `${results.length} checks: ${of('pass')} pass, ${of('fail')} fail`,
    ...(of('partial') > 0 ? [`${of('partial')} pass in the part that can be judged`] : []),
    `${of('unknown')} unknown for lack of evidence`,
    `${of('manual')} for a person`,
    `${of('not-applicable')} not applicable`,
    ...(of('no-evidence') > 0 ? [`${of('no-evidence')} without anything read to judge them by`] : []),
  ].join(', ');
}

function answeredText(results: readonly CheckResult[]): string {
  const of = (answered: Answered) => results.filter(({ check }) => answeredBy(check) === answered).length;
  return `Controls answer ${of('automated')} of them, and ${of('partial')} in part; ${of('manual')} are left to a person.`;
}
