import type { DetectionNeeds } from '../model/alert.ts';
import type { JsonObject } from '../model/json.ts';
import type { Severity } from '../model/severity.ts';
import type { Expression } from './expression.ts';
import type { Field } from './field.ts';
import type { Message } from './message.ts';

/** A detection: a Sigma rule, or a Sigma correlation of other rules, with what Bulwark adds under `bulwark`. */
export interface DetectionRule {
  /** The rule's `id`; its name where it has none. */
  readonly id: string;
  /** Stable and short: alerts carry it. */
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly needs: DetectionNeeds;
  /** ATT&CK technique ids, `T1110`. */
  readonly attack: readonly string[];
  readonly why: string;
  readonly next: readonly string[];
  readonly falsePositives: readonly string[];
  readonly message: Message | undefined;
  /** False for a rule that is there only for a correlation to count. */
  readonly alerts: boolean;
  /** Firings of one actor whose values of these fields differ are incidents of their own. */
  readonly fold: readonly Field[];
  /** An incident that was quiet for so long is over; milliseconds. */
  readonly cooldown: number;
  /** Whether a learning period may take a service account's firing for its ordinary work. */
  readonly learn: boolean;
  /** Undefined for a correlation. */
  readonly condition: Expression | undefined;
  readonly correlation: Correlation | undefined;
  readonly examples: readonly RuleExample[];
  readonly path: string;
  readonly line: number;
  /** The documents that the rule was read from, as they are: a correlation follows the rules that it counts. */
  readonly source: JsonObject;
}

/** What is found in several events together. Times are in milliseconds of event time. */
export interface Correlation {
  readonly type: CorrelationType;
  /** Names of the rules that it looks at, in order. */
  readonly rules: readonly string[];
  readonly groupBy: readonly Field[];
  readonly timespan: number;
  /** Fires at this many. */
  readonly threshold: number;
  /** Whose distinct values are counted (`value_count`), or that have to be new (`first_seen`). */
  readonly values: readonly Field[];
  /** Of `first_seen`: how long a group has to be known before anything of it counts as new. */
  readonly learning: number;
}

export const correlationTypes = ['event_count', 'value_count', 'temporal', 'temporal_ordered', 'first_seen'] as const;
export type CorrelationType = (typeof correlationTypes)[number];

/** Events on which a rule fires, or stays silent. */
export interface RuleExample {
  readonly title: string;
  readonly fires: boolean;
  readonly events: readonly JsonObject[];
}

/** Why a rule cannot be used, and where. */
export interface RuleProblem {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}
