import type { Detector } from '../detect/index.ts';
import type { SensorHealth } from '../watch/health.ts';
import { WatchMetrics } from '../watch/metrics.ts';
import { startMetricsServer } from '../watch/metrics-server.ts';
import type { Watch } from '../watch/watch.ts';
import { parseAddress } from './address.ts';

export interface Measured {
  readonly detector: Detector;
  readonly health: SensorHealth;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Undefined until it is open. */
  readonly watch: () => Watch | undefined;
}

export interface ServedMetrics {
  readonly metrics: WatchMetrics;
  readonly where: string;
  readonly close: () => Promise<void>;
}

/** Metrics of a watch, and a server for them. Throws `usage` for an address that cannot be had. */
export async function serveMetrics(
  address: string,
  { detector, health, now, watch }: Measured,
): Promise<ServedMetrics> {
  const metrics = new WatchMetrics({
    lag: () => health.lags(now()),
    queues: () => watch()?.queues() ?? [],
    health: () => health.counts,
    notEvaluable: () =>
      [...detector.counts.rules].flatMap(([name, { notEvaluable }]) =>
        notEvaluable === 0 ? [] : [[name, notEvaluable] as const],
      ),
    evicted: () => detector.counts.evicted,
    late: () => detector.counts.late,
  });
  const server = await startMetricsServer({
    ...parseAddress('--metrics', address),
    metrics: () => metrics.registry.metrics(),
    problems: () => watch()?.problems() ?? ['starting'],
  });
  const { family, address: host, port } = server.address;
  const where = `http://${family === 'IPv6' ? `[${host}]` : host}:${port}/metrics`;
  return { metrics, where, close: () => server.close() };
}
