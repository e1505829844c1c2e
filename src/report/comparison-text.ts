import type { ComparedFinding, Comparison } from '../engine/comparison.ts';
import type { Worsening } from '../engine/finding-record.ts';
import { incomparableWords } from './compared-run.ts';
import { counted } from './names.ts';
import type { ReportOptions } from './report-format.ts';
import { type Page, pageOf } from './terminal-page.ts';
import { unbroken, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';
import { worseningWords } from './worsening-words.ts';

const longestMessage = 400;

/** The comparison for a person: what is new first, and the counts last. */
export function comparisonText(comparison: Comparison, options: ReportOptions): string {
  const page = pageOf(options);
  const { added, gone, changed, incomparable } = comparison;
  const blocks = [
    list('New', { items: added.map((finding) => ({ finding })), page }),
    list('Worse than before', {
      items: changed.flatMap(({ finding, worse }) => (worse ? [{ finding, note: `, ${noteOf(worse)}` }] : [])),
      page,
    }),
    list('Lighter than before', {
      items: changed.flatMap(({ finding, was, worse }) => (worse ? [] : [{ finding, note: `, was ${was}` }])),
      page,
    }),
    list('Gone', { items: gone.map((finding) => ({ finding })), page }),
    ...(['control', 'file'] as const).map((why) =>
      list(`Not comparable: ${incomparableWords[why]}`, {
        items: incomparable
          .filter((finding) => finding.why === why)
          .map((finding) => ({ finding, note: ` (${finding.side})` })),
        page,
      }),
    ),
  ];
  const lines = [
    ...blocks.filter((block) => block.length > 0).flatMap((block) => [...block, '']),
    ...summary(comparison, page),
  ];
  return `${lines.join('\n')}\n`;
}

function noteOf(worse: Worsening): string {
  return visibleShort(worseningWords(worse), longestMessage);
}

interface Item {
  readonly finding: ComparedFinding;
  readonly note?: string;
}

function list(heading: string, { items, page }: { items: readonly Item[]; page: Page }): string[] {
  if (items.length === 0) return [];
  const { style, width } = page;
  return [
    style.strong(`${heading}: ${counted(items.length, 'finding')}`),
    ...items.flatMap(({ finding, note = '' }) => {
      const { severity, control, place, object, message } = finding;
      const head = `${severity.toUpperCase()}${note}  ${unbroken(control)}`;
      const at = place === undefined ? '' : `${unbroken(visible(place))}  `;
      const text = `${at}${visibleShort(object, 260)}: ${visibleShort(message, longestMessage)}`;
      return [`  ${style.severity(severity, head)}`, ...wrap(text, { width, lead: '    ' })];
    }),
  ];
}

function summary({ before, after, added, gone, changed, kept, incomparable }: Comparison, page: Page): string[] {
  const worse = changed.filter((each) => each.worse !== undefined).length;
  const parts = [
    `${added.length} new`,
    `${gone.length} gone`,
    ...(worse > 0 ? [`${worse} worse`] : []),
    ...(changed.length > worse ? [`${changed.length - worse} lighter`] : []),
    `${kept} as before`,
    ...(incomparable.length > 0 ? [`${incomparable.length} not comparable`] : []),
  ];
  const partial = [before, after].filter(({ complete }) => !complete).map(({ name }) => visible(name));
  const { style, proseWidth: width } = page;
  return [
    ...wrap(`From ${visible(before.name)} to ${visible(after.name)}: ${parts.join(', ')}`, { width }).map(style.strong),
    ...(partial.length === 0
      ? []
      : wrap(`Incomplete: not all of ${partial.join(' and ')} could be read; scan it to see what`, { width }).map(
          style.alarming,
        )),
  ];
}
