/** How long a caller that was turned away is told of, in milliseconds. */
const toldFor = 5 * 60_000;

/** Who was let in, and who was turned away for want of a certificate: of the two, the later tells how it stands. */
export class Callers {
  private readonly now: () => number;
  private letInAt: number | undefined;
  private turnedAway: { readonly at: number; readonly reason: string } | undefined;

  private pressed: { readonly since: number; readonly count: number; readonly reason: string } | undefined;

  /** `now` in milliseconds since 1970. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** A call had no answer for want of time or room. */
  cutOff(reason: string): void {
    const at = this.now();
    if (this.pressed === undefined || at - this.pressed.since > toldFor) this.pressed = { since: at, count: 0, reason };
    this.pressed = { ...this.pressed, count: this.pressed.count + 1, reason };
  }

  /** A call was answered as one of somebody who may call. */
  letIn(): void {
    this.letInAt = this.now();
  }

  turnAway(reason: string): void {
    this.turnedAway = { at: this.now(), reason };
  }

  /** That callers are turned away and none gets in: most likely API servers, and nothing is judged. */
  get warning(): string | undefined {
    const { letInAt, turnedAway } = this;
    if (turnedAway === undefined || this.now() - turnedAway.at > toldFor) return undefined;
    if (letInAt !== undefined && this.now() - letInAt <= toldFor) return undefined;
    return `callers are turned away, and none got in for five minutes: ${turnedAway.reason}`;
  }

  /** That calls have no answer for want of time or room: somebody sends slowly, or too much. */
  get pressure(): string | undefined {
    const { pressed } = this;
    if (pressed === undefined || this.now() - pressed.since > toldFor) return undefined;
    const many = pressed.count === 1 ? 'one call was' : `${pressed.count} calls were`;
    return `${many} cut off or turned away in the last five minutes: ${pressed.reason}`;
  }
}
