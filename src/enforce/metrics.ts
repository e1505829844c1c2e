import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Hook, Turned } from './server/admission-server.ts';

/** What the webhook shows of itself, read when somebody asks for metrics. */
export interface MetricSources {
  readonly load: () => { readonly bytes: number; readonly waiting: number };
  /** Seconds since the API server was heard of each kind. */
  readonly stale: () => Iterable<readonly [kind: string, seconds: number]>;
  /** Whether the policy files as they are now are in force. */
  readonly arePoliciesCurrent: () => boolean;
  readonly isReady: () => boolean;
  readonly isUnlocked: () => boolean;
  /** Seconds since 1970 at which the certificate that is served ends; undefined where there is none. */
  readonly certificateEnd: () => number | undefined;
}

export type Outcome = 'allowed' | 'denied' | 'undecided' | 'unlocked';

/** Policies that are counted by name. More are one, together. */
const namedPolicies = 500;

/** Prometheus metrics of one webhook server. Labels have few values: names that clients choose are never one. */
export class WebhookMetrics {
  readonly registry = new Registry();
  private readonly reviews = this.counter('reviews_total', 'Reviews answered', ['hook', 'decision']);
  private readonly denials = this.counter('denials_total', 'Reasons to refuse, by policy', ['policy']);
  private readonly exceptions = this.counter('exceptions_used_total', 'Uses of exceptions, by what they except from', [
    'policy',
  ]);
  private readonly answers = this.counter('answers_total', 'Answers by HTTP status', ['code']);
  private readonly turned = this.counter('turned_away_total', 'Calls that no policy was asked about', ['reason']);
  private readonly reported = this.counter('report_writes_total', 'Writes of policy reports', ['result']);
  private readonly policies = new Set<string>();
  private readonly seconds = new Histogram({
    name: `${prefix}answer_seconds`,
    help: 'Time from a call to its answer',
    buckets: [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10],
    registers: [this.registry],
  });

  constructor(sources: MetricSources) {
    this.gauge('body_bytes', 'Bytes of bodies in memory', (gauge) => gauge.set(sources.load().bytes));
    this.gauge('waiting_calls', 'Calls that wait for room', (gauge) => gauge.set(sources.load().waiting));
    this.gauge('policies_current', '1 while the policy files as they are now are in force', (gauge) =>
      gauge.set(sources.arePoliciesCurrent() ? 1 : 0),
    );
    this.gauge('ready', '1 while /readyz says so', (gauge) => gauge.set(sources.isReady() ? 1 : 0));
    this.gauge('unlocked', '1 while refusals are suspended', (gauge) => gauge.set(sources.isUnlocked() ? 1 : 0));
    this.gauge('certificate_end_timestamp_seconds', 'When the certificate that is served ends', (gauge) => {
      const end = sources.certificateEnd();
      if (end !== undefined) gauge.set(end);
    });
    const stale: Gauge = new Gauge({
      name: `${prefix}stale_seconds`,
      help: 'Time since the API server was heard of a kind',
      labelNames: ['kind'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [kind, seconds] of sources.stale()) stale.set({ kind }, seconds);
      },
    });
  }

  review(hook: Hook, decision: Outcome): void {
    this.reviews.inc({ hook, decision });
  }

  denied(policy: string): void {
    if (this.policies.size < namedPolicies) this.policies.add(policy);
    this.denials.inc({ policy: this.policies.has(policy) ? policy : 'others' });
  }

  exceptionUsed(policy: string): void {
    this.exceptions.inc({ policy });
  }

  answered({ status, seconds }: { readonly status: number; readonly seconds: number }): void {
    this.answers.inc({ code: String(status) });
    this.seconds.observe(seconds);
  }

  turnedAway(reason: Turned): void {
    this.turned.inc({ reason });
  }

  reportWritten(result: 'written' | 'failed' | 'left-out'): void {
    this.reported.inc({ result });
  }

  private counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name: prefix + name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  private gauge(name: string, help: string, read: (gauge: Gauge) => void): void {
    const gauge = new Gauge({
      name: prefix + name,
      help,
      registers: [],
      collect() {
        read(this);
      },
    });
    this.registry.registerMetric(gauge);
  }
}

const prefix = 'bulwark_webhook_';
