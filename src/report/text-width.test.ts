import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { padEnd, textWidth, unbroken, wrap } from './text-width.ts';

describe('textWidth', () => {
  it.each([
    ['', 0],
    ['nginx', 5],
    ['日本語', 6],
    ['e\u0301', 1],
    ['é', 1],
    ['\u{1f600}', 2],
    ['한글 ok', 7],
  ])('%j takes %i columns', (text, columns) => expect(textWidth(text)).toBe(columns));

  it('pads by columns', () => expect(padEnd('日本', 6)).toBe('日本  '));
});

describe('wrap', () => {
  it('breaks at spaces and indents what follows', () => {
    expect(wrap('one two three', { width: 9, lead: '- ' })).toEqual(['- one two', '  three']);
  });

  it('keeps a place whole, however long and with spaces in it', () => {
    const place = 'deploy/a long folder/web.yaml:23:15';
    expect(wrap(`at ${unbroken(place)} now`, { width: 20 })).toEqual(['at', place, 'now']);
  });

  it('keeps every word in order, and every line in its width unless one word is wider', () => {
    const word = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', '日') });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 4, max: 40 }), (words, width) => {
        const lines = wrap(words.join(' '), { width, lead: '> ' });
        expect(lines.flatMap((line) => line.slice(2).split(' '))).toEqual(words);
        for (const line of lines) {
          expect(textWidth(line) <= width || !line.slice(2).includes(' ')).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});
