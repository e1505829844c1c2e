import type { ComparedFinding, ComparedRun } from '../engine/comparison.ts';
import type { Finding } from '../engine/finding.ts';
import { type Copies, copiesIn, recordOf } from '../engine/finding-record.ts';
import type { Judgement } from '../engine/judge.ts';
import { locationOf } from './location.ts';
import { objectName } from './names.ts';
import { sortPlaces } from './order.ts';
import { isComplete } from './summary.ts';
import { tool } from './tool.ts';

/** A judgement as one side of a comparison. */
export function comparedRun(judgement: Judgement, name: string): ComparedRun {
  const copies = copiesIn(judgement.snapshot);
  return {
    name,
    version: tool.version,
    findings: judgement.findings.map((finding) => comparedFinding(finding, copies)),
    controls: new Set(judgement.controls.map(({ id }) => id)),
    unread: new Set([
      ...judgement.inputs.skipped.flatMap(({ file, bucket }) => (bucket === 'unparsable' ? [file] : [])),
      ...judgement.gaps.flatMap(({ code, what }) => (code === 'malformed' ? [] : [what])),
    ]),
    complete: isComplete(judgement),
  };
}

function comparedFinding(finding: Finding, copies: Copies): ComparedFinding {
  const { control, severity, message, owner, subject, places } = finding;
  const first = sortPlaces(places)[0];
  const location = first && locationOf(first);
  return {
    ...recordOf(finding, copies),
    control: control.id,
    severity,
    message,
    object: objectName(owner),
    ...(subject.container !== undefined && { container: subject.container.name }),
    ...(location?.line !== undefined && { place: `${location.file}:${location.line}` }),
  };
}

/** Why findings are not comparable. */
export const incomparableWords = {
  control: 'the control ran on one side alone',
  file: 'the other side could not read the file',
} as const;
