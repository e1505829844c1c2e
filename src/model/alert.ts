import type { Severity } from './severity.ts';

/** Requests that a detection has to see: `*` is any. */
export interface NeededRequests {
  /** API group, empty for the core group. */
  readonly group: string;
  /** `pods`, `pods/exec`, `*`; `nonResourceURLs` paths are in `paths`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

/** What a detection needs of the audit policy, to see what it is for. */
export interface DetectionNeeds {
  /** The lowest level at which the detection can be decided. */
  readonly level: 'Metadata' | 'Request' | 'RequestResponse';
  /** The level that patches take where it is another: a patch does not show what it leaves as it was. */
  readonly patchLevel?: 'RequestResponse';
  readonly stage: 'ResponseStarted' | 'ResponseComplete';
  readonly requests: readonly NeededRequests[];
  /** Paths that are no resources, `*` at the end as in an audit policy. */
  readonly paths: readonly string[];
  /** Requests that failed authentication, which no rule with users or groups matches. */
  readonly unauthenticated: boolean;
}

/** Who did what an alert tells of. */
export interface AlertActor {
  /** Empty where authentication failed. */
  readonly user: string;
  readonly impersonated: string;
  readonly groups: readonly string[];
  readonly source: string;
  readonly userAgent: string;
}

/**
 * One incident: what a detection saw, all events of the same actor against the same target folded into one.
 * An update repeats the alert with the same id and a higher `revision`.
 */
export interface Alert {
  /** Stable over replays and restarts: the rule, what it groups by, and the first event. */
  readonly id: string;
  /** 0 when it is new. */
  readonly revision: number;
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  /** ATT&CK technique ids, `T1110`. */
  readonly attack: readonly string[];
  readonly actor: AlertActor;
  /** What it was done to: `secrets shop/db`, `/api/v1/…`; the first few, most told first. */
  readonly targets: readonly string[];
  /** What happened here, in one sentence. */
  readonly message: string;
  /** What to do next. */
  readonly next: readonly string[];
  /** RFC 3339, of the first and last event: event time. */
  readonly first: string;
  readonly last: string;
  /** How many events are folded in. */
  readonly count: number;
  /** Their audit ids, at most 20, first ones first. */
  readonly events: readonly string[];
  /** Findings that made it possible, where a snapshot is at hand: control and subject. */
  readonly causes: readonly string[];
}
