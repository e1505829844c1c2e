import { describe, expect, it } from 'vitest';
import { parseGoDuration, timeoutOf, usableTime } from './deadline.ts';

describe('a duration as Go writes it', () => {
  it.each<[string, number | undefined]>([
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['2.5s', 2_500],
    ['300ms', 300],
    ['1h0m0s', 3_600_000],
    ['0', 0],
    ['0s', 0],
    ['10', undefined],
    ['', undefined],
    ['-3s', undefined],
    ['s', undefined],
    ['9'.repeat(40), undefined],
  ])('%j', (text, expected) => expect(parseGoDuration(text)).toBe(expected));
});

describe('the timeout of a call', () => {
  it.each<[string, number]>([
    ['timeout=5s', 5_000],
    ['', 10_000],
    ['timeout=soon', 10_000],
    ['timeout=0s', 10_000],
    ['timeout=5m', 30_000],
  ])('%j', (query, expected) => expect(timeoutOf(new URLSearchParams(query))).toBe(expected));

  it.each<[number, number]>([
    [10_000, 9_000],
    [1_000, 750],
    [300, 150],
  ])('of %d ms leaves %d ms for the decision', (timeout, expected) => expect(usableTime(timeout)).toBe(expected));
});
