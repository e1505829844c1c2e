import cis from '../../data/benchmarks/cis-1.12.json' with { type: 'json' };
import { guidances } from './benchmark-guidance.ts';

/** A row of a benchmark that a control answers, wholly or in part. */
export interface BenchmarkRow {
  readonly benchmark: string;
  readonly title: string;
  readonly row: string;
}

const byControl = new Map<string, BenchmarkRow[]>();
for (const { id, title, rows } of [cis, ...guidances]) {
  for (const { id: row, controls } of rows) {
    for (const control of controls) {
      const known = byControl.get(control) ?? [];
      known.push({ benchmark: id, title, row });
      byControl.set(control, known);
    }
  }
}

/** Numbers of the benchmarks are data: a control's id stays when they are renumbered. */
export function benchmarksOf(controlId: string): readonly BenchmarkRow[] {
  return byControl.get(controlId) ?? [];
}

/** Every control that a benchmark names. */
export function mappedControls(): readonly string[] {
  return [...byControl.keys()];
}
