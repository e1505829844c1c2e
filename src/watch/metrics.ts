import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Alert } from '../model/alert.ts';

/** What the state of the detections shows of itself, read when somebody asks for metrics. */
export interface MetricSources {
  /** Seconds since the newest event of each source. */
  readonly lag: () => Iterable<readonly [source: string, seconds: number]>;
  readonly queues: () => Iterable<readonly [sink: string, alerts: number]>;
  readonly health: () => {
    readonly gaps: number;
    readonly unfinished: number;
    readonly foreignIds: number;
    readonly reusedIds: number;
  };
  /** Rules that could not be decided for want of a higher audit level, by name. */
  readonly notEvaluable: () => Iterable<readonly [rule: string, events: number]>;
  readonly evicted: () => number;
  readonly late: () => number;
}

/** Prometheus metrics of one watch. Labels have few values, all of ours: names that clients choose are never one. */
export class WatchMetrics {
  readonly registry = new Registry();
  private readonly events = this.counter('events_total', 'Audit events read', ['source']);
  private readonly bytes = this.counter('bytes_total', 'Bytes read, unpacked', ['source']);
  private readonly damages = this.counter('damages_total', 'Pieces of a source that hold no event', ['source']);
  private readonly alerts = this.counter('alerts_total', 'Alerts and updates of alerts', ['rule', 'severity']);
  private readonly delivered = this.counter('delivered_total', 'Alerts that a sink took', ['sink']);
  private readonly dropped = this.counter('dropped_total', 'Alerts that a sink will never get', ['sink', 'reason']);
  private readonly requests = this.counter('receiver_requests_total', 'Requests to the webhook receiver', ['code']);
  private readonly repeated = this.counter('receiver_repeated_events_total', 'Events that came again', []);
  private readonly canaries = this.counter('canaries_total', 'Canary requests', ['result']);
  private readonly backlog = this.gauge('receiver_backlog_bytes', 'Bytes received that no checkpoint covers', []);
  private readonly evaluation = new Histogram({
    name: `${prefix}evaluation_seconds`,
    help: 'Time that the detections take for one batch of events',
    buckets: [0.000_1, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.registry],
  });
  private readonly checkpoints = new Histogram({
    name: `${prefix}checkpoint_seconds`,
    help: 'Time that a checkpoint takes',
    buckets: [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.registry],
  });
  private readonly answers = new Histogram({
    name: `${prefix}receiver_answer_seconds`,
    help: 'Time from a request to its answer, durable writing included',
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.registry],
  });

  constructor(sources: MetricSources) {
    this.gauge('lag_seconds', 'Time since the newest event', ['source'], (gauge) => {
      for (const [source, seconds] of sources.lag()) gauge.set({ source }, seconds);
    });
    this.gauge('queue', 'Alerts that wait for a sink', ['sink'], (gauge) => {
      for (const [sink, waiting] of sources.queues()) gauge.set({ sink }, waiting);
    });
    this.gauge('not_evaluable_events', 'Events that a rule could not decide on', ['rule'], (gauge) => {
      for (const [rule, events] of sources.notEvaluable()) gauge.set({ rule }, events);
    });
    this.gauge('sensor_problems', 'Signs that the audit log is not whole', ['kind'], (gauge) => {
      const { gaps, unfinished, foreignIds, reusedIds } = sources.health();
      gauge.set({ kind: 'gap' }, gaps);
      gauge.set({ kind: 'unfinished' }, unfinished);
      gauge.set({ kind: 'foreign-id' }, foreignIds);
      gauge.set({ kind: 'reused-id' }, reusedIds);
    });
    this.gauge('state_evicted', 'State entries that gave way to newer ones', [], (gauge) =>
      gauge.set(sources.evicted()),
    );
    this.gauge('late_events', 'Events that came after their window was closed', [], (gauge) =>
      gauge.set(sources.late()),
    );
  }

  read(source: string, what: { readonly events: number; readonly bytes: number; readonly damages: number }): void {
    this.events.inc({ source }, what.events);
    this.bytes.inc({ source }, what.bytes);
    if (what.damages > 0) this.damages.inc({ source }, what.damages);
  }

  alert({ rule, severity }: Alert): void {
    this.alerts.inc({ rule, severity });
  }

  tookEvaluation(seconds: number): void {
    this.evaluation.observe(seconds);
  }

  tookCheckpoint(seconds: number): void {
    this.checkpoints.observe(seconds);
  }

  deliveredTo(sink: string, count: number): void {
    this.delivered.inc({ sink }, count);
  }

  droppedFor(sink: string, reason: 'queue-full' | 'refused', count = 1): void {
    this.dropped.inc({ sink, reason }, count);
  }

  answered({ status, seconds }: { readonly status: number; readonly seconds: number }): void {
    this.requests.inc({ code: String(status) });
    this.answers.observe(seconds);
  }

  repeatedEvents(count: number): void {
    this.repeated.inc(count);
  }

  setBacklog(bytes: number): void {
    this.backlog.set(bytes);
  }

  canary(result: 'seen' | 'lost' | 'failed'): void {
    this.canaries.inc({ result });
  }

  private counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name: prefix + name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  private gauge(name: string, help: string, labelNames: readonly string[], read?: (gauge: Gauge) => void): Gauge {
    return new Gauge({
      name: prefix + name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      ...(read !== undefined && {
        collect() {
          this.reset();
          read(this);
        },
      }),
    });
  }
}

const prefix = 'bulwark_watch_';
