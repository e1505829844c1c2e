import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.ts';
import { type Header, headerText, piecesOf, readHeader } from './message.ts';
import { pieceBytes } from './names.ts';

function header(number: number, more: Partial<Header> = {}): Header {
  return { publisher: 'p', partition: '0', number, floor: 1, kind: 'event', left: 0, ...more };
}

function bodiesOf(inbox: Inbox, messages: readonly (readonly [Header, string])[]): string[] {
  return messages.flatMap(([head, body]) => {
    const taken = inbox.take(head, Buffer.from(body));
    return taken === undefined ? [] : [taken.lost > 0 ? `${taken.lost} lost, ${taken.body}` : String(taken.body)];
  });
}

describe('Inbox', () => {
  it('takes each number once and in order, however often and early it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 40 }), (numbers) => {
        const inbox = new Inbox(new Map());
        const sent = [...numbers, 1, 2, 3, 4, 5, 6];
        const taken = bodiesOf(
          inbox,
          sent.map((number) => [header(number), String(number)] as const),
        );
        expect(taken).toEqual(['1', '2', '3', '4', '5', '6']);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps publishers apart, and goes on where it was', () => {
    const inbox = new Inbox(new Map([['a', 7]]));
    const taken = bodiesOf(inbox, [
      [header(7, { publisher: 'a' }), 'a7'],
      [header(8, { publisher: 'a' }), 'a8'],
      [header(1, { publisher: 'b' }), 'b1'],
    ]);
    expect(taken).toEqual(['a8', 'b1']);
    expect([...inbox.numbers]).toEqual([
      ['a', 8],
      ['b', 1],
    ]);
  });

  it('says what is lost only where it was in the stream', () => {
    const messages = [
      [header(1), 'one'],
      [header(5, { floor: 2 }), 'early'],
      [header(5, { floor: 4 }), 'early still'],
      [header(5, { floor: 5 }), 'five'],
      [header(6, { floor: 5 }), 'six'],
    ] as const;
    expect(bodiesOf(new Inbox(new Map()), messages)).toEqual(['one', '3 lost, five', 'six']);
  });

  it('puts pieces together, and says while some are missing', () => {
    const inbox = new Inbox(new Map());
    const body = Buffer.alloc(2 * pieceBytes + 10, 'é');
    const pieces = [...piecesOf(body)];
    expect(pieces.map(({ left, body: piece }) => [left, piece.length])).toEqual([
      [2, pieceBytes],
      [1, pieceBytes],
      [0, 10],
    ]);
    const within: boolean[] = [];
    let whole: Buffer | undefined;
    pieces.forEach(({ left, body: piece }, index) => {
      whole = inbox.take(header(index + 1, { left }), piece)?.body;
      within.push(inbox.isWithin);
    });
    expect(within).toEqual([true, true, false]);
    expect(whole?.equals(body)).toBe(true);
  });
});

describe('readHeader', () => {
  it('reads what was written, and nothing else', () => {
    const head = header(12, { partition: 'shared', floor: 3, kind: 'tick', left: 4 });
    expect(readHeader(headerText(head))).toEqual(head);
    for (const text of [undefined, '', 'p 0 1', 'p 0 1 1 other 0', 'p x 1 1 event 0']) {
      expect(readHeader(text)).toBeUndefined();
    }
  });
});
