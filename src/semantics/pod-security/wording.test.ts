import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteGo, sortedSet } from './wording.ts';

describe('text as Go prints it', () => {
  it.each([
    ['plain', '"plain"'],
    ['a "b" \\ c', '"a \\"b\\" \\\\ c"'],
    ['\u0000\u0007\b\f\n\r\t\v\u001b\u007f', '"\\x00\\a\\b\\f\\n\\r\\t\\v\\x1b\\x7f"'],
    ['é 語 😀', '"é 語 😀"'],
    ['\u00a0\u200b\u2028\ufeff', '"\\u00a0\\u200b\\u2028\\ufeff"'],
    ['\u{e0001}', '"\\U000e0001"'],
    ['\ud800', '"\ufffd"'],
  ])('%j', (text, quoted) => {
    expect(quoteGo(text)).toBe(quoted);
  });

  it('sorts sets by bytes', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'z', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    });
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const byBytes = [...new Set(texts)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(sortedSet(texts)).toEqual(byBytes);
      }),
      { numRuns: 200 },
    );
  });
});
