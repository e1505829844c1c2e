import type { Header } from './message.ts';

/** What a message comes to. */
export type Taken =
  | { readonly kind: 'event' | 'tick' | 'end'; readonly body: Buffer; readonly lost: number }
  /** Seen before, too early, or a piece whose others are still to come. */
  | undefined;

/** Takes the messages of each publisher in the order of their numbers, each once, and puts pieces together. */
export class Inbox {
  /** The last number of each publisher. */
  readonly numbers: Map<string, number>;
  private readonly pieces = new Map<string, Buffer[]>();

  constructor(numbers: ReadonlyMap<string, number>) {
    this.numbers = new Map(numbers);
  }

  /** Whether an event is in pieces of which only some have come: a state of now would lose those. */
  get isWithin(): boolean {
    return this.pieces.size > 0;
  }

  take({ publisher, number, floor, kind, left }: Header, body: Buffer): Taken {
    const expected = (this.numbers.get(publisher) ?? 0) + 1;
    if (number < expected) return undefined;
    // What is missing was in the stream before this was sent: it is not there any more. Else it is sent again.
    const isLost = floor > expected;
    if (number > expected && (!isLost || floor < number)) return undefined;
    this.numbers.set(publisher, number);
    if (isLost) this.pieces.delete(publisher);
    const lost = number - expected;
    if (left > 0) {
      const parts = this.pieces.get(publisher) ?? [];
      parts.push(body);
      this.pieces.set(publisher, parts);
      return undefined;
    }
    const parts = this.pieces.get(publisher);
    this.pieces.delete(publisher);
    return { kind, body: parts === undefined ? body : Buffer.concat([...parts, body]), lost };
  }
}
