import type { ComparedRun, Comparison } from '../engine/comparison.ts';
import { jsonLines } from './json-lines.ts';
import { tool } from './tool.ts';

/** The comparison as JSON: sorted, and without a clock, as the reports are. */
export function comparisonJson({
  before,
  after,
  added,
  gone,
  changed,
  kept,
  incomparable,
}: Comparison): Iterable<string> {
  return jsonLines(
    new Map<string, unknown>([
      ['schema', 'bulwark.diff/v1'],
      ['tool', tool],
      ['before', side(before)],
      ['after', side(after)],
      [
        'summary',
        { new: added.length, gone: gone.length, changed: changed.length, kept, incomparable: incomparable.length },
      ],
      ['new', added],
      ['gone', gone],
      ['changed', changed.map(({ finding, was }) => ({ ...finding, was }))],
      ['incomparable', incomparable],
    ]),
  );
}

function side({ name, complete, findings }: ComparedRun): unknown {
  return { name, complete, findings: findings.length };
}
