import { describe, expect, it } from 'vitest';
import type { WatchSummary } from '../watch/watch-options.ts';
import { summaryText } from './watch-notes.ts';

const summary: WatchSummary = {
  events: 2,
  bytes: 100,
  damages: 0,
  others: 0,
  incidents: new Map(),
  unread: [],
  undelivered: new Map(),
  dropped: new Map(),
  evicted: 0,
};

describe('the closing line', () => {
  it.each<[string, Partial<WatchSummary>, string]>([
    ['nothing', {}, '2 events read: no incidents'],
    [
      'alerts that were dropped',
      { dropped: new Map([['slack', 3]]) },
      '2 events read: no incidents; 3 alerts for slack dropped',
    ],
    [
      'state that was let go of',
      { evicted: 1 },
      '2 events read: no incidents; 1 state entry of the detections gave way to newer ones: what takes long may be missed',
    ],
  ])('tells of %s', (_, changes, text) => expect(summaryText({ ...summary, ...changes })).toBe(text));
});
