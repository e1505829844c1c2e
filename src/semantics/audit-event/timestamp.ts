/**
 * An RFC 3339 timestamp in milliseconds since 1970, with a fraction: microseconds survive, beyond them a double ends.
 * NaN for what is none. Written out because it runs several times an event: `Date.parse` costs ten times as much, and
 * drops what is behind the milliseconds.
 */
export function parseTimestamp(text: string): number {
  if (text.length < 20) return Number.NaN;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const punctuated =
    text.charCodeAt(4) === dash &&
    text.charCodeAt(7) === dash &&
    text.charCodeAt(13) === colon &&
    text.charCodeAt(16) === colon;
  const separator = text.charCodeAt(10) | lowerCase;
  if (!punctuated || (separator !== lowerT && separator !== space)) return Number.NaN;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return Number.NaN;
  let at = 19;
  let fraction = 0;
  if (text.charCodeAt(at) === dot) {
    at += 1;
    const begin = at;
    let weight = 100;
    for (let digit = digitAt(text, at); digit >= 0; digit = digitAt(text, at)) {
      if (at - begin >= 9) return Number.NaN;
      fraction += digit * weight;
      weight /= 10;
      at += 1;
    }
    if (at === begin) return Number.NaN;
    // Ten tenths added up are not one: back to whole nanoseconds.
    fraction = Math.round(fraction * 1e6) / 1e6;
  }
  const offset = zoneMinutes(text, at);
  const minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute - offset;
  return minutes * 60_000 + second * 1000 + fraction;
}

const dash = 0x2d;
const colon = 0x3a;
const dot = 0x2e;
const space = 0x20;
const lowerT = 0x74;
const lowerZ = 0x7a;
const lowerCase = 0x20;

/** The number in `count` digits, NaN where one is none. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) {
    const digit = digitAt(text, at);
    if (digit < 0) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** Minutes east of UTC that the rest of the text says, NaN where it is no zone. */
function zoneMinutes(text: string, at: number): number {
  if (text.length === at + 1 && (text.charCodeAt(at) | lowerCase) === lowerZ) return 0;
  if (text.length !== at + 6 || text.charCodeAt(at + 3) !== colon) return Number.NaN;
  const minutes = digits(text, at + 1, 2) * 60 + digits(text, at + 4, 2);
  const sign = text[at];
  return sign === '+' ? minutes : sign === '-' ? -minutes : Number.NaN;
}

/** Days of the proleptic Gregorian calendar; years begin in March, so that the leap day is the last. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
