import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../model/audit-event.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { EventCounts } from './event-counts.ts';

function event(user: string, more: object = {}): AuditEvent {
  const raw = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    stage: 'ResponseComplete',
    user: { username: user },
    responseStatus: { code: 200 },
    ...more,
  };
  const read = readAuditEvent(raw, { source: '', offset: 0 });
  if (read === undefined) throw new Error('no event');
  return read;
}

const byUser = ({ user }: AuditEvent): readonly string[] => [user?.name ?? ''];

describe('EventCounts', () => {
  it('counts by key, with how it ended and when', () => {
    const counts = new EventCounts(byUser);
    const forbidden = { responseStatus: { code: 403 }, annotations: { 'authorization.k8s.io/decision': 'forbid' } };
    counts.add(event('b', { stageTimestamp: '1970-01-01T00:00:02Z' }));
    counts.add(event('a'));
    counts.add(event('b', { ...forbidden, stageTimestamp: '1970-01-01T00:00:05Z' }));
    counts.add(event('b', { responseStatus: { code: 404 }, stageTimestamp: '1970-01-01T00:00:01Z' }));
    expect(counts.top(5)).toEqual([
      { key: ['b'], count: 3, denied: 1, failed: 1, first: 1000, last: 5000 },
      { key: ['a'], count: 1, denied: 0, failed: 0, first: 0, last: 0 },
    ]);
    expect([counts.different, counts.shortBy]).toEqual([2, 0]);
  });

  it('keeps keys apart whose parts are alike when joined', () => {
    const counts = new EventCounts(({ user }) => (user?.name ?? '').split('|'));
    counts.add(event('a\0|b'));
    counts.add(event('a|\0b'));
    expect(counts.different).toBe(2);
  });

  it('keeps the frequent ones in bounded memory, and says how wrong a count can be', () => {
    const user = fc.oneof(fc.constant(0), fc.constant(1), fc.nat(400));
    fc.assert(
      fc.property(fc.array(user, { maxLength: 1500 }), (users) => {
        const counts = new EventCounts(byUser, 20);
        const exact = new Map<string, number>();
        for (const number of users) {
          const name = `u${number}`;
          exact.set(name, (exact.get(name) ?? 0) + 1);
          counts.add(event(name));
        }
        const told = new Map(counts.top(1000).map(({ key, count }) => [key[0] ?? '', count]));
        expect(told.size).toBeLessThanOrEqual(40);
        for (const [name, count] of exact) {
          const said = told.get(name) ?? 0;
          expect(said).toBeLessThanOrEqual(count);
          expect(said).toBeGreaterThanOrEqual(count - counts.shortBy);
        }
      }),
      { numRuns: 100 },
    );
  });
});
