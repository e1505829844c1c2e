import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './split-lines.ts';

interface Seen {
  readonly text: string | undefined;
  readonly offset: number;
  readonly end: number;
}

function lines(chunks: readonly Buffer[], limit = 1000): readonly Seen[] {
  const splitter = new LineSplitter({ limit });
  const seen: Seen[] = [];
  // One buffer for all chunks, as a reader has it: a view that was kept would show.
  const shared = Buffer.alloc(1 << 16);
  for (const chunk of chunks) {
    chunk.copy(shared);
    for (const { bytes, offset, end } of splitter.push(shared.subarray(0, chunk.length))) {
      seen.push({ text: bytes?.toString('latin1'), offset, end });
    }
  }
  const rest = splitter.rest();
  if (rest !== undefined) seen.push({ text: rest.bytes?.toString('latin1'), offset: rest.offset, end: rest.end });
  return seen;
}

function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
}

describe('LineSplitter', () => {
  it('says where each line begins and ends', () => {
    expect(lines([Buffer.from('ab\n\ncd')])).toEqual([
      { text: 'ab', offset: 0, end: 3 },
      { text: '', offset: 3, end: 4 },
      { text: 'cd', offset: 4, end: 6 },
    ]);
  });

  it('drops a line over the limit, and goes on behind it', () => {
    const text = Buffer.from('short\nlonger than ten\nexactly-10\nlast');
    for (const chunks of [[text], cut(text, [3, 9, 12, 20]), cut(text, [...text.keys()])]) {
      expect(lines(chunks, 10)).toEqual([
        { text: 'short', offset: 0, end: 6 },
        { text: undefined, offset: 6, end: 22 },
        { text: 'exactly-10', offset: 22, end: 33 },
        { text: 'last', offset: 33, end: 37 },
      ]);
    }
  });

  it('gives the same lines in any pieces', () => {
    const text = fc
      .array(fc.constantFrom('\n', 'a', 'bc', '\r\n', 'dddddddd', '\0'), { maxLength: 60 })
      .map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(text, fc.array(fc.nat()), fc.integer({ min: 1, max: 20 }), (bytes, places, limit) => {
        expect(lines(cut(bytes, places), limit)).toEqual(lines([bytes], limit));
      }),
      { numRuns: 300 },
    );
  });
});
