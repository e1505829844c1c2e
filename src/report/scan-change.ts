import type { Finding } from '../engine/finding.ts';
import { compareSeverity } from '../model/severity.ts';
import { locationOf } from './location.ts';
import { counted, objectName } from './names.ts';
import { sortPlaces } from './order.ts';
import type { Style } from './style.ts';
import { visible, visibleShort } from './visible.ts';

/** What a change did. */
export interface ScanChange {
  /** The file that changed; undefined where everything was read again. */
  readonly file: string | undefined;
  readonly appeared: readonly Finding[];
  readonly gone: readonly Finding[];
  /** Why the file could not be judged as it stands. */
  readonly problems: readonly string[];
  /** From the notice of the change to the verdict. */
  readonly milliseconds: number;
}

/** Findings of each kind before the rest is counted. */
const shown = 20;

/** A line for the change, and a line for each finding that came or went. `clock` is `18:40:12`. */
export function scanChangeText(change: ScanChange, { style, clock }: { style: Style; clock: string }): string {
  const { file, appeared, gone, problems, milliseconds } = change;
  const parts = [
    ...(appeared.length > 0 ? [style.alarming(`${appeared.length} new`)] : []),
    ...(gone.length > 0 ? [style.good(`${gone.length} gone`)] : []),
    ...(problems.length > 0 ? [style.alarming(counted(problems.length, 'problem'))] : []),
  ];
  const what = file === undefined ? 'everything judged again' : visible(file);
  const sum = parts.length === 0 ? 'no change' : parts.join(', ');
  return [
    `${style.faint(clock)}  ${style.strong(what)}: ${sum} ${style.faint(`(${Math.round(milliseconds)} ms)`)}\n`,
    ...problems.map((problem) => `  ! ${visibleShort(problem, 300)}\n`),
    ...findingLines('+', appeared, style),
    ...findingLines('-', gone, style),
  ].join('');
}

function findingLines(mark: '+' | '-', findings: readonly Finding[], style: Style): string[] {
  const gravest = findings.toSorted((a, b) => compareSeverity(b.severity, a.severity));
  const lines = gravest.slice(0, shown).map((finding) => {
    const { control, severity, owner, message, places } = finding;
    const [place] = sortPlaces(places);
    const at = place === undefined ? undefined : locationOf(place);
    // What is gone stands on no line any more.
    const where = at === undefined || mark === '-' ? '' : ` (${at.file}${at.line === undefined ? '' : `:${at.line}`})`;
    const text = `${visible(objectName(owner))}: ${visibleShort(message, 200)}${visible(where)}`;
    return `  ${mark} ${style.severity(severity, severity.padEnd(8))} ${control.id}  ${mark === '-' ? style.faint(text) : text}\n`;
  });
  const rest = findings.length - lines.length;
  return rest > 0 ? [...lines, `  ${mark} and ${rest} more\n`] : lines;
}
