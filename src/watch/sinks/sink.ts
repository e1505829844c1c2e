import type { Alert } from '../../model/alert.ts';

/** An alert that a receiver will never take, however often it is sent. */
export interface Refusal {
  readonly alert: Alert;
  readonly reason: string;
}

/** Where alerts go. */
export interface Sink {
  /** Says what it is, without credentials. Stable over restarts: the outbox knows it by this name. */
  readonly name: string;
  /** Whether it is told every update of an incident, or the latest one from time to time. */
  readonly updates: 'every' | 'latest';
  /** Most alerts in one delivery. */
  readonly batch: number;
  /**
   * Resolves, with what was refused for good, when the receiver has the alerts. Rejects with a `DeliveryError` where
   * it may have them if they are sent again.
   */
  deliver(alerts: readonly Alert[], signal: AbortSignal): Promise<readonly Refusal[]>;
  close(): Promise<void>;
}

/** A delivery that failed for now. The message names the receiver, never a credential. */
export class DeliveryError extends Error {
  /** Milliseconds that the receiver asked to wait. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly retryAfter?: number | undefined } = {}) {
    super(message, options);
    this.name = 'DeliveryError';
    this.retryAfter = options.retryAfter;
  }
}

export const noRefusals: readonly Refusal[] = Object.freeze([]);

/** The same for one revision of an alert whenever it is sent: a receiver that keeps it can refuse a repetition. */
export function deliveryKey({ id, revision }: Alert): string {
  return `${id}-${revision}`;
}
