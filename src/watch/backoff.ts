export interface Backoff {
  /** Milliseconds to wait after one more failure. */
  next(): number;
  reset(): void;
}

/** Waits that double from `first` to `most` milliseconds, each spread by a quarter so that many do not come at once. */
export function backoff({ first, most }: { readonly first: number; readonly most: number }): Backoff {
  let wait = first;
  return {
    next() {
      const now = wait * (0.75 + Math.random() / 2);
      wait = Math.min(wait * 2, most);
      return now;
    },
    reset() {
      wait = first;
    },
  };
}

/** Resolves after the time, or at once when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
