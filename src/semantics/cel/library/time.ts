import { fail } from '../error.ts';
import { type Library, type OverloadSource, overload } from '../function.ts';
import { checkedInt } from '../int.ts';
import { Duration, Timestamp, type Value } from '../value.ts';

const second = 1_000_000_000n;
/** Date.UTC would take year 1 for 1901. */
const firstTimestamp = BigInt(new Date(0).setUTCFullYear(1, 0, 1)) * 1_000_000n;
const lastTimestamp = BigInt(Date.UTC(9999, 11, 31, 23, 59, 59)) * 1_000_000n + 999_999_999n;
const longest = 2n ** 63n - 1n;

/** A timestamp from year 1 to 9999, or an error. */
export function checkedTimestamp(nanoseconds: bigint): Timestamp {
  if (nanoseconds < firstTimestamp || nanoseconds > lastTimestamp) fail('timestamp overflow');
  return new Timestamp(nanoseconds);
}

/** A duration that fits an int64 of nanoseconds, or an error. */
export function checkedDuration(nanoseconds: bigint): Duration {
  if (nanoseconds < -longest - 1n || nanoseconds > longest) fail('duration overflow');
  return new Duration(nanoseconds);
}

const timestampPattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** RFC 3339, to the nanosecond. */
export function parseTimestamp(text: string): Timestamp {
  const bad = (): never => fail(`invalid timestamp: ${JSON.stringify(text)}`);
  const match = timestampPattern.exec(text);
  if (match === null) return bad();
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, seconds = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // The date rolls over where there is no such day.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return bad();
  if (hour > 23 || minute > 59 || seconds > 59) return bad();
  const local = BigInt(date.setUTCHours(hour, minute, seconds, 0)) * 1_000_000n;
  const fraction = BigInt((match[7] ?? '').padEnd(9, '0'));
  const [away, minutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (away > 24 || minutes > 60) return bad();
  const zone = BigInt((match[8] === '-' ? -1 : 1) * (away * 60 + minutes)) * 60n * second;
  return checkedTimestamp(local + fraction - zone);
}

/** As Go prints RFC3339Nano in UTC: no zeros at the end of the fraction. */
export function formatTimestamp({ nanoseconds }: Timestamp): string {
  const milliseconds = Number(floorDivide(nanoseconds, 1_000_000n));
  const fraction = String(modulo(nanoseconds, second)).padStart(9, '0').replace(/0+$/, '');
  const whole = new Date(milliseconds).toISOString().slice(0, 19);
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Seconds, with as many digits as are needed. */
export function formatDuration({ nanoseconds }: Duration): string {
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = String(absolute % second)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${nanoseconds < 0n ? '-' : ''}${absolute / second}${fraction === '' ? '' : `.${fraction}`}s`;
}

const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', second],
  ['m', 60n * second],
  ['h', 3600n * second],
]);

const durationPart = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;

/** As Go's time.ParseDuration: `1h30m`, `-1.5s`, `0`. */
export function parseDuration(text: string): Duration {
  const bad = (): never => fail(`invalid duration: ${JSON.stringify(text)}`);
  if (text.length > 1000) return bad();
  const sign = text.startsWith('-') ? -1n : 1n;
  const start = /^[+-]/.test(text) ? 1 : 0;
  if (text.slice(start) === '0') return new Duration(0n);
  let total = 0n;
  let offset = start;
  if (offset === text.length) return bad();
  while (offset < text.length) {
    durationPart.lastIndex = offset;
    const match = durationPart.exec(text);
    if (match === null) return bad();
    const [whole, digits = '', fraction = '', unit = ''] = match;
    const scale = units.get(unit);
    if (scale === undefined || (digits === '' && fraction === '')) return bad();
    total += BigInt(digits === '' ? 0 : digits) * scale;
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    offset += whole.length;
  }
  return checkedDuration(sign * total);
}

/** The fields of a point in time as a clock at a place shows them. */
interface LocalTime {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  /** From 0, Sunday. */
  readonly weekday: number;
  /** From 0. */
  readonly dayOfYear: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly milliseconds: number;
}

const offsetPattern = /^([+-]?)(\d{1,2}):(\d{2})$/;

function localTime({ nanoseconds }: Timestamp, zone: string): LocalTime {
  const instant = Number(floorDivide(nanoseconds, 1_000_000n));
  const local = new Date(instant + zoneOffset(instant, zone));
  const year = local.getUTCFullYear();
  const firstOfYear = new Date(0).setUTCFullYear(year, 0, 1);
  const dayStart = new Date(0).setUTCFullYear(year, local.getUTCMonth(), local.getUTCDate());
  return {
    year,
    month: local.getUTCMonth(),
    day: local.getUTCDate(),
    weekday: local.getUTCDay(),
    dayOfYear: Math.round((dayStart - firstOfYear) / 86_400_000),
    hours: local.getUTCHours(),
    minutes: local.getUTCMinutes(),
    seconds: local.getUTCSeconds(),
    milliseconds: local.getUTCMilliseconds(),
  };
}

/** Milliseconds that the clocks of a zone are ahead of UTC at an instant. */
function zoneOffset(instant: number, zone: string): number {
  if (zone === '' || zone === 'UTC') return 0;
  const match = offsetPattern.exec(zone);
  if (match !== null) {
    const minutes = Number(match[2]) * 60 + Number(match[3]);
    return (match[1] === '-' ? -1 : 1) * minutes * 60_000;
  }
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const date = new Date(0);
    date.setUTCFullYear(part('year'), part('month') - 1, part('day'));
    const shown = date.setUTCHours(part('hour'), part('minute'), part('second'));
    return shown - Math.floor(instant / 1000) * 1000;
  } catch {
    return fail(`unknown time zone ${zone}`);
  }
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function modulo(value: bigint, by: bigint): bigint {
  const remainder = value % by;
  return remainder < 0n ? remainder + by : remainder;
}

function getter(name: string, read: (time: LocalTime) => number): readonly OverloadSource[] {
  return [
    overload(`timestamp..${name}(): int`, { run: (time: Timestamp) => read(localTime(time, '')) }),
    overload(`timestamp..${name}(string): int`, {
      run: (time: Timestamp, zone: string) => read(localTime(time, zone)),
    }),
  ];
}

function total(name: string, read: (nanoseconds: bigint) => bigint): OverloadSource {
  return overload(`duration..${name}(): int`, {
    run: ({ nanoseconds }: Duration): Value => checkedInt(read(nanoseconds)),
  });
}

/** Source: the CEL specification, timezones UTC by default. */
export const time: Library = {
  name: 'core',
  since: 0,
  overloads: [
    ...getter('getFullYear', ({ year }) => year),
    ...getter('getMonth', ({ month }) => month),
    ...getter('getDate', ({ day }) => day),
    ...getter('getDayOfMonth', ({ day }) => day - 1),
    ...getter('getDayOfWeek', ({ weekday }) => weekday),
    ...getter('getDayOfYear', ({ dayOfYear }) => dayOfYear),
    ...getter('getHours', ({ hours }) => hours),
    ...getter('getMinutes', ({ minutes }) => minutes),
    ...getter('getSeconds', ({ seconds }) => seconds),
    ...getter('getMilliseconds', ({ milliseconds }) => milliseconds),
    total('getHours', (nanoseconds) => nanoseconds / (3600n * second)),
    total('getMinutes', (nanoseconds) => nanoseconds / (60n * second)),
    total('getSeconds', (nanoseconds) => nanoseconds / second),
    total('getMilliseconds', (nanoseconds) => (nanoseconds / 1_000_000n) % 1000n),
  ],
};
