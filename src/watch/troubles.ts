/** What does not work at the moment, told when it begins and when it ends. */
export class Troubles {
  private readonly current = new Map<string, string>();
  private readonly tell: (what: string, problem: string | undefined) => void;

  constructor(tell: (what: string, problem: string | undefined) => void) {
    this.tell = tell;
  }

  /** `WHAT: PROBLEM` of each. */
  list(): readonly string[] {
    return [...this.current].map(([what, problem]) => `${what}: ${problem}`);
  }

  begin(what: string, error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    if (this.current.get(what) === problem) return;
    this.current.set(what, problem);
    this.tell(what, problem);
  }

  end(what: string): void {
    if (this.current.delete(what)) this.tell(what, undefined);
  }
}
