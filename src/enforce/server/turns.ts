/**
 * Judges large bodies one after the other. While small ones come in, too, large ones have a quarter of the time at
 * most: whoever sends a small one waits for one of them, and seldom for that.
 */
export class Turns {
  private last: Promise<void> = Promise.resolve();
  private passed = 0;

  /** Somebody was let past: those who wait for their turn leave time for more. */
  pass(): void {
    this.passed += 1;
  }

  /** Resolves to what `work` returns, once it was its turn; rejects with what it throws. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    let began = 0;
    let passed = 0;
    const turn = this.last.then(() => {
      began = performance.now();
      ({ passed } = this);
      return work();
    });
    const rest = async (): Promise<void> => {
      const took = performance.now() - began;
      // What came in meanwhile is read first, and tells whether anybody needs the time.
      await nextTurnOfLoop();
      await nextTurnOfLoop();
      if (this.passed === passed) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(3 * took, longestRest)));
    };
    this.last = turn.then(rest, rest);
    return turn;
  }
}

/** Milliseconds: what takes so long that this is not three times as much must still come to its end. */
const longestRest = 100;

function nextTurnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
