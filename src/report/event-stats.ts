import { shortResource, shortUser } from './event-names.ts';
import { eventTime } from './event-time.ts';
import { type Cell, StreamColumns } from './stream-columns.ts';
import type { Style } from './style.ts';
import { visibleShort } from './visible.ts';

export interface EventTally {
  readonly key: readonly string[];
  readonly count: number;
  readonly denied: number;
  readonly failed: number;
  /** In milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

export interface EventTable {
  readonly by: readonly string[];
  readonly rows: readonly EventTally[];
  /** How many different keys there were, at least. */
  readonly different: number;
  /** By how much counts may be too low; 0 where they are exact. */
  readonly shortBy: number;
}

export interface EventStats {
  /** Undefined where no event matched. */
  readonly total: EventTally | undefined;
  readonly tables: readonly EventTable[];
}

/** Tables for people. */
export function eventStatsText({ total, tables }: EventStats, look: { style: Style; width: number }): string {
  if (total === undefined) return 'No request matches.\n';
  const { count, denied, failed, first, last } = total;
  const seconds = (last - first) / 1000;
  const rate = seconds < 1 ? '' : `, ${perSecond(count / seconds)} a second`;
  const requests = count === 1 ? '1 request' : `${grouped(count)} requests`;
  const head = `${requests}: ${grouped(denied)} denied, ${grouped(failed)} failed\n`;
  const span = `from ${shortest(first)} to ${shortest(last)}${rate}\n`;
  return [head, span, ...tables.map((table) => `\n${tableText(table, { ...look, total: count })}`)].join('');
}

interface Look {
  readonly style: Style;
  readonly width: number;
  readonly total: number;
}

const titles = ['COUNT', 'SHARE', 'DENIED', 'FAILED'] as const;

function tableText({ by, rows, different, shortBy }: EventTable, { style, width, total }: Look): string {
  const numbers = rows.map(({ count, denied, failed }) => [
    grouped(count),
    percent(count, total),
    denied === 0 ? '-' : grouped(denied),
    failed === 0 ? '-' : grouped(failed),
  ]);
  const widths = titles.map((title, at) =>
    numbers.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), title.length),
  );
  const columns = new StreamColumns({
    columns: [
      ...titles.map((title, at) => ({ title: title.padStart(widths[at] ?? 0), widest: widths[at] ?? 0 })),
      ...by.map((name) => ({ title: name.toUpperCase(), widest: 80, gives: 1, narrowest: 12 })),
    ],
    width,
    header: style.strong,
  });
  let text = '';
  for (const [index, { key, denied }] of rows.entries()) {
    const cells: Cell[] = (numbers[index] ?? []).map((number, at) => ({
      text: number.padStart(widths[at] ?? 0),
      style: at === 2 && denied > 0 ? style.alarming : undefined,
    }));
    text += columns.add([
      ...cells,
      ...key.map((part, at) => ({ text: visibleShort(briefly(by[at], part), 300) || '-' })),
    ]);
  }
  text += columns.flush();
  const more = different - rows.length;
  if (more > 0) text += style.faint(`and ${grouped(more)} more${shortBy > 0 ? ' at least' : ''}\n`);
  if (shortBy > 0)
    text += style.faint(`too many to count them all: a count may be too low by up to ${grouped(shortBy)}\n`);
  return text;
}

function briefly(name: string | undefined, text: string): string {
  if (name === 'user') return shortUser(text);
  return name === 'resource' ? shortResource(text) : text;
}

function shortest(time: number): string {
  return eventTime(time).replace(/\.\d+Z$/, 'Z');
}

function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  return share > 0 && share < 0.1 ? '<0.1%' : `${share.toFixed(1)}%`;
}

function perSecond(rate: number): string {
  return rate >= 10 ? grouped(Math.round(rate)) : rate.toFixed(rate >= 1 ? 1 : 3);
}

/** The same as data. Times are RFC 3339. */
export function eventStatsJson({ total, tables }: EventStats): string {
  const row = ({ key: _key, first, last, ...counts }: EventTally): object => ({
    ...counts,
    first: eventTime(first),
    last: eventTime(last),
  });
  const out = {
    total: total === undefined ? { count: 0, denied: 0, failed: 0 } : row(total),
    tables: tables.map(({ by, rows, different, shortBy }) => ({
      by,
      different,
      shortBy,
      rows: rows.map((tally) => ({
        key: Object.fromEntries(by.map((name, at) => [name, tally.key[at] ?? ''])),
        ...row(tally),
      })),
    })),
  };
  return `${JSON.stringify(out, null, 2)}\n`;
}
