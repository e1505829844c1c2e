import { describe, expect, it } from 'vitest';
import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Json } from '../model/json.ts';
import { readAuditEvent } from '../semantics/audit-event/index.ts';
import { glanceAt } from './glance.ts';
import { SensorHealth } from './health.ts';

const begin = Date.parse('2026-11-20T20:00:00Z');

interface Given {
  readonly at: number;
  readonly id?: string;
  readonly stage?: string;
  readonly uri?: string;
}

function rawEvent({ at, id, stage = 'ResponseComplete', uri = '/api' }: Given): Json {
  const time = new Date(begin + at * 1000).toISOString();
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: id ?? `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    stage,
    requestURI: uri,
    verb: 'get',
    user: { username: 'alice' },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  };
}

function eventOf(given: Given): AuditEvent {
  const event = readAuditEvent(rawEvent(given), { source: 'audit.log', offset: 0 });
  if (event === undefined) throw new Error('no event');
  return event;
}

function feed(health: SensorHealth, ...events: readonly Given[]): Alert[] {
  return events.flatMap((given) => health.feed(eventOf(given)));
}

describe('a source that goes quiet', () => {
  it('is told of with the time that is missing', () => {
    const health = new SensorHealth({ quietAfter: 300 });
    expect(feed(health, { at: 0 }, { at: 299 })).toEqual([]);
    const [alert] = feed(health, { at: 299 + 420 });
    expect(alert).toMatchObject({
      rule: 'audit-log-went-quiet',
      severity: 'high',
      first: '2026-11-20T20:04:59.000Z',
      last: '2026-11-20T20:11:59.000Z',
      targets: ['audit.log'],
    });
    expect(alert?.message).toContain('no event came from audit.log for 7 min');
    expect(health.counts.gaps).toBe(1);
  });

  it('is told of while it lasts, once, and is the same incident when events come again', () => {
    const health = new SensorHealth({ quietAfter: 300 });
    feed(health, { at: 0 });
    health.touch('audit.log', begin);
    expect(health.tick(begin + 299_000)).toEqual([]);
    const told = health.tick(begin + 301_000);
    expect(told.map(({ message }) => message)).toEqual([expect.stringContaining('for more than 5 min')]);
    expect(health.tick(begin + 400_000)).toEqual([]);
    expect(feed(health, { at: 500 })).toEqual([]);
    const replayed = new SensorHealth({ quietAfter: 300 });
    expect(feed(replayed, { at: 0 }, { at: 500 }).map(({ id }) => id)).toEqual(told.map(({ id }) => id));
  });

  it('may be quiet for ever where nobody asks, and is asked about before its first event', () => {
    expect(feed(new SensorHealth({ quietAfter: 0 }), { at: 0 }, { at: 1e6 })).toEqual([]);
    const health = new SensorHealth({ quietAfter: 60 });
    health.touch('webhook', begin);
    expect(health.tick(begin + 61_000).map(({ targets }) => targets)).toEqual([['webhook']]);
  });

  it('does not mind events that come late', () => {
    const health = new SensorHealth({ quietAfter: 300 });
    expect(feed(health, { at: 400 }, { at: 0 }, { at: 401 })).toEqual([]);
  });
});

describe('requests without an end', () => {
  const received = (count: number): Given[] =>
    Array.from({ length: count }, (_, at) => ({ at, stage: 'RequestReceived' }));

  it('are told of when there are many, and counted in any case', () => {
    const health = new SensorHealth({ quietAfter: 0 });
    const alerts = feed(health, ...received(80), { at: 0 }, { at: 1300 }, { at: 2000 });
    expect(alerts.map(({ rule, count }) => [rule, count])).toEqual([['audit-requests-without-end', 79]]);
    const few = new SensorHealth({ quietAfter: 0 });
    expect(feed(few, ...received(10), { at: 1300 }, { at: 2000 })).toEqual([]);
    expect(few.counts.unfinished).toBe(10);
  });

  it('end in lines that are only glanced at', () => {
    const health = new SensorHealth({ quietAfter: 0 });
    feed(health, ...received(80));
    for (let at = 0; at < 80; at += 1) {
      health.glance('audit.log', glanceAt(Buffer.from(JSON.stringify(rawEvent({ at })))));
    }
    expect(feed(health, { at: 1300 }, { at: 2000 })).toEqual([]);
    expect(health.counts.unfinished).toBe(0);
  });
});

describe('audit ids', () => {
  it('that no API server makes, and that stand for different requests, are counted', () => {
    const health = new SensorHealth({ quietAfter: 0 });
    feed(
      health,
      { at: 0 },
      { at: 1, id: 'mine' },
      { at: 2, id: 'mine' },
      { at: 3, id: 'mine', uri: '/api/v1/secrets' },
    );
    expect(health.counts).toMatchObject({ foreignIds: 3, reusedIds: 1 });
  });
});

describe('what is saved', () => {
  it('goes on where it was', () => {
    const health = new SensorHealth({ quietAfter: 300 });
    feed(health, { at: 0 }, { at: 400 });
    const next = new SensorHealth({ quietAfter: 300 });
    next.restore(JSON.parse(JSON.stringify(health.save())));
    expect(next.counts).toEqual(health.counts);
    expect(feed(next, { at: 800 })).toEqual(feed(health, { at: 800 }));
  });

  it.each([null, 7, [], { newest: 3, quiet: {}, open: [[1, 2]], totals: [] }])('may be anything: %j', (state) => {
    const health = new SensorHealth({ quietAfter: 300 });
    health.restore(state as Json);
    expect(feed(health, { at: 0 })).toEqual([]);
  });
});

describe('a glance at a line', () => {
  it('finds id, stage and time without parsing', () => {
    const line = JSON.stringify(rawEvent({ at: 61, stage: 'ResponseStarted' }));
    expect(glanceAt(Buffer.from(line))).toEqual({
      id: '00000000-0000-4000-8000-000000000061',
      stage: 'ResponseStarted',
      time: begin + 61_000,
    });
    expect(glanceAt(Buffer.from('{"kind":"Event"}'))).toEqual({ id: '', stage: '', time: 0 });
    expect(glanceAt(Buffer.from('"stageTimestamp":"'))).toEqual({ id: '', stage: '', time: 0 });
  });
});
