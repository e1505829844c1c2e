import cis from '../../data/benchmarks/cis-1.12.json' with { type: 'json' };
import { guidances } from './benchmark-guidance.ts';

/** A row of a benchmark that a control answers, wholly or in part. */
export interface BenchmarkRow {
  readonly benchmark: string;
  readonly title: string;
  readonly row: string;
}

/** One edition of each: the newest, and of CIS the one that the others are told by. */
const benchmarks = [
  ...guidances.filter(({ id }) => id === 'pod-security-standards'),
  cis,
  ...guidances.filter(({ id }) => id !== 'pod-security-standards').map(newest),
];

function newest({ id, title, editions, rows }: (typeof guidances)[number]): Pick<typeof cis, 'id' | 'title'> & {
  readonly rows: readonly { readonly id: string; readonly controls: readonly string[] }[];
} {
  const last = editions.at(-1);
  if (last === undefined) return { id, title, rows };
  return { ...last, rows: rows.filter(({ editions: asking }) => asking === undefined || asking.includes(last.id)) };
}

const byControl = new Map<string, BenchmarkRow[]>();
for (const { id, title, rows } of benchmarks) {
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
