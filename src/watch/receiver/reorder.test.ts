import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../model/audit-event.ts';
import { markedIn, markOf, Reorder } from './reorder.ts';

interface Frame {
  readonly offset: number;
  readonly end: number;
  readonly events: readonly AuditEvent[];
  /** Of a mark. */
  readonly until?: number;
}

const step = fc.oneof(fc.array(fc.nat(9), { maxLength: 4 }), fc.constant('mark' as const));

/** Frames of events at these times; a mark is for all but the last frame before it. */
function framesOf(steps: readonly (readonly number[] | 'mark')[]): Frame[] {
  const frames: Frame[] = [];
  let count = 0;
  for (const [index, each] of steps.entries()) {
    const place = { offset: index * 10, end: index * 10 + 10 };
    if (each === 'mark') {
      frames.push({ ...place, events: [], until: Math.max(0, (index - 1) * 10) });
      continue;
    }
    const events = each.map((time) => {
      count += 1;
      return { time, id: `id-${count}` } as AuditEvent;
    });
    frames.push({ ...place, events });
  }
  return frames;
}

function take(reorder: Reorder, { events, until, ...place }: Frame): readonly AuditEvent[] {
  if (until === undefined) return reorder.add(events, place);
  reorder.pass(place.end);
  return reorder.releaseUntil(until);
}

describe('events that are put in order', () => {
  it('are the same, in the same order, over a restart at any place', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.array(fc.nat(12), { maxLength: 3 }), (steps, restarts) => {
        const frames = framesOf(steps);
        const whole = new Reorder(0, undefined);
        const expected = frames.flatMap((frame) => [...take(whole, frame)]);
        let reorder = new Reorder(0, undefined);
        const seen: AuditEvent[] = [];
        let done = 0;
        for (const stop of [...restarts.toSorted((a, b) => a - b), frames.length]) {
          const { offset, reordering } = reorder.place;
          reorder = new Reorder(offset, reordering);
          for (const frame of frames.filter(
            (each) => each.offset >= offset && each.offset < Math.max(stop, done) * 10,
          )) {
            seen.push(...take(reorder, frame));
          }
          done = Math.max(stop, done);
        }
        expect(seen.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
        const all = [...seen, ...reorder.releaseUntil(Number.POSITIVE_INFINITY)].map(({ id }) => id);
        expect(all.toSorted()).toEqual(frames.flatMap(({ events }) => events.map(({ id }) => id)).toSorted());
      }),
      { numRuns: 300 },
    );
  });

  it('do not wait without bound', () => {
    const reorder = new Reorder(0, undefined);
    const events = Array.from({ length: 9_000 }, (_, index) => ({ time: index, id: `${index}` }) as AuditEvent);
    const out = reorder.add(events, { offset: 0, end: 10 });
    expect(out.map(({ time }) => time)).toEqual(out.map((_, index) => index));
    expect(out.length).toBeGreaterThan(4_000);
  });
});

describe('a mark', () => {
  it.each<[string, number | undefined]>([
    [markOf(4711).toString(), 4711],
    ['{"kind":"EventList"}', undefined],
    ['release x', undefined],
    ['', undefined],
  ])('%j', (body, end) => expect(markedIn(Buffer.from(body))).toBe(end));
});
