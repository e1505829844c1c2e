import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Admission, Lane } from './lane.ts';

const still = new AbortController().signal;
setMaxListeners(0, still);

/** What became of an entry, once the promises of now have run. */
async function peek(entry: Promise<Admission>): Promise<string> {
  const settled = await Promise.race([
    entry,
    new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
  ]);
  if (settled === undefined) return 'waits';
  return 'leave' in settled ? 'inside' : settled.refused;
}

async function leave(entry: Promise<Admission>): Promise<void> {
  const settled = await entry;
  if ('leave' in settled) settled.leave();
}

describe('a lane', () => {
  it('lets in what fits, and the next in order when somebody leaves', async () => {
    const lane = new Lane({ bytes: 10, waiting: 5 });
    const first = lane.enter({ bytes: 6, peer: '1' }, 1_000, still);
    const second = lane.enter({ bytes: 6, peer: '2' }, 1_000, still);
    const third = lane.enter({ bytes: 1, peer: '3' }, 1_000, still);
    expect(await Promise.all([first, second, third].map(peek))).toEqual(['inside', 'waits', 'waits']);
    await leave(first);
    expect(await Promise.all([second, third].map(peek))).toEqual(['inside', 'inside']);
    expect(lane.bytes).toBe(7);
  });

  it('lets in one that is larger than everything, when nobody else is there', async () => {
    const lane = new Lane({ bytes: 10, waiting: 5 });
    expect(await peek(lane.enter({ bytes: 100, peer: '4' }, 1_000, still))).toBe('inside');
    expect(await peek(lane.enter({ bytes: 1, peer: '5' }, 1_000, still))).toBe('waits');
  });

  it('turns away who comes when too many wait, who waited too long, and who has gone', async () => {
    const lane = new Lane({ bytes: 1, waiting: 2 });
    const gone = new AbortController();
    const inside = lane.enter({ bytes: 1, peer: '6' }, 1_000, still);
    const late = lane.enter({ bytes: 1, peer: '7' }, 5, still);
    const left = lane.enter({ bytes: 1, peer: '8' }, 1_000, gone.signal);
    expect(await peek(lane.enter({ bytes: 1, peer: '9' }, 1_000, still))).toBe('full');
    gone.abort();
    expect(await peek(left)).toBe('gone');
    expect(await late).toEqual({ refused: 'late' });
    await leave(inside);
    expect([lane.bytes, lane.waiting]).toEqual([0, 0]);
  });

  it('gives one caller half of the room and of the places to wait, and lets others pass it', async () => {
    const lane = new Lane({ bytes: 10, waiting: 4 });
    const greedy = [1, 2, 3].map(() => lane.enter({ bytes: 4, peer: 'a' }, 1_000, still));
    expect(await peek(lane.enter({ bytes: 4, peer: 'a' }, 1_000, still))).toBe('full');
    const other = lane.enter({ bytes: 4, peer: 'b' }, 1_000, still);
    expect(await Promise.all([...greedy, other].map(peek))).toEqual(['inside', 'waits', 'waits', 'inside']);
    // What is small does not overtake what the same caller sent before.
    const [first, second] = greedy;
    if (first === undefined || second === undefined) throw new Error('there are three');
    await leave(first);
    expect(await peek(second)).toBe('inside');
    expect([lane.bytes, lane.waiting]).toEqual([8, 1]);
  });

  it('counts nothing twice, whatever comes and goes', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (bytes, step, peers) => {
          const lane = new Lane({ bytes: 10, waiting: 100 });
          const entries = bytes.map((size, index) =>
            lane.enter({ bytes: size, peer: String(index % peers) }, 10_000, still),
          );
          for (let index = 0; index < entries.length; index += 1) {
            expect(lane.bytes <= 10 || bytes.includes(lane.bytes)).toBe(true);
            const entry = entries[(index * step) % entries.length];
            if (entry !== undefined && (await peek(entry)) === 'inside') await leave(entry);
          }
          await Promise.all(entries.map(leave));
          expect([lane.bytes, lane.waiting]).toEqual([0, 0]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
