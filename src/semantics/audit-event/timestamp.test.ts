import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp } from './timestamp.ts';

describe('parseTimestamp', () => {
  it.each([
    ['2026-11-20T20:06:05.021717Z', Date.UTC(2026, 10, 20, 20, 6, 5) + 21.717],
    ['2026-11-20T20:06:05Z', Date.UTC(2026, 10, 20, 20, 6, 5)],
    ['2026-11-20t20:06:05z', Date.UTC(2026, 10, 20, 20, 6, 5)],
    ['2026-11-20 20:06:05.5Z', Date.UTC(2026, 10, 20, 20, 6, 5) + 500],
    ['2026-11-20T20:06:05.123456789Z', Date.UTC(2026, 10, 20, 20, 6, 5) + 123.456789],
    ['2026-11-20T22:06:05.000001+02:00', Date.UTC(2026, 10, 20, 20, 6, 5) + 0.001],
    ['2026-11-20T15:36:05-04:30', Date.UTC(2026, 10, 20, 20, 6, 5)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['1970-01-01T00:00:00Z', 0],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
  ])('%s', (text, expected) => {
    expect(parseTimestamp(text)).toBeCloseTo(expected, 3);
  });

  it.each([
    '',
    'yesterday',
    '2026-11-20',
    '2026-11-20T20:06:05',
    '2026-11-20T20:06:05.Z',
    '2026-13-20T20:06:05Z',
    '2026-11-20T24:06:05Z',
    '2026-11-2xT20:06:05Z',
    '2026-11-20T20:06:05.0123456789Z',
    '2026-11-20T20:06:05Z trailing',
    '2026-11-20T20:06:05+0200',
    'x'.repeat(100_000),
  ])('is no timestamp: %s', (text) => {
    expect(parseTimestamp(text)).toBeNaN();
  });

  it('agrees with the platform on every day', () => {
    const day = fc.date({ min: new Date(0), max: new Date('2400-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(day, (date) => {
        expect(parseTimestamp(date.toISOString())).toBeCloseTo(date.getTime(), 6);
      }),
      { numRuns: 500 },
    );
  });
});
