import { expect, it } from 'vitest';
import { durationSeconds } from './duration.ts';

it.each([
  ['8760h0m0s', 31_536_000],
  ['1h30m', 5400],
  ['-5s', -5],
  ['0', 0],
  ['.5s', 0.5],
  ['1d', undefined],
  ['', undefined],
])('%s is %s seconds', (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});
