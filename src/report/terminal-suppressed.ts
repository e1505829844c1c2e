import type { Judgement } from '../engine/judge.ts';
import { scoreOf } from '../engine/score.ts';
import type { Suppressed } from '../engine/suppressed.ts';
import { locationOf } from './location.ts';
import { counted, objectName } from './names.ts';
import { sortNotices, sortSuppressed } from './order.ts';
import { scoreWords } from './score-words.ts';
import { suppressedWords, suppressionWords } from './suppressed-words.ts';
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
    text: `${control.id}: ${visibleShort(message, longestText)}; ${visibleShort(suppressionWords(by), longestText)}`,
  };
}

/** How many findings do not count, and why. */
export function suppressedLines(judgement: Judgement, page: Page): string[] {
  const { suppressed = [], baseline, notices = [] } = judgement;
  const unmatched = notices.filter(({ kind }) => kind === 'unmatched').length;
  const words = suppressedWords(judgement);
  const parts = [
    ...(words === undefined ? [] : [visible(words)]),
    ...(unmatched === 0 ? [] : [`${counted(unmatched, 'exception')} of objects that were not judged`]),
  ];
  if (parts.length === 0) return [];
  const isHidden = page.suppressed !== 'shown' && suppressed.length + unmatched > 0;
  const more = isHidden ? `; ${unbroken('--show-suppressed')} lists them` : '';
  const { proseWidth: width } = page;
  const notice = baseline?.notice === undefined ? [] : wrap(visible(baseline.notice), { width });
  return [...wrap(`${parts.join(', ')}${more}`, { width }), ...notice];
}

/** How things stand, and how much of it could be seen; nothing where everything passes, and was seen. */
export function scoreLine(judgement: Judgement, page: Page): string[] {
  const score = scoreOf(judgement);
  if (score.score === 100 && score.coverage === 100) return [];
  const words = scoreWords(score);
  return words === undefined ? [] : wrap(words, { width: page.proseWidth });
}
