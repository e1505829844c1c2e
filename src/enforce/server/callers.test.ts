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

describe('pressure', () => {
  it('is told with its count and the last reason, for five minutes', () => {
    let now = 0;
    const callers = new Callers(() => now);
    expect(callers.pressure).toBeUndefined();
    callers.cutOff('the body came too slowly, from 10.0.0.9');
    expect(callers.pressure).toBe(
      'one call was cut off or turned away in the last five minutes: the body came too slowly, from 10.0.0.9',
    );
    callers.cutOff('too many reviews wait: nothing was decided, from 10.0.0.8');
    expect(callers.pressure).toMatch(/^2 calls were .*from 10\.0\.0\.8$/);
    now = 301_000;
    expect(callers.pressure).toBeUndefined();
    callers.cutOff('again');
    expect(callers.pressure).toMatch(/^one call was /);
  });
});
