import base from '../../data/benchmarks/cis-1.12.json' with { type: 'json' };
import type { Distribution } from '../model/component.ts';

/** A row of a benchmark: its number in this edition, and the controls that answer it. */
export interface BenchmarkCheck {
  readonly id: string;
  /** In our words. */
  readonly title: string;
  /** The benchmark says that a program can decide it. */
  readonly automated: boolean;
  readonly controls: readonly string[];
  /** What this edition asks otherwise than the controls do. */
  readonly differs?: string;
}

export interface BenchmarkEdition {
  readonly id: string;
  readonly title: string;
  /** Minor versions of Kubernetes 1.x that it is meant for, first and last. */
  readonly kubernetes: readonly [number, number];
  /** Absent: any distribution that runs its own control plane. */
  readonly distribution?: Distribution;
  readonly rows: readonly BenchmarkCheck[];
}

export const editions: readonly BenchmarkEdition[] = [
  { id: base.id, title: base.title, kubernetes: [base.kubernetes[0] ?? 0, base.kubernetes[1] ?? 0], rows: base.rows },
];
