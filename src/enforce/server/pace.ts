import { graceTime, slowestRate } from './limits.ts';
import { monotonic } from './monotonic.ts';

export interface PaceOptions {
  /** Milliseconds for all of it. */
  readonly within: number;
  /** Bytes that have come by now. */
  readonly received: () => number;
  /** What comes takes longer than `within`, or came more slowly than `slowestRate` after `graceTime`. Called once. */
  readonly onLate: (reason: 'too long' | 'too slow') => void;
}

/** Milliseconds by which a timer may be late in a process that has time. */
const longestPause = 50;

/**
 * Watches that something comes in time: whoever sends a byte now and then holds room that others need. Time in which
 * this process did nothing itself is nobody's fault: what came meanwhile is read before anything is called slow. Returns
 * what ends the watch.
 */
export function watchPace({ within, received, onLate }: PaceOptions): () => void {
  const began = monotonic();
  let planned = began;
  let idle = 0;
  const look = (): void => {
    const took = monotonic() - began;
    if (took >= within) return onLate('too long');
    const late = began + took - planned;
    const paced = took - idle - graceTime;
    const seconds = received() / slowestRate;
    if (late > longestPause) {
      idle += late;
      timer = lookIn(longestPause);
    } else if (seconds * 1000 < paced) {
      onLate('too slow');
    } else {
      timer = lookIn(seconds * 1000 - paced + longestPause);
    }
  };
  const lookIn = (milliseconds: number): NodeJS.Timeout => {
    const now = monotonic();
    const wait = Math.min(milliseconds, began + within - now);
    planned = now + wait;
    return setTimeout(look, wait);
  };
  let timer = lookIn(graceTime + longestPause);
  return () => clearTimeout(timer);
}
