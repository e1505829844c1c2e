import type { ComparedFinding, ComparedRun, Comparison } from '../engine/comparison.ts';
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
        {
          new: added.length,
          gone: gone.length,
          changed: changed.length,
          worse: changed.filter(({ worse }) => worse !== undefined).length,
          kept,
          incomparable: incomparable.length,
        },
      ],
      ['new', added.map(comparedRecord)],
      ['gone', gone.map(comparedRecord)],
      ['changed', changed.map(({ finding, was, worse }) => ({ ...comparedRecord(finding), was, worse }))],
      ['incomparable', incomparable.map((each) => ({ ...comparedRecord(each), side: each.side, why: each.why }))],
    ]),
  );
}

function side({ name, complete, findings }: ComparedRun): unknown {
  return { name, complete, findings: findings.length };
}

/** What is told of a finding that is compared. */
export function comparedRecord({
  fingerprint,
  control,
  severity,
  message,
  items,
  object,
  container,
  place,
}: ComparedFinding): object {
  return { fingerprint, control, severity, message, items, object, container, place };
}
