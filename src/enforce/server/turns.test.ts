import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

/** Keeps the thread busy, as a large body does. */
function busy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

describe('turns', () => {
  it('come one after the other, in the order of coming, and a failed one stops nobody', async () => {
    const turns = new Turns();
    const said: string[] = [];
    const settled = await Promise.allSettled([
      turns.take(async () => {
        await sleep(5);
        said.push('first');
        return 1;
      }),
      turns.take(() => {
        said.push('second');
        throw new Error('no');
      }),
      turns.take(() => said.push('third')),
    ]);
    expect(said).toEqual(['first', 'second', 'third']);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('leave three quarters of the time to those who are let past', async () => {
    const turns = new Turns();
    const began = performance.now();
    const first = turns.take(() => busy(20)).then(() => turns.pass());
    const second = turns.take(() => performance.now() - began);
    await first;
    expect(await second).toBeGreaterThanOrEqual(79);
  });

  it('leave none where nobody comes, but what it takes to see who does', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const first = turns.take(() => {
      setImmediate(() => seen.push('a call came in'));
    });
    const second = turns.take(() => [...seen]);
    await first;
    expect(await second).toEqual(['a call came in']);
  });
});
