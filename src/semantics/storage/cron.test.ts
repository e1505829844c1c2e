import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestCronGap } from './cron.ts';
import { staleSince } from './staleness.ts';

describe('longestCronGap', () => {
  it.each([
    ['0 2 * * *', 24],
    ['@daily', 24],
    ['@every 6h', 6],
    ['@every 90m', 1.5],
    ['*/15 * * * *', 0.25],
    ['0 */6 * * *', 6],
    ['0 1,13 * * *', 12],
    ['0 8 * * 1-5', 72],
    ['0 8 * * mon', 168],
    ['0 0 1 * *', 31 * 24],
    // Either is enough where both are limited: every Sunday, and the 1st.
    ['0 0 1 * 0', 168],
    ['0 0 1 jan *', 366 * 24],
    ['CRON_TZ=Europe/Berlin 0 2 * * 7', 168],
  ])('%s is %d h', (text, hours) => {
    expect(longestCronGap(text)).toBeCloseTo(hours, 5);
  });

  it.each([
    '',
    'hourly',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '0 24 * * *',
    '5-1 * * * *',
    '*/0 * * * *',
    '0 0 31 2 *',
  ])('%j is no schedule', (text) => expect(longestCronGap(text)).toBeUndefined());

  it('is the longest way from one hour to the next', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 6 }), (hours) => {
        const sorted = [...hours].sort((a, b) => a - b);
        const gaps = sorted.map((hour, index) => (sorted[index + 1] ?? (sorted[0] ?? 0) + 24) - hour);
        expect(longestCronGap(`0 ${hours.join(',')} * * *`)).toBe(Math.max(...gaps));
      }),
      { numRuns: 100 },
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hours = longestCronGap(text);
        expect(hours === undefined || hours > 0).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('staleSince', () => {
  const takenAt = '2026-11-21T00:00:00Z';
  it.each([
    ['2026-11-20T02:00:00Z', '0 2 * * *', undefined],
    ['2026-11-18T02:00:00Z', '0 2 * * *', 'it ran last at 2026-11-18T02:00:00Z, and should every 24 h'],
    ['2026-11-10T02:00:00Z', '@weekly', undefined],
    ['2026-10-10T02:00:00Z', '@weekly', 'it ran last at 2026-10-10T02:00:00Z, and should every 7 days'],
    ['soon', '@weekly', undefined],
  ])('%s by %s', (last, schedule, expected) => {
    expect(staleSince(last, { schedule, takenAt })).toBe(expected);
  });
});
