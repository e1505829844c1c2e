const named: ReadonlyMap<string, number> = new Map([
  ['@yearly', 366 * 24],
  ['@annually', 366 * 24],
  ['@monthly', 31 * 24],
  ['@weekly', 7 * 24],
  ['@daily', 24],
  ['@midnight', 24],
  ['@hourly', 1],
]);

/**
 * The longest time between two runs of a cron schedule, in hours. Undefined for what is no schedule, and for one that
 * runs less than once in four years. Fields as robfig/cron reads them: minute, hour, day of month, month, day of week.
 */
export function longestCronGap(text: string): number | undefined {
  const schedule = text.trim().replace(/^(?:CRON_TZ|TZ)=\S+\s+/, '');
  const known = named.get(schedule.toLowerCase());
  if (known !== undefined) return known;
  const every = /^@every\s+(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(schedule);
  if (every !== null) {
    const [hours = 0, minutes = 0, seconds = 0] = every.slice(1).map((part) => Number(part ?? 0));
    const total = hours + minutes / 60 + seconds / 3600;
    return total > 0 ? total : undefined;
  }
  const [minutes, hours, days, months, weekdays, ...more] = schedule.split(/\s+/).map((field, index) => {
    const [first, last, names] = bounds[index] ?? [0, 0, []];
    return readField(field, { first, last, names });
  });
  if (!minutes || !hours || !days || !months || !weekdays || more.length > 0) return undefined;
  const times = [...hours.values].flatMap((hour) => [...minutes.values].map((minute) => hour + minute / 60));
  times.sort((a, b) => a - b);
  return longestGap(times, (date) => {
    if (!months.values.has(date.getUTCMonth() + 1)) return false;
    const [isDay, isWeekday] = [days.values.has(date.getUTCDate()), weekdays.values.has(date.getUTCDay())];
    // Where both are limited either is enough.
    return days.isAny || weekdays.isAny ? isDay && isWeekday : isDay || isWeekday;
  });
}

const monthNames = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const bounds: readonly (readonly [first: number, last: number, names: readonly string[]])[] = [
  [0, 59, []],
  [0, 23, []],
  [1, 31, []],
  [1, 12, monthNames],
  [0, 7, dayNames],
];

interface Field {
  readonly values: ReadonlySet<number>;
  readonly isAny: boolean;
}

interface Bounds {
  readonly first: number;
  readonly last: number;
  readonly names: readonly string[];
}

function readField(field: string, { first, last, names }: Bounds): Field | undefined {
  const values = new Set<number>();
  const isOfWeek = last === 7;
  let isAny = false;
  for (const part of field.toLowerCase().split(',')) {
    const match = /^(\*|\?|[a-z0-9]{1,3})(?:-([a-z0-9]{1,3}))?(?:\/(\d{1,3}))?$/.exec(part);
    if (match === null) return undefined;
    const [, from = '', to, by] = match;
    const step = by === undefined ? 1 : Number(by);
    const isStar = from === '*' || from === '?';
    if (step === 0 || (isStar && to !== undefined)) return undefined;
    if (isStar && step === 1) isAny = true;
    const start = isStar ? first : numberOf(from, names);
    const open = isStar || by !== undefined ? (isOfWeek ? 6 : last) : start;
    const end = to === undefined ? open : numberOf(to, names);
    if (!(start >= first && end <= last && start <= end)) return undefined;
    for (let value = start; value <= end; value += step) values.add(isOfWeek ? value % 7 : value);
  }
  return { values, isAny };
}

function numberOf(text: string, names: readonly string[]): number {
  return /^\d+$/.test(text) ? Number(text) : names.indexOf(text);
}

const dayMs = 24 * 3600 * 1000;

function longestGap(times: readonly number[], isRunOn: (date: Date) => boolean): number | undefined {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  let longest = 0;
  for (const [index, time] of times.entries()) longest = Math.max(longest, time - (times[index - 1] ?? time));
  let before: number | undefined;
  let runs = 0;
  // Five years hold a leap day and every way in which days of the month and of the week meet.
  const start = Date.UTC(2023, 0, 1);
  for (let day = 0; day < 5 * 366; day += 1) {
    if (!isRunOn(new Date(start + day * dayMs))) continue;
    runs += 1;
    if (before !== undefined) longest = Math.max(longest, (day - before) * 24 - last + first);
    before = day;
  }
  return runs < 2 ? undefined : longest;
}
