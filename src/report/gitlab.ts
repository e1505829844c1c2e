import type { Finding } from '../engine/finding.ts';
import { fingerprint } from '../engine/fingerprint.ts';
import type { Judgement } from '../engine/judge.ts';
import type { Severity } from '../model/severity.ts';
import { jsonLines } from './json-lines.ts';
import { locationOf } from './location.ts';
import { objectName } from './names.ts';
import { sortFindings, sortPlaces } from './order.ts';

/** GitLab's names for how grave an issue of code quality is. */
const severities: Readonly<Record<Severity, string>> = {
  critical: 'blocker',
  high: 'critical',
  medium: 'major',
  low: 'minor',
  info: 'info',
};

/**
 * GitLab's Code Quality report: a list of issues, each at one place in a file. A finding with several places is
 * several issues. What was read from a cluster stands in no file and is given the object's path there.
 */
export function gitlab(judgement: Judgement): Iterable<string> {
  return jsonLines(issues(judgement.findings));
}

function* issues(findings: readonly Finding[]): Generator<unknown> {
  for (const finding of sortFindings(findings)) {
    for (const [index, place] of sortPlaces(finding.places).entries()) {
      const { file, line = 1 } = locationOf(place);
      yield {
        description: `${objectName(finding.owner)}: ${finding.message}`,
        check_name: finding.control.id,
        fingerprint: index === 0 ? fingerprint(finding) : `${fingerprint(finding)}-${index + 1}`,
        severity: severities[finding.severity],
        location: { path: relative(file), lines: { begin: line } },
      };
    }
  }
}

/** GitLab links paths from the root of the repository. */
function relative(file: string): string {
  return file.replace(/^(?:\.\/)+/, '');
}
