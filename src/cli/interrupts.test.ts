import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { watchInterrupts } from './interrupts.ts';

describe('watchInterrupts', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s aborts first and then ends the process', (name, code) => {
    const signals = new EventEmitter();
    const said: (string | number)[] = [];
    const watched = watchInterrupts(
      { signals, exit: (status) => said.push(status) },
      { first: () => said.push('first'), second: () => said.push('second') },
    );
    expect(watched.signal.aborted).toBe(false);
    signals.emit(name);
    expect([watched.signal.aborted, ...said]).toEqual([true, 'first']);
    signals.emit(name);
    expect(said).toEqual(['first', 'second', code]);
    watched.stop();
    expect(signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM')).toBe(0);
  });
});
