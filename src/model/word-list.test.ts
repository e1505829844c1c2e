import { expect, it } from 'vitest';
import { wordList } from './word-list.ts';

it.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a and b'],
  [['a', 'b', 'c'], 'a, b and c'],
])('%j is listed as %j', (words, text) => {
  expect(wordList(words)).toBe(text);
});
