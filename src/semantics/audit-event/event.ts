import {
  type AuditEvent,
  type AuditedObject,
  type AuditLevel,
  type AuditStage,
  type AuditStatus,
  type AuditUser,
  auditLevels,
  auditStages,
  type EventOrigin,
  type Outcome,
} from '../../model/audit-event.ts';
import { isList, isObject, type Json, type JsonObject, own } from '../../model/json.ts';
import { body, objectOf, statusOf, stringMap, strings, text, userOf } from './event-fields.ts';
import { actionOf, outcomeOf, runsLong } from './outcome.ts';
import { parseTimestamp } from './timestamp.ts';

/**
 * One audit.k8s.io Event (v1, v1beta1); undefined for anything else. Takes any JSON: a field of another type reads as
 * unset. Reading costs nothing until a property is asked for. The items of an EventList have no kind: `eventsIn`.
 *
 * Of a request that runs long (watch, exec, log and the like) both ResponseStarted and ResponseComplete are terminal,
 * since a policy may omit either: whoever counts requests counts audit ids. `time` and `received` are 0 where the
 * event has no readable timestamp.
 */
export function readAuditEvent(raw: Json, origin: EventOrigin): AuditEvent | undefined {
  if (!isObject(raw) || raw.kind !== 'Event') return undefined;
  const version = raw.apiVersion;
  return version === 'audit.k8s.io/v1' || version === 'audit.k8s.io/v1beta1' ? new ReadEvent(raw, origin) : undefined;
}

/** `undefined` in a private field: not asked for yet; `null`: there is none. */
class ReadEvent implements AuditEvent {
  readonly raw: JsonObject;
  readonly origin: EventOrigin;
  private readTime = -1;
  private readReceived = -1;
  private readUser: AuditUser | null | undefined = undefined;
  private readImpersonated: AuditUser | null | undefined = undefined;
  private readObject: AuditedObject | null | undefined = undefined;
  private readStatus: AuditStatus | null | undefined = undefined;
  private readSources: readonly string[] | undefined = undefined;
  private readAnnotations: ReadonlyMap<string, string> | undefined = undefined;
  private readOutcome: Outcome | undefined = undefined;
  private readPath: string | undefined = undefined;

  constructor(raw: JsonObject, origin: EventOrigin) {
    this.raw = raw;
    this.origin = origin;
  }

  get id(): string {
    return text(this.raw.auditID);
  }

  get level(): AuditLevel {
    // A forwarder of OpenShift's puts a log level here, and the audit level beside it.
    const { level, k8s_audit_level: kubernetes, openshift_audit_level: openshift } = this.raw;
    return levelOf(level) ?? levelOf(kubernetes) ?? levelOf(openshift) ?? 'Metadata';
  }

  get stage(): AuditStage {
    const { stage } = this.raw;
    return stageOf(stage) ?? (isObject(this.raw.responseStatus) ? 'ResponseComplete' : 'RequestReceived');
  }

  get received(): number {
    if (this.readReceived === -1) {
      const { requestReceivedTimestamp, timestamp } = this.raw;
      this.readReceived = firstTime(requestReceivedTimestamp, -1);
      if (this.readReceived === -1) this.readReceived = firstTime(timestamp, this.time);
    }
    return this.readReceived;
  }

  get time(): number {
    if (this.readTime === -1) {
      const { stageTimestamp, requestReceivedTimestamp, timestamp } = this.raw;
      this.readTime = firstTime(stageTimestamp, -1);
      if (this.readTime === -1) this.readTime = firstTime(requestReceivedTimestamp, firstTime(timestamp, 0));
    }
    return this.readTime;
  }

  get verb(): string {
    return text(this.raw.verb);
  }

  get action(): string {
    const reference = this.raw.objectRef;
    return actionOf(this.verb, isObject(reference) ? text(reference.subresource) : '');
  }

  get uri(): string {
    return text(this.raw.requestURI);
  }

  get path(): string {
    if (this.readPath === undefined) {
      const { uri } = this;
      const query = uri.indexOf('?');
      this.readPath = query === -1 ? uri : uri.slice(0, query);
    }
    return this.readPath;
  }

  get user(): AuditUser | undefined {
    if (this.readUser === undefined) this.readUser = userOf(this.raw.user);
    return this.readUser ?? undefined;
  }

  get impersonated(): AuditUser | undefined {
    if (this.readImpersonated === undefined) this.readImpersonated = userOf(this.raw.impersonatedUser);
    return this.readImpersonated ?? undefined;
  }

  get source(): string {
    const { sourceIPs } = this.raw;
    return isList(sourceIPs) ? text(sourceIPs[sourceIPs.length - 1]) : '';
  }

  get sources(): readonly string[] {
    this.readSources ??= strings(this.raw.sourceIPs);
    return this.readSources;
  }

  get userAgent(): string {
    return text(this.raw.userAgent);
  }

  get object(): AuditedObject | undefined {
    if (this.readObject === undefined) this.readObject = objectOf(this.raw.objectRef);
    return this.readObject ?? undefined;
  }

  get status(): AuditStatus | undefined {
    if (this.readStatus === undefined) this.readStatus = statusOf(this.raw);
    return this.readStatus ?? undefined;
  }

  get outcome(): Outcome {
    if (this.readOutcome === undefined) {
      const { annotations, responseStatus } = this.raw;
      this.readOutcome = outcomeOf({
        stage: this.stage,
        status: this.status,
        statusWord: isObject(responseStatus) ? text(responseStatus.status) : '',
        authenticated: this.user !== undefined,
        decision: isObject(annotations) ? text(own(annotations, 'authorization.k8s.io/decision')) : '',
      });
    }
    return this.readOutcome;
  }

  get isTerminal(): boolean {
    const { stage } = this;
    if (stage !== 'ResponseStarted') return stage !== 'RequestReceived';
    // A failed authentication has this stage only.
    return this.user === undefined || runsLong(this);
  }

  get annotations(): ReadonlyMap<string, string> {
    this.readAnnotations ??= stringMap(this.raw.annotations);
    return this.readAnnotations;
  }

  get request(): Json | undefined {
    return body(this.raw.requestObject);
  }

  get response(): Json | undefined {
    return body(this.raw.responseObject);
  }
}

function levelOf(value: Json | undefined): AuditLevel | undefined {
  for (const level of auditLevels) {
    if (level === value) return level;
  }
  return undefined;
}

function stageOf(value: Json | undefined): AuditStage | undefined {
  for (const stage of auditStages) {
    if (stage === value) return stage;
  }
  return undefined;
}

/** Before 1970 lies only what no clock said: Go writes an unset time as the year 1. */
function firstTime(value: Json | undefined, otherwise: number): number {
  const time = typeof value === 'string' ? parseTimestamp(value) : Number.NaN;
  return time >= 0 ? time : otherwise;
}
