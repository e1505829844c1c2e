import type { JetStreamClient } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { backoff, pause } from '../backoff.ts';
import type { Troubles } from '../troubles.ts';
import { headerName, headerText, type Message, subjectOf } from './message.ts';

/** Messages that are on their way at once. */
const inFlight = 256;
/** Bytes that wait before those who add are held up. */
const mostWaiting = 32 * 1024 * 1024;

export interface SenderOptions {
  readonly js: JetStreamClient;
  readonly publisher: string;
  readonly troubles: Troubles;
  readonly signal: AbortSignal;
}

/**
 * Brings messages to the stream in order. One that fails is sent again, and so is all that came after it: partitions
 * take only the number that follows, so that what arrives twice or too early is passed over.
 */
export class Sender {
  private readonly options: SenderOptions;
  private waiting: Message[] = [];
  private bytes = 0;
  /** By partition: everything below is in the stream. */
  private readonly floors = new Map<string, number>();
  private wake: () => void = () => undefined;
  private changed: (() => void)[] = [];

  constructor(options: SenderOptions) {
    this.options = options;
  }

  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /** What is not known to be in the stream. */
  pending(): readonly Message[] {
    return this.waiting;
  }

  /** Resolves when there is room for more. */
  async add(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      this.waiting.push(message);
      // What a restart finds unsent is the first that is not known to be in the stream.
      if (!this.floors.has(message.partition)) this.floors.set(message.partition, message.number);
      this.bytes += message.body.length;
    }
    this.wake();
    await this.until(() => this.bytes < mostWaiting);
  }

  /** Resolves when everything is in the stream, or the signal is aborted. */
  async idle(): Promise<void> {
    await this.until(() => this.isIdle);
  }

  async run(): Promise<void> {
    const { signal, troubles } = this.options;
    const waits = backoff({ first: 100, most: 5_000 });
    signal.addEventListener('abort', () => this.stir(), { once: true });
    while (!signal.aborted) {
      if (this.isIdle) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      const window = this.waiting.slice(0, inFlight);
      const sent = await Promise.allSettled(window.map((message) => this.send(message)));
      const failed = sent.findIndex(({ status }) => status === 'rejected');
      this.settle(window.slice(0, failed === -1 ? window.length : failed));
      const failure = sent[failed];
      if (failure?.status !== 'rejected') {
        troubles.end('NATS');
        waits.reset();
        continue;
      }
      troubles.begin('NATS', reasonOf(failure.reason));
      await pause(waits.next(), signal);
    }
  }

  private async send(message: Message): Promise<void> {
    const { js, publisher } = this.options;
    const floor = this.floors.get(message.partition) ?? message.number;
    const header = headers();
    header.set(headerName, headerText({ ...message, publisher, floor }));
    await js.publish(subjectOf(message), message.body, { headers: header });
  }

  private settle(messages: readonly Message[]): void {
    for (const { partition, number, body } of messages) {
      this.floors.set(partition, number + 1);
      this.bytes -= body.length;
    }
    this.waiting = this.waiting.slice(messages.length);
    for (const goOn of this.changed.splice(0)) goOn();
  }

  private stir(): void {
    this.wake();
    for (const goOn of this.changed.splice(0)) goOn();
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.options.signal.aborted) {
      await new Promise<void>((resolve) => this.changed.push(resolve));
    }
  }
}

/** No stream takes the subject: the client's words for it mislead. */
function reasonOf(error: unknown): unknown {
  return error instanceof Error && error.name === 'JetStreamNotEnabled'
    ? 'no stream takes what is published: JetStream does not answer, or the server does not map bulwark.event.*'
    : error;
}
