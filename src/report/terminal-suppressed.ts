import type { Judgement } from '../engine/judge.ts';
import { scoreOf } from '../engine/score.ts';
import type { Suppressed } from '../engine/suppressed.ts';
import { locationOf } from './location.ts';
import { counted, objectName } from './names.ts';
import { sortNotices, sortSuppressed } from './order.ts';
import { listBlock } from './terminal-account.ts';
import type { Page } from './terminal-page.ts';
import { unbroken, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

/** Longest message and reason that is printed whole. */
const longestText = 400;

/** The findings that do not count, where they are asked for, and what is to be said of exceptions. A block a list. */
export function suppressedBlocks({ suppressed = [], notices = [] }: Judgement, page: Page): string[][] {
  const shown = page.suppressed === 'shown' ? sortSuppressed(suppressed) : [];
  const listed = notices.filter(({ kind }) => kind !== 'unmatched' || page.suppressed === 'shown');
  return [
    listBlock(`Not counted: ${counted(shown.length, 'finding')}`, {
      items: shown.map(suppressedItem),
      page: { ...page, detail: 'full' },
    }),
    listBlock(`Not in order: ${counted(listed.length, 'exception')}`, {
      items: sortNotices(listed).map(({ place, message }) => ({ place, text: message })),
      page,
    }),
  ].filter((lines) => lines.length > 0);
}

function suppressedItem({ finding, by }: Suppressed): { place: string; text: string } {
  const { owner, places, control, message } = finding;
  const location = places[0] && locationOf(places[0]);
  const line = location?.line === undefined ? '' : `:${location.line}`;
  const isLive = location === undefined || location.source === 'cluster';
  return {
    place: isLive ? objectName(owner) : `${location.file}${line}`,
    text: `${control.id}: ${visibleShort(message, longestText)}; ${whyNot(by)}`,
  };
}

function whyNot(by: Suppressed['by']): string {
  if (by.kind === 'baseline') return `in the baseline ${by.file}`;
  const { reason, owner, expires, origin } = by.exception;
  const parts = [
    ...(reason === '' ? [] : [visibleShort(reason, longestText)]),
    ...(owner === '' ? [] : [visibleShort(owner, longestText)]),
    ...(expires === undefined ? [] : [`until ${expires}`]),
    origin.place,
  ];
  return `accepted: ${parts.join(', ')}`;
}

const bearers = {
  configuration: 'by the configuration',
  annotation: 'in annotations',
  comment: 'in comments',
  peer: 'in annotations for other scanners',
} as const;

/** How many findings do not count, and why. */
export function suppressedLines({ suppressed = [], baseline, notices = [] }: Judgement, page: Page): string[] {
  const parts: string[] = [];
  const unmatched = notices.filter(({ kind }) => kind === 'unmatched').length;
  const accepted = suppressed.flatMap(({ by }) => (by.kind === 'exception' ? [by.exception.origin.by] : []));
  if (accepted.length > 0) {
    const byBearer = Object.entries(bearers).flatMap(([by, words]) => {
      const count = accepted.filter((bearer) => bearer === by).length;
      return count === 0 ? [] : [`${count} ${words}`];
    });
    parts.push(`${counted(accepted.length, 'finding')} accepted and not counted (${byBearer.join(', ')})`);
  }
  if (baseline !== undefined) {
    const gone = baseline.gone === 0 ? '' : ` (${baseline.gone} of it are gone)`;
    parts.push(`${counted(baseline.known, 'finding')} not counted for the baseline ${visible(baseline.file)}${gone}`);
  }
  if (unmatched > 0) parts.push(`${counted(unmatched, 'exception')} of objects that were not judged`);
  if (parts.length === 0) return [];
  const more =
    page.suppressed === 'shown' || suppressed.length + unmatched === 0
      ? ''
      : `; ${unbroken('--show-suppressed')} lists them`;
  const notice = baseline?.notice === undefined ? [] : wrap(visible(baseline.notice), { width: page.proseWidth });
  return [...wrap(`${parts.join(', ')}${more}`, { width: page.proseWidth }), ...notice];
}

/** How things stand, and how much of it could be seen. */
export function scoreLine(judgement: Judgement, page: Page): string[] {
  const { score, controls, coverage, decided, due } = scoreOf(judgement);
  if (score === undefined || coverage === undefined) return [];
  const what = `the share of subjects that pass, over ${counted(controls, 'control')} by severity`;
  const seen = `coverage ${coverage}%: ${decided} of ${counted(due, 'verdict')} reached`;
  return wrap(`Score ${score} of 100 (${what}), ${seen}`, { width: page.proseWidth });
}
