/**
 * Judges large bodies one after the other, and never longer than half of the time: whoever sends a small one meanwhile
 * waits for one of them at most.
 */
export class Turns {
  private last: Promise<void> = Promise.resolve();

  /** Resolves to what `work` returns, once it was its turn; rejects with what it throws. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    const began = this.last.then(() => performance.now());
    const rest = async (): Promise<void> => {
      const took = performance.now() - (await began);
      await new Promise((resolve) => setTimeout(resolve, Math.min(took, 50)));
    };
    this.last = turn.then(rest, rest);
    return turn;
  }
}
