import type { Alert } from '../model/alert.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import { isList, isObject, type Json, own } from '../model/json.ts';
import type { Glance } from './glance.ts';
import { sensorAlert } from './sensor-alert.ts';

export interface HealthOptions {
  /** Seconds without an event after which a source is quiet; 0 never says so. */
  readonly quietAfter: number;
}

/** What is wrong with the log itself rather than in it. */
export interface HealthCounts {
  readonly gaps: number;
  /** Requests that were received and never ended. */
  readonly unfinished: number;
  /** Audit ids that no API server makes: a client chose them. */
  readonly foreignIds: number;
  /** Ids that stand for requests that differ. */
  readonly reusedIds: number;
}

/** Received requests that wait for their end, and ids that are compared, at most. */
const tracked = 32 * 1024;
/** A request that has no end after this time of events, in milliseconds, never had one. */
const unfinishedAfter = 10 * 60_000;
/** So many in ten minutes of events are more than a server that was stopped leaves behind. */
const manyUnfinished = 50;

const apiServerId = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Watches the stream for signs that it is not whole: who tampers with audit logging shows here first. Event time
 * decides, so that a replay says the same; only `tick` knows what time it is.
 */
export class SensorHealth {
  private readonly options: HealthOptions;
  private readonly newest = new Map<string, number>();
  private readonly arrived = new Map<string, number>();
  private readonly quiet = new Set<string>();
  private readonly open = new Map<string, number>();
  private ids = new Map<string, number>();
  private olderIds = new Map<string, number>();
  private window = 0;
  private unfinishedInWindow = 0;
  private totals = { gaps: 0, unfinished: 0, foreignIds: 0, reusedIds: 0 };

  constructor(options: HealthOptions) {
    this.options = options;
  }

  get counts(): HealthCounts {
    return this.totals;
  }

  /** Seconds since the newest event of each source. */
  *lags(now: number): Iterable<readonly [source: string, seconds: number]> {
    for (const [source, newest] of this.newest) yield [source, Math.max(0, (now - newest) / 1000)];
  }

  /** An event in the order of its source. */
  feed(event: AuditEvent): readonly Alert[] {
    const { source } = event.origin;
    const { id, time, stage } = event;
    const alerts = this.see(source, time);
    if (id !== '') this.checkId(event);
    if (stage === 'RequestReceived') this.begin(id, time);
    else this.open.delete(id);
    return this.expire(source, time, alerts);
  }

  /** A line that is not read any further. */
  glance(source: string, { id, stage, time }: Glance): readonly Alert[] {
    const alerts = this.see(source, time);
    if (stage === 'RequestReceived') this.begin(id, time);
    else if (this.open.size > 0) this.open.delete(id);
    return this.expire(source, time, alerts);
  }

  private see(source: string, time: number): readonly Alert[] {
    if (time === 0) return none;
    const before = this.newest.get(source);
    if (before === undefined || time > before) this.newest.set(source, time);
    const { quietAfter } = this.options;
    if (before === undefined || quietAfter === 0 || time - before < quietAfter * 1000) return none;
    this.totals.gaps += 1;
    // It was told when it began.
    if (this.quiet.delete(source)) return none;
    return [this.quietAlert(source, { from: before, to: time })];
  }

  /** Something came from a source, whatever it was, or the source was opened. */
  touch(source: string, now: number): void {
    this.arrived.set(source, now);
  }

  /** Says which sources have gone quiet; `now` in milliseconds since 1970. For sources that are followed. */
  tick(now: number): readonly Alert[] {
    const { quietAfter } = this.options;
    if (quietAfter === 0) return none;
    const alerts: Alert[] = [];
    for (const [source, last] of this.arrived) {
      if (this.quiet.has(source) || now - last < quietAfter * 1000) continue;
      this.quiet.add(source);
      alerts.push(this.quietAlert(source, { from: this.newest.get(source) ?? last, to: undefined }));
    }
    return alerts;
  }

  save(): Json {
    return {
      newest: [...this.newest],
      quiet: [...this.quiet],
      open: [...this.open],
      window: this.window,
      unfinishedInWindow: this.unfinishedInWindow,
      totals: this.totals,
    };
  }

  restore(state: Json): void {
    if (!isObject(state)) return;
    for (const [key, value] of numbersIn(own(state, 'newest'))) this.newest.set(key, value);
    for (const [key, value] of numbersIn(own(state, 'open'))) this.open.set(key, value);
    const quiet = own(state, 'quiet');
    for (const source of isList(quiet) ? quiet : []) if (typeof source === 'string') this.quiet.add(source);
    this.window = numberAt(state, 'window');
    this.unfinishedInWindow = numberAt(state, 'unfinishedInWindow');
    const totals = own(state, 'totals');
    if (!isObject(totals)) return;
    this.totals = {
      gaps: numberAt(totals, 'gaps'),
      unfinished: numberAt(totals, 'unfinished'),
      foreignIds: numberAt(totals, 'foreignIds'),
      reusedIds: numberAt(totals, 'reusedIds'),
    };
  }

  private checkId(event: AuditEvent): void {
    const { id } = event;
    if (!apiServerId.test(id)) this.totals.foreignIds += 1;
    const what = hashOf(event.uri, hashOf(event.user?.name ?? '', hashOf(event.verb, 0)));
    const before = this.ids.get(id) ?? this.olderIds.get(id);
    if (before === undefined) {
      this.ids.set(id, what);
      if (this.ids.size < tracked) return;
      this.olderIds = this.ids;
      this.ids = new Map();
    } else if (before !== what) {
      this.totals.reusedIds += 1;
    }
  }

  private begin(id: string, time: number): void {
    if (this.open.size >= tracked) return;
    this.open.set(id, time);
  }

  private expire(source: string, time: number, alerts: readonly Alert[]): readonly Alert[] {
    if (time < this.window + unfinishedAfter) return alerts;
    const begun = this.window;
    this.window = time;
    for (const [id, received] of this.open) {
      if (time - received < unfinishedAfter) break;
      this.open.delete(id);
      this.unfinishedInWindow += 1;
    }
    const count = this.unfinishedInWindow;
    this.totals.unfinished += count;
    this.unfinishedInWindow = 0;
    if (begun === 0 || count < manyUnfinished) return alerts;
    return [
      ...alerts,
      sensorAlert({
        rule: 'audit-requests-without-end',
        title: 'Requests that were received have no end in the audit log',
        severity: 'medium',
        source,
        from: begun,
        to: time,
        count,
        message: `${count} requests of ${source} were received and never completed: the API server was stopped, or events are lost`,
        next: [
          'Compare apiserver_audit_error_total of the API server, and its audit flags, with what they were before.',
        ],
      }),
    ];
  }

  private quietAlert(source: string, { from, to }: { readonly from: number; readonly to: number | undefined }): Alert {
    const { quietAfter } = this.options;
    const span = to === undefined ? `more than ${duration(quietAfter)}` : duration((to - from) / 1000);
    return sensorAlert({
      rule: 'audit-log-went-quiet',
      title: 'The audit log went quiet',
      severity: 'high',
      source,
      from,
      to: to ?? from + quietAfter * 1000,
      count: 1,
      message: `no event came from ${source} for ${span}: a cluster is never that quiet unless its audit policy drops nearly everything`,
      next: [
        'See whether the API server runs, and whether its --audit flags and its policy are what they were.',
        'If the policy drops nearly everything, allow longer silences with --quiet-after.',
      ],
    });
  }
}

/** Good enough to tell two requests apart that one client sends under one id. */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

const none: readonly Alert[] = Object.freeze([]);

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`;
}

function* numbersIn(value: Json | undefined): Iterable<readonly [string, number]> {
  if (!isList(value)) return;
  for (const pair of value) {
    if (!isList(pair)) continue;
    const [key, number] = pair;
    if (typeof key === 'string' && typeof number === 'number') yield [key, number];
  }
}

function numberAt(state: { readonly [key: string]: Json }, key: string): number {
  const value = own(state, key);
  return typeof value === 'number' ? value : 0;
}
