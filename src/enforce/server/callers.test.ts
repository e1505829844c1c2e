import { describe, expect, it } from 'vitest';
import { Callers } from './callers.ts';

describe('callers', () => {
  it('are warned of while they are turned away and none gets in', () => {
    let now = 0;
    const callers = new Callers(() => now);
    expect(callers.warning).toBeUndefined();
    callers.turnAway('the client shows no certificate');
    expect(callers.warning).toBe(
      'callers are turned away, and none got in for five minutes: the client shows no certificate',
    );
    callers.letIn();
    expect(callers.warning).toBeUndefined();
    now += 300_001;
    callers.turnAway('the client shows no certificate');
    expect(callers.warning).toMatch(/^callers are turned away/);
    now += 300_001;
    expect(callers.warning).toBeUndefined();
  });
});
