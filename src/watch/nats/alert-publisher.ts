import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import type { Alert } from '../../model/alert.ts';
import { backoff, pause } from '../backoff.ts';
import { deliveryKey } from '../sinks/sink.ts';
import type { Troubles } from '../troubles.ts';
import { alertSubject } from './names.ts';

/** `wrong last sequence`: the subject, which is for one revision of one alert, has its message. */
const isThere = 10_071;

export interface AlertPublisherOptions {
  readonly js: JetStreamClient;
  readonly troubles: Troubles;
  readonly signal: AbortSignal;
  /** For good. */
  readonly refused: (where: string, reason: string) => void;
}

/**
 * Puts alerts in their stream, each revision once however often it is published: the message is taken only where its
 * subject has none. That holds as long as the stream keeps it, not only for the time in which message ids are compared.
 */
export class AlertPublisher {
  private readonly options: AlertPublisherOptions;
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: AlertPublisherOptions) {
    this.options = options;
  }

  /**
   * Resolves with whether they are in the stream; they are not where the signal was aborted before. One after the other:
   * sinks hear of them in order.
   */
  publish(alerts: readonly Alert[]): Promise<boolean> {
    const done = this.last.then(async () => {
      for (const alert of alerts) if (!(await this.keepTrying(alert))) return false;
      return true;
    });
    this.last = done;
    return done;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.last;
  }

  private async keepTrying(alert: Alert): Promise<boolean> {
    const { signal, troubles, refused } = this.options;
    const waits = backoff({ first: 100, most: 5_000 });
    while (!signal.aborted) {
      try {
        await this.publishOne(alert);
        troubles.end('the stream of alerts');
        return true;
      } catch (error) {
        if (error instanceof Error && /payload/i.test(`${error.name} ${error.message}`)) {
          refused('NATS', `${alert.rule}: an alert is too large for the server`);
          return true;
        }
        troubles.begin('the stream of alerts', error);
        await pause(waits.next(), signal);
      }
    }
    return false;
  }

  private async publishOne(alert: Alert): Promise<void> {
    try {
      await this.options.js.publish(alertSubject(alert), JSON.stringify(alert), {
        msgID: deliveryKey(alert),
        expect: { lastSubjectSequence: 0 },
      });
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === isThere) return;
      throw error;
    }
  }
}
