import type { ComparedFinding, Comparison } from '../engine/comparison.ts';
import { counted } from './names.ts';
import type { ReportOptions } from './report-format.ts';
import { type Page, pageOf } from './terminal-page.ts';
import { unbroken, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

const longestMessage = 400;

/** The comparison for a person: what is new first, and the counts last. */
export function comparisonText(comparison: Comparison, options: ReportOptions): string {
  const page = pageOf(options);
  const { added, gone, changed, incomparable } = comparison;
  const blocks = [
    list('New', { items: added.map((finding) => ({ finding })), page }),
    list('Of another severity', {
      items: changed.map(({ finding, was }) => ({ finding, note: `, was ${was}` })),
      page,
    }),
    list('Gone', { items: gone.map((finding) => ({ finding })), page }),
    list('Not comparable: the control ran on one side alone', {
      items: incomparable.map((finding) => ({ finding, note: ` (${finding.side})` })),
      page,
    }),
  ];
  const lines = [
    ...blocks.filter((block) => block.length > 0).flatMap((block) => [...block, '']),
    ...summary(comparison, page),
  ];
  return `${lines.join('\n')}\n`;
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
  const parts = [
    `${added.length} new`,
    `${gone.length} gone`,
    ...(changed.length > 0 ? [`${changed.length} of another severity`] : []),
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
