const kept = 20;

/** What is wrong with a file, in the order found: a broken one has thousands of faults, and twenty tell the story. */
export class Problems {
  private readonly messages = new Set<string>();
  private more = 0;

  add(message: string): void {
    if (this.messages.size < kept) this.messages.add(message);
    else if (!this.messages.has(message)) this.more += 1;
  }

  get any(): boolean {
    return this.messages.size > 0;
  }

  list(): readonly string[] {
    const list = [...this.messages];
    return this.more === 0 ? list : [...list, `and ${this.more} more of the kind`];
  }
}
