import { createHash } from 'node:crypto';
import type { AnyControl } from '../controls/control.ts';
import { benchmarkResults } from '../engine/benchmark.ts';
import { answeredBy } from '../engine/benchmark-editions.ts';
import type { ChosenEdition } from '../engine/choose-edition.ts';
import { fingerprint } from '../engine/fingerprint.ts';
import type { Judgement } from '../engine/judge.ts';
import { scoreOf } from '../engine/score.ts';
import { unreadIn } from '../engine/unread.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { ReportBenchmark, ReportControl, ReportData, ReportFinding, ReportObject } from './html-data.ts';
import page from './html-page.json' with { type: 'json' };
import { locationOf } from './location.ts';
import { counted, objectName } from './names.ts';
import { sortErrors, sortFindings, sortGaps, sortPlaces, sortSkipped } from './order.ts';
import { remedySentences, sentence } from './remedy.ts';
import type { ReportOptions } from './report-format.ts';
import { scoreWords } from './score-words.ts';
import { countSeverities, errorText, gravestFirst, isComplete } from './summary.ts';
import { suppressedWords } from './suppressed-words.ts';
import { tool } from './tool.ts';
import { visible } from './visible.ts';

/**
 * One file that needs no other and no network: its policy lets it run its own script and nothing else. Without scripts
 * it still shows the counts and what could not be judged.
 */
export function* html(
  judgement: Judgement,
  { benchmarks = [] }: Pick<ReportOptions, 'benchmarks'> = {},
): Generator<string> {
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(page.script)}'`,
    `style-src '${sourceHash(page.style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n';
  yield `<meta http-equiv="Content-Security-Policy" content="${policy}">\n`;
  yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n';
  yield `<title>Bulwark: ${counted(judgement.findings.length, 'finding')}</title>\n<style>${page.style}</style>\n</head>\n<body>\n`;
  yield* head(judgement);
  yield* tools(judgement);
  yield* evidence(judgement);
  for (const chosen of benchmarks) yield* benchmarkTable(judgement, chosen);
  yield `<footer>Written by ${tool.name} ${tool.version}. Press / to search. The address holds the filters.</footer>\n`;
  yield '<script id="data" type="application/json">';
  yield* dataText(judgement, benchmarks);
  yield `</script>\n<script>${page.script}</script>\n</body>\n</html>\n`;
}

function* head(judgement: Judgement): Generator<string> {
  const { findings, inputs, controls, snapshot } = judgement;
  const { cluster } = snapshot;
  const scope = cluster === undefined ? 'manifests' : `cluster ${cluster.server} ${cluster.version ?? ''}`.trim();
  yield `<header><h1>${counted(findings.length, 'finding')}</h1>\n<p>${text(scope)}${
    snapshot.takenAt === '' ? '' : `, read at ${text(snapshot.takenAt)}`
  }. ${counted(inputs.evaluated, 'object')} evaluated by ${counted(controls.length, 'control')}; ${
    inputs.notApplicable + inputs.unsupported
  } not judged.</p>\n`;
  const suppressed = suppressedWords(judgement);
  if (suppressed !== undefined) yield `<p>${text(suppressed)}.</p>\n`;
  const score = scoreWords(scoreOf(judgement));
  yield `${score === undefined ? '' : `<p class="score">${text(score)}.</p>\n`}</header>\n`;
  if (!isComplete(judgement)) {
    yield '<p class="incomplete"><strong>The evidence is incomplete:</strong> what is <a href="#evidence">listed below</a> was not judged.</p>\n';
  } else if (findings.length === 0) {
    yield inputs.evaluated === 0
      ? '<p class="incomplete">Nothing was evaluated, so nothing can be said.</p>\n'
      : '<p class="clean">Nothing was found in what was read.</p>\n';
  }
}

function* tools({ findings }: Judgement): Generator<string> {
  const counts = countSeverities(findings);
  yield '<fieldset class="tiles" aria-label="severities to show">\n';
  for (const severity of gravestFirst) {
    yield `<label class="${severity}"><input type="checkbox" name="severity" value="${severity}" checked><span><b>${counts[severity]}</b> ${severity}</span></label>\n`;
  }
  yield `</fieldset>
<div class="tools" role="search">
<input id="search" type="search" placeholder="Search object, control, file, message" aria-label="search">
<select id="namespace" aria-label="namespace"><option value="">every namespace</option></select>
<select id="component" aria-label="component"><option value="">every component</option></select>
<select id="grouping" aria-label="group by"><option value="control">by control</option><option value="object">by object</option><option value="namespace">by namespace</option></select>
<button id="open" type="button">Open all</button><button id="close" type="button">Close all</button><button id="clear" type="button">Clear filters</button>
</div>
<noscript><p class="incomplete">The list of findings needs scripts. The report in JSON, CSV or Markdown does not.</p></noscript>
<p id="count" role="status"></p>
<div id="groups"></div>
<p id="none" hidden>No finding matches these filters.</p>
`;
}

function* evidence(judgement: Judgement): Generator<string> {
  const { gaps, errors, inputs } = judgement;
  const skipped = sortSkipped(inputs.skipped).filter(({ bucket }) => bucket !== 'not-applicable');
  const rows = [
    ...sortErrors(errors).map(({ control, subject, error }) => [
      'control error',
      `${control.id} on ${objectName(subject.object)}`,
      errorText(error),
    ]),
    ...sortGaps(gaps).map(({ code, what, reason, hint }) => [code, what, withHint(reason, hint)]),
    ...skipped.map(({ bucket, file, reason, hint }) => [bucket, file, withHint(reason, hint)]),
    ...sortGaps(unreadIn(judgement)).map(({ what, reason, hint }) => ['not read', what, withHint(reason, hint)]),
  ];
  if (rows.length === 0) return;
  yield '<h2 id="evidence">Not judged</h2>\n<table class="evidence"><thead><tr><th>why</th><th>what</th><th>reason</th></tr></thead><tbody>\n';
  for (const cells of rows) yield row(cells.map(text));
  yield '</tbody></table>\n';
}

function* benchmarkTable(judgement: Judgement, { edition, reasons }: ChosenEdition): Generator<string> {
  yield `<h2>${text(edition.title)}</h2>\n`;
  for (const reason of reasons) yield `<p class="note">${text(sentence(reason))}</p>\n`;
  yield '<table class="benchmark"><thead><tr><th>row</th><th>requirement</th><th>answered</th><th>state</th></tr></thead><tbody>\n';
  let section: string | undefined;
  for (const { check, state } of benchmarkResults(edition, judgement)) {
    if (check.section !== undefined && check.section !== section) {
      yield `<tr><th colspan="4" scope="rowgroup">${text(check.section)}</th></tr>\n`;
    }
    section = check.section;
    const why = check.reason === undefined ? '' : `<p class="note">${text(sentence(check.reason))}</p>`;
    const stateMark = `<span class="state-${state.kind}">${state.kind}</span>`;
    yield row([text(check.id), text(check.title) + why, answeredBy(check), stateMark]);
  }
  yield '</tbody></table>\n';
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>\n`;
}

function withHint(reason: string, hint: string | undefined): string {
  return hint === undefined ? reason : `${sentence(reason)} ${hint}`;
}

/** The data as JSON in pieces. Inside a script element only `<` could end it, or begin a comment. */
function* dataText(judgement: Judgement, benchmarks: readonly ChosenEdition[]): Generator<string> {
  const controlIndex = new Map<AnyControl, number>();
  const objectIndex = new Map<KubeObject, number>();
  const findings = sortFindings(judgement.findings);
  for (const { control, owner } of findings) {
    if (!controlIndex.has(control)) controlIndex.set(control, controlIndex.size);
    if (!objectIndex.has(owner)) objectIndex.set(owner, objectIndex.size);
  }
  const data = {
    controls: [...controlIndex.keys()].map(controlData),
    objects: [...objectIndex.keys()].map(objectData),
    benchmarks: benchmarks.map((chosen) => benchmarkData(judgement, chosen, controlIndex)),
    findings: [],
  } satisfies ReportData;
  const text = inScript(data);
  yield text.slice(0, text.lastIndexOf(']}'));
  for (const [index, finding] of findings.entries()) {
    const record: ReportFinding = {
      control: controlIndex.get(finding.control) ?? -1,
      object: objectIndex.get(finding.owner) ?? -1,
      severity: finding.severity,
      message: visible(finding.message),
      container: visible(finding.subject.container?.name ?? ''),
      places: sortPlaces(finding.places).map((place) => {
        const { file, line, path } = locationOf(place);
        return visible(`${file}${line === undefined ? '' : `:${line}`} ${path}`.trim());
      }),
      fingerprint: fingerprint(finding),
    };
    yield `${index === 0 ? '' : ','}\n${inScript(record)}`;
  }
  yield ']}';
}

function controlData(control: AnyControl): ReportControl {
  const { id, title, why } = control;
  return { id, title, why: sentence(why), fix: remedySentences(control).join(' ') };
}

function objectData({ kind, name, namespace = '' }: KubeObject): ReportObject {
  return { kind: visible(kind), name: name === '' ? '(no name)' : visible(name), namespace: visible(namespace) };
}

function benchmarkData(
  judgement: Judgement,
  { edition }: ChosenEdition,
  controlIndex: ReadonlyMap<AnyControl, number>,
): ReportBenchmark {
  const byId = new Map([...controlIndex].map(([{ id }, index]) => [id, index]));
  return {
    id: edition.id,
    title: edition.title,
    checks: benchmarkResults(edition, judgement).map(({ check, state }) => ({
      id: check.id,
      title: check.title,
      state: state.kind,
      controls: check.controls.flatMap((id) => byId.get(id) ?? []),
    })),
  };
}

function inScript(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** Text from the input between tags or in an attribute's quotes. */
function text(raw: string): string {
  return visible(raw)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}
