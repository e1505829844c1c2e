import type { ComparedFinding, ComparedRun } from '../engine/comparison.ts';
import type { Finding } from '../engine/finding.ts';
import { fingerprint } from '../engine/fingerprint.ts';
import type { Judgement } from '../engine/judge.ts';
import { locationOf } from './location.ts';
import { objectName } from './names.ts';
import { sortPlaces } from './order.ts';
import { isComplete } from './summary.ts';

/** A judgement as one side of a comparison. */
export function comparedRun(judgement: Judgement, name: string): ComparedRun {
  return {
    name,
    findings: judgement.findings.map(comparedFinding),
    controls: new Set(judgement.controls.map(({ id }) => id)),
    complete: isComplete(judgement),
  };
}

function comparedFinding(finding: Finding): ComparedFinding {
  const { control, severity, message, owner, subject, places } = finding;
  const first = sortPlaces(places)[0];
  const location = first && locationOf(first);
  return {
    fingerprint: fingerprint(finding),
    control: control.id,
    severity,
    message,
    object: objectName(owner),
    ...(subject.container !== undefined && { container: subject.container.name }),
    ...(location?.line !== undefined && { place: `${location.file}:${location.line}` }),
  };
}
