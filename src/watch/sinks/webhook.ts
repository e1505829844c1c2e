import { createHmac } from 'node:crypto';
import type { HttpTarget } from './http-target.ts';
import { refusalOf } from './http-target.ts';
import { deliveryKey, noRefusals, type Sink } from './sink.ts';

export interface WebhookOptions {
  readonly name: string;
  readonly target: HttpTarget;
  /** Signs what is sent. */
  readonly secret?: string | undefined;
  /** Seconds since 1970, for the signature. */
  readonly now: () => number;
}

/**
 * Posts each alert as the JSON that NDJSON has a line of. `Idempotency-Key` is the same when a delivery is repeated
 * because the answer was lost. With a secret, `X-Bulwark-Signature` is `sha256=` and the hexadecimal HMAC-SHA-256 of
 * `X-Bulwark-Timestamp`, a full stop and the body: the receiver compares it, and refuses old timestamps.
 */
export function webhookSink({ name, target, secret, now }: WebhookOptions): Sink {
  return {
    name,
    updates: 'latest',
    batch: 1,
    async deliver(alerts, signal) {
      const [alert] = alerts;
      if (alert === undefined) return noRefusals;
      const body = JSON.stringify(alert);
      const timestamp = String(Math.floor(now()));
      const answer = await target.post({
        body,
        contentType: 'application/json',
        headers: {
          'idempotency-key': deliveryKey(alert),
          ...(secret !== undefined && {
            'x-bulwark-timestamp': timestamp,
            'x-bulwark-signature': `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
          }),
        },
        signal,
      });
      // The receiver has seen this key before.
      if (answer.status === 409) return noRefusals;
      const reason = refusalOf(answer, target.host);
      return reason === undefined ? noRefusals : [{ alert, reason }];
    },
    close: async () => target.close(),
  };
}
