import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Keeps what a server holds flat. What a review makes is gone when it is answered: V8 must not put any of it beside the
 * old objects on a guess, where it would keep the rest alive until the next sweep, and sweeps in small steps, at the
 * latest when the heap has grown by two fifths. Before the work begins: V8 asks for these as it goes.
 */
export function keepMemoryFlat(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--heap-growing-percent=40');
}

/**
 * Sweeps what the start left behind. V8 lets a new heap grow by far more than a running one until it has swept it once,
 * and counts from what was left then.
 */
export function sweepMemory(): void {
  setFlagsFromString('--expose-gc');
  const sweep: unknown = runInNewContext('gc');
  if (typeof sweep === 'function') sweep();
}

/** What a server's process has to be started with: a small young generation. */
export const memoryEnvironment: ReadonlyMap<string, string> = new Map([['NODE_OPTIONS', '--max-semi-space-size=2']]);
