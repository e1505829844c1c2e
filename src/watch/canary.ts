import { randomUUID } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { pause } from './backoff.ts';
import { sensorAlert } from './sensor-alert.ts';

export interface CanaryOptions {
  /** Sends a GET for a path with a marker in its query; rejects where the server could not be reached. */
  readonly send: (path: string) => Promise<void>;
  /** Milliseconds between requests. */
  readonly every: number;
  /** Milliseconds after which a request that is not in the log is lost. */
  readonly within: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onResult: (result: 'seen' | 'lost' | 'failed') => void;
  readonly onAlert: (alert: Alert) => void;
  /** Once an outage of the server: what the request met. */
  readonly onUnsent: (problem: string) => void;
}

const parameter = 'bulwark-canary';

/**
 * Proves the whole way from the API server to the detections: a harmless request of its own has to arrive in the log.
 * The answer does not matter, only that it is logged; a server that cannot be reached proves nothing either way.
 */
export class Canary {
  private readonly options: CanaryOptions;
  private readonly sent = new Map<string, number>();
  private lost = 0;
  private lostSince = 0;
  private readonly stopping = new AbortController();

  constructor(options: CanaryOptions) {
    this.options = options;
  }

  /** Whether a line may hold a canary: it has to be read then. */
  static marks(line: Buffer): boolean {
    return line.subarray(0, 1024).includes(parameter);
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Until it is stopped. */
  async run(): Promise<void> {
    const { every } = this.options;
    const { signal } = this.stopping;
    let unsent = false;
    while (!signal.aborted) {
      const mark = randomUUID();
      this.sent.set(mark, this.options.now());
      try {
        await this.options.send(`/api/v1/namespaces/default?${parameter}=${mark}`);
        unsent = false;
      } catch (error) {
        this.sent.delete(mark);
        this.options.onResult('failed');
        if (!unsent && !signal.aborted) this.options.onUnsent(error instanceof Error ? error.message : String(error));
        unsent = true;
      }
      await pause(every, signal);
      this.check();
    }
  }

  see(event: AuditEvent): void {
    if (this.sent.size === 0) return;
    const at = event.uri.indexOf(`${parameter}=`);
    if (at === -1) return;
    const begin = at + parameter.length + 1;
    if (!this.sent.delete(event.uri.slice(begin, begin + 36))) return;
    this.lost = 0;
    this.options.onResult('seen');
  }

  /** One alert for a row of lost canaries. */
  private check(): void {
    const { now, within, onResult, onAlert } = this.options;
    for (const [mark, at] of this.sent) {
      if (now() - at < within) return;
      this.sent.delete(mark);
      onResult('lost');
      this.lost += 1;
      if (this.lost > 1) continue;
      this.lostSince = at;
      onAlert(
        sensorAlert({
          rule: 'audit-canary-lost',
          title: 'A request of the watch itself did not reach the audit log',
          severity: 'high',
          source: 'canary',
          from: this.lostSince,
          to: now(),
          count: 1,
          message: `a GET of namespace default was answered and is not in the audit log ${Math.round(within / 1000)} s later: events are lost on the way, or the audit policy was changed`,
          next: [
            'Compare the audit policy and the --audit flags of the API server with what they were.',
            'Look for dropped events: apiserver_audit_error_total of the API server, and the queue of its webhook backend.',
          ],
        }),
      );
    }
  }
}
