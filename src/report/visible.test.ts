import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible, visibleShort } from './visible.ts';

describe('visible', () => {
  it.each([
    ['nginx:1.29', 'nginx:1.29'],
    ['日本語 é', '日本語 é'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['\u009b31m', '\\u009b31m'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['a\u2066b\u200bc\u2028d', 'a\\u2066b\\u200bc\\u2028d'],
    ['\ud800', '\\ud800'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
  ])('%j', (text, expected) => expect(visible(text)).toBe(expected));

  it('leaves nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 200 },
    );
  });

  it('cuts what is longer than its limit and says how long it was', () => {
    expect(visibleShort('abcdef', 6)).toBe('abcdef');
    expect(visibleShort('abcdefg', 6)).toBe('abcdef... (7 characters)');
  });
});
