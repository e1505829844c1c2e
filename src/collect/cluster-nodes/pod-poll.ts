import type { JsonObject } from '../../model/json.ts';
import { ApiError } from '../cluster/api-error.ts';
import { type PodOutcome, podOutcome } from './outcome.ts';

export interface PodPollOptions {
  /** All pods of the run by name. */
  readonly list: () => Promise<ReadonlyMap<string, JsonObject>>;
  readonly intervalMs: number;
}

interface Waiter {
  doing: string;
  /** Lists in a row without the pod: the first may come from before it was made. */
  missing: number;
  readonly settle: (outcome: Waited | Error) => void;
}

export type Waited =
  | Exclude<PodOutcome, { readonly kind: 'pending' }>
  | { readonly kind: 'timeout'; readonly doing: string };

/** Lists in a row that may fail: a load balancer that moves on, an API server that starts again. */
const maxFailures = 5;
const maxMissing = 3;

/** Watches the pods of a run with one request for all of them, as long as someone waits. */
export class PodPoll {
  private readonly options: PodPollOptions;
  private readonly waiters = new Map<string, Waiter>();
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(options: PodPollOptions) {
    this.options = options;
  }

  /** Until the pod has ended or failed, or the time is up. Rejects with `ApiError`, or with the reason of the signal. */
  wait(name: string, limits: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<Waited> {
    const { timeoutMs, signal } = limits;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(reasonOf(signal));
        return;
      }
      const settle = (outcome: Waited | Error): void => {
        clearTimeout(deadline);
        signal.removeEventListener('abort', abort);
        this.waiters.delete(name);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const waiter: Waiter = { doing: 'the kubelet did not take up the pod', missing: 0, settle };
      const abort = (): void => settle(reasonOf(signal));
      const deadline = setTimeout(() => settle({ kind: 'timeout', doing: waiter.doing }), timeoutMs);
      signal.addEventListener('abort', abort, { once: true });
      this.waiters.set(name, waiter);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.timer !== undefined || this.waiters.size === 0) return;
    this.timer = setTimeout(() => void this.look(), this.options.intervalMs);
  }

  private async look(): Promise<void> {
    try {
      const pods = await this.options.list();
      this.failures = 0;
      for (const [name, waiter] of [...this.waiters]) tell(waiter, pods.get(name));
    } catch (error) {
      this.failures += 1;
      const cause = error instanceof Error ? error : new Error(String(error));
      if (this.failures >= maxFailures || !(cause instanceof ApiError)) {
        for (const waiter of [...this.waiters.values()]) waiter.settle(cause);
      }
    } finally {
      this.timer = undefined;
      this.schedule();
    }
  }
}

function tell(waiter: Waiter, pod: JsonObject | undefined): void {
  if (pod === undefined) {
    waiter.missing += 1;
    if (waiter.missing >= maxMissing) waiter.settle({ kind: 'failed', reason: 'someone deleted the pod' });
    return;
  }
  waiter.missing = 0;
  const outcome = podOutcome(pod);
  if (outcome.kind === 'pending') waiter.doing = outcome.doing;
  else waiter.settle(outcome);
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
