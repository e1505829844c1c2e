import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../model/audit-event.ts';
import { mergedByTime } from './merge.ts';
import type { Batch } from './sources/index.ts';

/** Events of these times, in batches. */
function logOf(source: string, batches: readonly (readonly number[])[]): readonly Batch[] {
  let offset = 0;
  return batches.map((times) => {
    const events = times.map((time) => {
      const event = { time, origin: { source, offset } };
      offset += 10;
      return event as unknown as AuditEvent;
    });
    return { source, events, damages: [], position: { source, offset }, bytes: 10 * times.length };
  });
}

async function* readable(batches: readonly Batch[]): AsyncIterable<Batch> {
  yield* batches;
}

async function merged(...logs: readonly (readonly Batch[])[]): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of mergedByTime(logs.map(readable))) found.push(batch);
  return found;
}

describe('logs that are merged', () => {
  it('come in the order of their events, cut where another goes on', async () => {
    const pieces = await merged(logOf('a', [[1, 2, 7], [], [9]]), logOf('b', [[3, 4], [8]]));
    expect(
      pieces.map(({ source, events, position }) => [source, events.map(({ time }) => time), position.offset]),
    ).toEqual([
      ['a', [1, 2], 20],
      ['b', [3, 4], 20],
      ['a', [7], 30],
      ['a', [], 30],
      ['b', [8], 30],
      ['a', [9], 40],
    ]);
    expect(pieces.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(70);
  });

  it('keep every event, and each log its order', async () => {
    const times = fc.array(fc.array(fc.nat(20), { maxLength: 5 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(times, { maxLength: 4 }), async (logs) => {
        const given = logs.map((batches, index) => logOf(`${index}`, batches));
        const pieces = await merged(...given);
        for (const [index, batches] of given.entries()) {
          const own = pieces.filter(({ source }) => source === `${index}`);
          expect(own.flatMap(({ events }) => events)).toEqual(batches.flatMap(({ events }) => events));
          expect(own.at(-1)?.position).toEqual(batches.at(-1)?.position);
        }
        const sorted = logs.map((batches) => [batches.flat().toSorted((a, b) => a - b)]);
        const ordered = await merged(...sorted.map((batches, index) => logOf(`${index}`, batches)));
        const seen = ordered.flatMap(({ events }) => events.map(({ time }) => time));
        expect(seen).toEqual(logs.flat(2).toSorted((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });
});
