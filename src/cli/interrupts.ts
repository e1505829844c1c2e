import type { EventEmitter } from 'node:events';

/** Where SIGINT and SIGTERM arrive, and how the process ends. Handed in, so that tests can interrupt. */
export interface Interrupts {
  readonly signals: EventEmitter;
  exit(code: number): void;
}

export const processInterrupts: Interrupts = {
  signals: process,
  exit: (code) => process.exit(code),
};

const codes = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

/** What is said at the first interrupt, and at the second before the process ends. */
export interface InterruptWords {
  readonly first: () => void;
  readonly second: () => void;
}

/**
 * A signal that is aborted by the first interrupt; the second ends the process with 128 and the signal's number, as a
 * shell reports it. `stop` gives interrupts back their usual meaning.
 */
export function watchInterrupts(
  { signals, exit }: Interrupts,
  { first, second }: InterruptWords,
): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const listeners = codes.map(([name, code]) => {
    const listener = (): void => {
      if (controller.signal.aborted) {
        second();
        exit(code);
        return;
      }
      first();
      controller.abort();
    };
    signals.on(name, listener);
    return [name, listener] as const;
  });
  return {
    signal: controller.signal,
    stop: () => {
      for (const [name, listener] of listeners) signals.off(name, listener);
    },
  };
}
