import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Json } from '../model/json.ts';
import type { Severity } from '../model/severity.ts';
import type { Canary } from './canary.ts';
import type { DispatchEvents } from './dispatch.ts';
import type { SensorHealth } from './health.ts';
import type { Sink } from './sinks/sink.ts';
import type { Damage, EventSource, Position } from './sources/source.ts';
import type { StateFolder } from './state-folder.ts';

/** What the watch asks of the detections; see `createDetector`. */
export interface Evaluator {
  feed(event: AuditEvent): readonly Alert[];
  flush(until?: number): readonly Alert[];
  wants(line: Buffer): boolean;
  readonly counts?: { readonly evicted: number };
  save(): Json;
  restore(state: Json): void;
}

export interface WatchEvents extends Pick<DispatchEvents, 'delivered' | 'refused'> {
  readonly read: (
    source: string,
    what: { readonly events: number; readonly bytes: number; readonly damages: number },
  ) => void;
  readonly damaged: (damage: Damage) => void;
  readonly alerted: (alert: Alert) => void;
  readonly evaluated: (seconds: number) => void;
  readonly checkpointed: (seconds: number) => void;
  /** A sink's queue was full. */
  readonly dropped: (sink: string, count: number) => void;
  /** A source, a sink or the disk does not work, and is tried again; undefined when it works. */
  readonly troubled: (what: string, problem: string | undefined) => void;
}

export interface WatchOptions {
  readonly sources: readonly EventSource[];
  /** Whether the sources are followed or read to their ends. */
  readonly mode: 'follow' | 'once';
  readonly detector: Evaluator;
  readonly health: SensorHealth;
  readonly sinks: readonly Sink[];
  /** Undefined: nothing is kept, and a restart begins anew. */
  readonly state: StateFolder | undefined;
  /** Where a source begins that no checkpoint knows. */
  readonly begin: (source: EventSource) => Promise<Position | undefined>;
  /** Alerts below are not told. */
  readonly least: Severity;
  readonly causes: (alert: Alert) => readonly string[];
  readonly canary?: Canary;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly events: WatchEvents;
  readonly limits?: Partial<WatchLimits>;
}

export interface WatchLimits {
  /** Least time between checkpoints, in milliseconds. */
  readonly checkpointEvery: number;
  /** Least time between two updates of one incident, in milliseconds. */
  readonly updateEvery: number;
  /** Alerts that wait for one sink. */
  readonly queuedAlerts: number;
  readonly queuedBytes: number;
  /** How long alerts that still wait are sent when the watch ends, in milliseconds. */
  readonly drain: number;
}

export const defaultLimits: WatchLimits = {
  checkpointEvery: 5_000,
  updateEvery: 60_000,
  queuedAlerts: 10_000,
  queuedBytes: 64 * 1024 * 1024,
  drain: 10_000,
};

export interface WatchSummary {
  readonly events: number;
  readonly bytes: number;
  readonly damages: number;
  readonly others: number;
  /** The latest of every incident, while there are not too many to keep. */
  readonly incidents: ReadonlyMap<string, Severity>;
  /** Sources that could not be read, and why. */
  readonly unread: readonly string[];
  /** Alerts that no sink took, by sink. */
  readonly undelivered: ReadonlyMap<string, number>;
  /** Alerts that no sink will get, since its queue was full or it refused them for good, by sink. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Entries of the detections' state that gave way to newer ones: what they knew was forgotten. */
  readonly evicted: number;
}
