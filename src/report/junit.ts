import type { AnyControl } from '../controls/control.ts';
import type { Finding } from '../engine/finding.ts';
import { fingerprint } from '../engine/fingerprint.ts';
import type { Judgement } from '../engine/judge.ts';
import { scoreOf } from '../engine/score.ts';
import type { Suppressed } from '../engine/suppressed.ts';
import { groupBy } from './group-by.ts';
import { compareText, locationOf } from './location.ts';
import { objectName } from './names.ts';
import { sortErrors, sortFindings, sortGaps, sortPlaces, sortSuppressed } from './order.ts';
import { remedySentences } from './remedy.ts';
import { errorText } from './summary.ts';
import { suppressionWords } from './suppressed-words.ts';
import { tool } from './tool.ts';
import { xmlAttribute, xmlText } from './xml.ts';

/**
 * JUnit's XML as build servers read it: a test suite a component, a test case a finding, and one for each control that
 * had something to judge and found nothing wrong (skipped where it could not be decided). What could not be read is a suite of errors, since a build
 * must not be green for want of evidence.
 */
export function* junit(judgement: Judgement): Generator<string> {
  const found = groupBy(sortFindings(judgement.findings), ({ control }) => control);
  const failed = groupBy(sortErrors(judgement.errors), ({ control }) => control);
  const leftOutOf = groupBy(sortSuppressed(judgement.suppressed ?? []), ({ finding }) => finding.control);
  const controls = judgement.controls.toSorted((a, b) => compareText(a.id, b.id));
  const suites = [...groupBy(controls, ({ id }) => id.slice(0, id.indexOf('/')))]
    .map(([name, members]) =>
      suite(
        name,
        members.flatMap((control) =>
          cases(control, {
            coverage: judgement.coverage,
            findings: found.get(control) ?? [],
            suppressed: leftOutOf.get(control) ?? [],
            errors: failed.get(control) ?? [],
          }),
        ),
      ),
    )
    .filter(({ counts }) => counts.tests > 0);
  const gaps = [
    ...sortGaps(judgement.gaps).map(({ what, reason }) => ({ what, reason })),
    ...judgement.inputs.skipped
      .filter(({ bucket }) => bucket === 'unparsable')
      .map(({ file, reason }) => ({ what: file, reason })),
  ];
  if (gaps.length > 0) suites.push(suite('evidence', gaps.map(gapCase)));
  const totals = { tests: 0, failures: 0, errors: 0, skipped: 0 };
  for (const { counts } of suites) {
    for (const key of ['tests', 'failures', 'errors', 'skipped'] as const) totals[key] += counts[key];
  }
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites name=${xmlAttribute(tool.name)}${countAttributes(totals)}>\n`;
  // Build servers read properties of a suite, and none of all suites: the first one has those of the whole scan.
  for (const [index, { lines }] of suites.entries()) {
    const [open = '', ...rest] = lines;
    yield open;
    if (index === 0) yield scoreProperties(judgement);
    yield* rest;
  }
  yield '</testsuites>\n';
}

function scoreProperties(judgement: Judgement): string {
  const { score, coverage } = scoreOf(judgement);
  if (score === undefined || coverage === undefined) return '';
  const property = (name: string, value: number) => `      <property name="${name}" value="${value}"/>\n`;
  return `    <properties>\n${property('bulwark.score', score)}${property('bulwark.coverage', coverage)}    </properties>\n`;
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
}

interface Case {
  readonly outcome: 'passed' | 'failures' | 'errors' | 'skipped';
  readonly text: string;
}

function suite(name: string, members: readonly Case[]): { readonly counts: Counts; readonly lines: readonly string[] } {
  const count = (outcome: Case['outcome']) => members.filter((each) => each.outcome === outcome).length;
  const counts = {
    tests: members.length,
    failures: count('failures'),
    errors: count('errors'),
    skipped: count('skipped'),
  };
  const open = `  <testsuite name=${xmlAttribute(name)}${countAttributes(counts)}>\n`;
  return { counts, lines: [open, ...members.map(({ text }) => text), '  </testsuite>\n'] };
}

function countAttributes({ tests, failures, errors, skipped }: Counts): string {
  return ` tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
}

interface Outcomes {
  readonly coverage: Judgement['coverage'];
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  readonly errors: Judgement['errors'];
}

function cases(control: AnyControl, { coverage, findings, suppressed, errors }: Outcomes): readonly Case[] {
  const told: Case[] = [
    ...suppressed.map((each) => leftOut(control, each)),
    ...findings.map((finding) => failure(control, finding)),
    ...errors.map(({ subject, error }) => ({
      outcome: 'errors' as const,
      text: testCase(control.id, {
        name: `${control.title}: ${objectName(subject.object)}`,
        body: `<error message=${xmlAttribute(errorText(error))}/>`,
      }),
    })),
  ];
  if (told.length > 0) return told;
  const { pass = 0, unknown = 0, manual = 0 } = coverage.get(control) ?? {};
  if (pass > 0 && unknown === 0 && manual === 0) {
    return [{ outcome: 'passed', text: testCase(control.id, { name: control.title, body: '' }) }];
  }
  // Nothing there that it could judge.
  if (unknown === 0 && manual === 0) return [];
  const why = unknown > 0 ? 'evidence is missing' : 'a person has to decide it';
  const body = `<skipped message=${xmlAttribute(why)}/>`;
  return [{ outcome: 'skipped', text: testCase(control.id, { name: control.title, body }) }];
}

/** Accepted, or in the baseline: there to be seen, and no failure. */
function leftOut(control: AnyControl, { finding, by }: Suppressed): Case {
  const { owner, message, subject } = finding;
  const container = subject.container === undefined ? '' : ` container ${subject.container.name}`;
  const name = `${control.title}: ${objectName(owner)}${container} [${fingerprint(finding).slice(0, 8)}]`;
  const body = `<skipped message=${xmlAttribute(`${message}; ${suppressionWords(by)}`)}/>`;
  return { outcome: 'skipped', text: testCase(control.id, { name, body }) };
}

function failure(control: AnyControl, finding: Finding): Case {
  const { owner, message, severity, subject, places } = finding;
  const container = subject.container === undefined ? '' : ` container ${subject.container.name}`;
  const locations = sortPlaces(places).map(locationOf);
  const [first] = locations;
  const at = locations.map(({ file, line, path }) => `${file}${line === undefined ? '' : `:${line}`} ${path}`.trim());
  const lines = [message, ...at.map((place) => `at ${place}`), control.why, ...remedySentences(control)];
  const body = `<failure type=${xmlAttribute(severity)} message=${xmlAttribute(message)}>${lines.map(xmlText).join('\n')}</failure>`;
  const name = `${control.title}: ${objectName(owner)}${container} [${fingerprint(finding).slice(0, 8)}]`;
  const file = first === undefined || first.source !== 'file' ? undefined : first;
  return {
    outcome: 'failures',
    text: testCase(control.id, {
      name,
      body,
      ...(file !== undefined && { file: file.file, ...(file.line !== undefined && { line: file.line }) }),
    }),
  };
}

function gapCase({ what, reason }: { readonly what: string; readonly reason: string }): Case {
  const body = `<error message=${xmlAttribute(reason)}/>`;
  return { outcome: 'errors', text: testCase('evidence', { name: what, body }) };
}

function testCase(
  classname: string,
  { name, body, file, line }: { name: string; body: string; file?: string; line?: number },
): string {
  const place = `${file === undefined ? '' : ` file=${xmlAttribute(file)}`}${line === undefined ? '' : ` line="${line}"`}`;
  const open = `    <testcase classname=${xmlAttribute(classname)} name=${xmlAttribute(name)}${place}`;
  return body === '' ? `${open}/>\n` : `${open}>${body}</testcase>\n`;
}
