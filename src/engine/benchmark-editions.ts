import type { Distribution } from '../model/component.ts';
import type { PodSecurityPolicy } from '../semantics/pod-security/index.ts';
import { cisEditions } from './benchmark-cis.ts';
import { guidanceEditions } from './benchmark-guidance.ts';

/** A row of a benchmark: its number in this edition, and the controls that answer it. */
export interface BenchmarkCheck {
  readonly id: string;
  /** In our words. */
  readonly title: string;
  /** Where the edition has chapters: the one that the row is in. */
  readonly section?: string;
  /** The benchmark says that a program can decide it; of one that does not say so, controls answer the whole row. */
  readonly automated: boolean;
  readonly controls: readonly string[];
  /** What this edition asks otherwise than the controls do. */
  readonly differs?: string;
  /** Why this edition leaves the row out for its distribution. */
  readonly leftOut?: string;
  /** Why no control answers it, or what of it none does. */
  readonly reason?: string;
  /** The permission bits that this edition allows, where the controls allow fewer. */
  readonly allowedMode?: number;
}

export interface BenchmarkEdition {
  readonly id: string;
  readonly title: string;
  /** What its editions have in common: `cis`, `nsa`. */
  readonly benchmark: string;
  /** Minor versions of Kubernetes 1.x that it is meant for, first and last. Absent: it speaks of no version. */
  readonly kubernetes?: readonly [number, number];
  /** Absent: any distribution that runs its own control plane. */
  readonly distribution?: Distribution;
  /** Of the Pod Security Standards: the policy whose checks its rows are, decided as Pod Security admission does. */
  readonly podSecurity?: PodSecurityPolicy;
  readonly rows: readonly BenchmarkCheck[];
}

/** All of them by name; the editions of a guidance in the order of their age, those of CIS as their data has them. */
export const editions: readonly BenchmarkEdition[] = [...cisEditions, ...guidanceEditions];

/** How far controls answer a row: the whole of it, a part, or nothing but a person does. */
export type Answered = 'automated' | 'partial' | 'manual';

export function answeredBy({ controls, reason }: BenchmarkCheck): Answered {
  if (controls.length === 0) return 'manual';
  return reason === undefined ? 'automated' : 'partial';
}
