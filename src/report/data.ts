import { ageInDays, type DataSet, dataState } from '../engine/data-sets.ts';
import { jsonText } from './rbac-json.ts';
import { padEnd, wrap } from './text-width.ts';

const titles = ['DATA', 'AS OF', 'AGE', 'STATE', 'OF'] as const;

/** The data sets for people: of which day each is, and what that means on the day `now`. */
export function dataTable(
  sets: readonly DataSet[],
  { now, width }: { readonly now: string; readonly width: number },
): string {
  const rows = sets.map((set) => [set.id, set.asOf, ageText(set, now), dataState(set, now), set.about]);
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : padEnd(cell, widths[column] ?? 0))).join('  ');
  const notes = sets.flatMap((set) => {
    const state = dataState(set, now);
    if (state === 'stale')
      return [`${set.id} is too old: a pass that rests on it is a gap of the scan, and exit code 3.`];
    if (state !== 'aging') return [];
    const until = set.gapAfter === undefined ? '' : `; from ${set.gapAfter} days on a pass that rests on it is a gap`;
    return [`${set.id} is getting old, and scans say so${until}.`];
  });
  const prose = notes.flatMap((note) => wrap(note, { width: Math.min(width, 100) }));
  const advice = notes.length === 0 ? [] : ['', ...prose, 'Newer data comes with a newer version of Bulwark.'];
  return `${[line(titles), ...rows.map(line), ...advice].join('\n')}\n`;
}

function ageText(set: DataSet, now: string): string {
  const age = ageInDays(set, now);
  if (age === undefined) return '-';
  return age === 1 ? '1 day' : `${age} days`;
}

/** The same for machines, with the sources. `now` is RFC 3339. */
export function dataJson(sets: readonly DataSet[], now: string): string {
  return jsonText({
    schema: 'bulwark.data/v1',
    now,
    sets: sets.map((set) => ({
      id: set.id,
      about: set.about,
      asOf: set.asOf,
      ageDays: ageInDays(set, now) ?? null,
      state: dataState(set, now),
      noticeAfterDays: set.noticeAfter ?? null,
      gapAfterDays: set.gapAfter ?? null,
      sources: set.sources,
      controls: set.controls,
    })),
  });
}
