import type { Container } from '../../model/container.ts';
import type { Json } from '../../model/json.ts';
import type { Path } from '../../model/path.ts';
import type { Pod } from '../../model/pod.ts';
import type { PodSecurityLevel } from './policy.ts';

/** One place in the object that breaks a check. */
export interface Violation {
  /** Absent where the pod itself is at fault. */
  readonly container?: Container;
  /** Absolute path of the field; the field itself may be missing, where the fault is that it is. */
  readonly path: Path;
  /** What is set there; absent where nothing is. */
  readonly value?: Json;
}

/** What a check says of a pod that breaks it, in the API server's words. */
export interface Offence {
  readonly reason: string;
  readonly detail: string;
  readonly violations: readonly Violation[];
}

/** Both axes of time, as minors of v1. */
export interface Edition {
  /** Of the policy: never newer than the server. */
  readonly policy: number;
  /** Of the API server, whose code decides what no policy version governs. */
  readonly server: number;
}

/** Undefined where the pod keeps the rule. */
export type CheckPod = (pod: Pod, edition: Edition) => Offence | undefined;

export interface CheckVersion {
  /** The first policy minor to which it applies; it does until the next version of the check. */
  readonly since: number;
  readonly check: CheckPod;
}

/** One of upstream's checks. */
export interface PodSecurityCheck {
  /** Upstream's id. */
  readonly id: string;
  readonly level: Exclude<PodSecurityLevel, 'privileged'>;
  /** Oldest first; there is no check before the first. */
  readonly versions: readonly CheckVersion[];
  /** Baseline checks that this one stands in for at restricted, once it applies itself. */
  readonly overrides: readonly string[];
}
