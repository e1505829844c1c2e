import { Canary } from '../watch/canary.ts';
import type { WatchMetrics } from '../watch/metrics.ts';
import type { Watch } from '../watch/watch.ts';
import type { Terminal } from './terminal.ts';
import type { WatchFlags } from './watch.ts';
import type { WatchNotes } from './watch-notes.ts';

export interface CanaryContext {
  readonly terminal: Terminal;
  readonly notes: WatchNotes;
  readonly metrics: () => WatchMetrics | undefined;
  readonly watch: () => Watch | undefined;
  readonly signal: AbortSignal;
}

const timeoutMs = 10_000;

/** A canary that goes to the API server of the current context. Throws where there is no usable kubeconfig. */
export async function openCanary(
  flags: Pick<WatchFlags, 'kubeconfig' | 'context' | 'canaryEvery' | 'canaryWithin'>,
  { terminal, notes, metrics, watch, signal }: CanaryContext,
): Promise<Canary> {
  const [{ connect }, { ApiClient }, { ApiError }] = await Promise.all([
    import('../collect/cluster/connect.ts'),
    import('../collect/cluster/api-client.ts'),
    import('../collect/cluster/api-error.ts'),
  ]);
  const { kubeconfig, context } = flags;
  const client = await ApiClient.open({
    connect: () => connect({ kubeconfig, context, env: terminal.env, timeoutMs, maxSockets: 1 }),
    timeoutMs,
    connectTimeoutMs: timeoutMs,
    signal,
  });
  signal.addEventListener('abort', () => client.close(), { once: true });
  return new Canary({
    async send(path) {
      try {
        await client.get(path);
      } catch (error) {
        // Refused or not found: it was answered, and so it is logged.
        if (!(error instanceof ApiError) || error.status === undefined) throw error;
      }
    },
    every: flags.canaryEvery * 1000,
    within: flags.canaryWithin * 1000,
    now: () => terminal.now().getTime(),
    onResult: (result) => metrics()?.canary(result),
    onAlert: (alert) => watch()?.raise(alert),
    onUnsent: (problem) => notes.say(`the canary could not be sent: ${problem}`),
  });
}
