import type { Json } from './json.ts';

/** How much of a request is recorded, from nothing to both bodies. */
export const auditLevels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type AuditLevel = (typeof auditLevels)[number];

export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof auditStages)[number];

/** Who asked, as the API server authenticated them. */
export interface AuditUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** What was asked for. Every field is empty where the event has none; `group` is empty for the core group. */
export interface AuditedObject {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface AuditStatus {
  /** 0 where the event has none. */
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

/**
 * How a request ended, told apart where codes alone do not:
 * `ok` 1xx to 3xx; `unauthenticated` 401; `denied` by authorisation, and `impersonation-refused` when it was the right
 * to act as somebody else that lacked; `refused` by admission, a quota, NodeRestriction or the guard against escalation
 * (authorised, and still 403); `failed` any other error; `pending` while the request runs.
 */
export const outcomes = [
  'ok',
  'unauthenticated',
  'denied',
  'impersonation-refused',
  'refused',
  'failed',
  'pending',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Where an event was read. */
export interface EventOrigin {
  /** A file, `stdin`, `webhook`, a stream's subject. */
  readonly source: string;
  /** Byte offset of its line in the source, 0 where there is none. */
  readonly offset: number;
}

/**
 * One record of an audit log, the same whatever wrapped it (audit.k8s.io/v1, EKS, AKS, GKE, OpenShift). Reading a
 * property may compute it; each is computed at most once.
 */
export interface AuditEvent {
  /** The audit id, which a client may choose: the same for all stages of one request. */
  readonly id: string;
  readonly level: AuditLevel;
  readonly stage: AuditStage;
  /** When the request came in, in milliseconds since 1970, with a fraction. */
  readonly received: number;
  /** When this stage was reached, in milliseconds since 1970, with a fraction: the event's own time. */
  readonly time: number;
  /** The verb as it was logged. */
  readonly verb: string;
  /**
   * What was done, whatever the transport: `exec`, `attach`, `portforward` and `proxy` for those subresources (with
   * kubectl from 1.31 the verb of an exec is `get`), else the verb.
   */
  readonly action: string;
  /** Path and query, as asked. */
  readonly uri: string;
  /** The path without the query. */
  readonly path: string;
  /** Undefined where authentication failed. */
  readonly user: AuditUser | undefined;
  /** Whom the user acted as, once that was allowed. */
  readonly impersonated: AuditUser | undefined;
  /** The address that can be relied on: the last one, which the API server saw itself. Empty where there is none. */
  readonly source: string;
  readonly sources: readonly string[];
  readonly userAgent: string;
  /** Undefined for what is no resource, like `/healthz`. */
  readonly object: AuditedObject | undefined;
  /** Undefined before there is a response. */
  readonly status: AuditStatus | undefined;
  readonly outcome: Outcome;
  /** Whether this is the stage that says how the request ended (or, for what runs long, how it began). */
  readonly isTerminal: boolean;
  readonly annotations: ReadonlyMap<string, string>;
  /** The body of the request; undefined where the level or the kind of request left it out. */
  readonly request: Json | undefined;
  /** The body of the response. */
  readonly response: Json | undefined;
  readonly origin: EventOrigin;
  /** The audit.k8s.io/v1 Event itself, unknown fields and all. */
  readonly raw: Json;
}
