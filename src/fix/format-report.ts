import { groupBy } from '../report/group-by.ts';
import { counted, objectName } from '../report/names.ts';
import { visible, visibleShort } from '../report/visible.ts';
import type { FixReport } from './apply.ts';
import type { LeftCause, LeftFinding } from './plan.ts';

/** The diffs of all files as one patch, for `patch -p1` or `git apply`; empty where nothing would change. */
export function formatPatch(report: FixReport): string {
  return report.files.map(({ diff }) => diff).join('');
}

/** What was mended, file by file, and what was not and how to get it mended: for people. Ends in a line break. */
export function formatFixReport(report: FixReport): string {
  const lines: string[] = [];
  for (const { file, mended } of report.files) {
    const done = report.mode === 'write' ? 'mended' : 'would be mended';
    lines.push(`${visible(file)}: ${counted(mended.length, 'finding')} ${done}`);
    for (const { control, message } of mended) lines.push(`  ${control.id}: ${visibleShort(message, 300)}`);
  }
  if (report.files.length === 0) lines.push(nothingDone(report.left));
  else if (report.mode === 'diff')
    lines.push(`${counted(report.files.length, 'file')} would change; nothing was written.`);
  const left = leftLines(report.left);
  if (left.length > 0) lines.push('', 'Not mended:', ...left.map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
}

/** Whether somebody has decided that it stays: nothing is left to do about it. */
export function isDecided({ cause }: LeftFinding): boolean {
  return cause === 'excepted' || cause === 'turned-off';
}

function nothingDone(left: readonly LeftFinding[]): string {
  if (left.length === 0) return 'Nothing to mend was found; no file was changed.';
  return `Nothing was mended: ${findings(left)} left, for the reasons below. No file was changed.`;
}

/** In the order in which a person can do something about them. */
function leftLines(left: readonly LeftFinding[]): string[] {
  const byCause = groupBy(left, ({ cause }) => cause);
  const lines: string[] = [];
  const add = (cause: LeftCause, describe: (these: readonly LeftFinding[]) => readonly string[]) => {
    const these = byCause.get(cause);
    if (these !== undefined) lines.push(...describe(these));
  };
  add('excepted', (these) => [
    `${findings(these)} that exceptions cover, or whose fix would change what they cover (${placesOf(these)})`,
  ]);
  add('turned-off', (these) => [
    `${findings(these)} of controls that the configuration leaves out (${controlsOf(these)})`,
  ]);
  add('may-break', (these) => [
    `${findings(these)} with a fix that may stop a workload, which --safe leaves out (${controlsOf(these)})`,
  ]);
  add('file', (these) =>
    [...groupBy(these, ({ place, detail }) => `${place.object.source.file}\n${detail}`).values()].map((same) => {
      const [first] = same;
      return `${visible(first?.place.object.source.file ?? '')} was left alone: ${visibleShort(first?.detail ?? '', 300)} (${findings(same)})`;
    }),
  );
  add('refused', (these) =>
    these.map(({ finding, place, detail }) => {
      // No line: those of the mended text are not those of the file that a dry run leaves as it is.
      const where = `${visible(place.object.source.file)}: ${visibleShort(objectName(place.object), 100)}`;
      return `${where}: ${finding.control.id}: ${visibleShort(detail ?? 'the text does not allow it', 300)}`;
    }),
  );
  add('rendered', (these) =>
    [...groupBy(these, ({ detail }) => detail ?? '')].map(
      ([from, same]) => `${findings(same)} in rendered output: change ${visible(from)}`,
    ),
  );
  add('not-a-file', (these) => [`${findings(these)} in what is no file: standard input, or objects of a cluster`]);
  add('needs-a-person', (these) => [
    `${findings(these)} that need a person: "bulwark explain CONTROL" says what to do (${controlsOf(these)})`,
  ]);
  return lines;
}

function findings(left: readonly LeftFinding[]): string {
  return counted(distinct(left), 'finding');
}

/** Findings, however many places each has. */
function distinct(left: readonly LeftFinding[]): number {
  return new Set(left.map(({ finding }) => finding)).size;
}

/** Most controls, or places of exceptions, that are named. */
const maxNamed = 5;

/** Where the exceptions stand. */
function placesOf(left: readonly LeftFinding[]): string {
  const places = [...new Set(left.map(({ detail = '' }) => detail))];
  const named = places.slice(0, maxNamed).map((place) => visibleShort(place, 200));
  const more = places.length - named.length;
  return more > 0 ? `${named.join('; ')}; and ${counted(more, 'other place')}` : named.join('; ');
}

/** `pods/privileged 3, pods/host-pid 1`, those with most findings first. */
function controlsOf(left: readonly LeftFinding[]): string {
  const byControl = [...groupBy(left, ({ finding }) => finding.control.id)];
  const sorted = byControl.sort(([a, these], [b, those]) => distinct(those) - distinct(these) || (a < b ? -1 : 1));
  const named = sorted.slice(0, maxNamed).map(([id, these]) => `${id} ${distinct(these)}`);
  const more = sorted.length - named.length;
  return more > 0 ? `${named.join(', ')}, and ${counted(more, 'other control')}` : named.join(', ');
}
