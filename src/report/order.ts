import type { Finding } from '../engine/finding.ts';
import type { ControlError } from '../engine/judge.ts';
import type { ExceptionNotice, Suppressed } from '../engine/suppressed.ts';
import type { Undecided } from '../engine/undecided.ts';
import { compareSeverity } from '../model/severity.ts';
import type { Gap, SkippedInput } from '../model/snapshot.ts';
import { comparePlaces, compareText } from './location.ts';

/*
 * The order of everything in machine formats. It depends on what was found and never on the order in which it was
 * read, so that two runs over the same input give the same bytes.
 */

/** Gravest first, then by control and logical subject. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.control.id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  const sorted: Finding[] = [];
  for (const group of [...groups.values()].sort(compareGroups)) {
    // An identity is put together when it is asked for: once for each finding, not once for each comparison; and those
    // of one group are dropped before the next, because there may be a million of them.
    const identified = group.map((finding) => ({ finding, identity: finding.identity }));
    identified.sort((a, b) => compareText(a.identity, b.identity));
    for (const { finding } of identified) sorted.push(finding);
  }
  return sorted;
}

/** Of findings with one severity and control each. An identity begins with the control. */
function compareGroups([a]: readonly Finding[], [b]: readonly Finding[]): number {
  if (a === undefined || b === undefined) return 0;
  return compareSeverity(b.severity, a.severity) || compareText(a.control.id, b.control.id);
}

export function sortPlaces(places: Finding['places']): Finding['places'] {
  // Most stand in order: those of replicas as the API server lists them, those of files by name.
  for (const [index, place] of places.entries()) {
    const next = places[index + 1];
    if (next !== undefined && comparePlaces(place, next) > 0) return places.toSorted(comparePlaces);
  }
  return places;
}

export function sortGaps(gaps: readonly Gap[]): readonly Gap[] {
  return gaps.toSorted(
    (a, b) =>
      compareText(a.code, b.code) ||
      compareText(a.what, b.what) ||
      (a.region?.line ?? 0) - (b.region?.line ?? 0) ||
      compareText(a.reason, b.reason),
  );
}

export function sortSkipped(inputs: readonly SkippedInput[]): readonly SkippedInput[] {
  return inputs.toSorted(
    (a, b) => compareText(a.file, b.file) || (a.document ?? -1) - (b.document ?? -1) || (a.line ?? 0) - (b.line ?? 0),
  );
}

export function sortErrors(errors: readonly ControlError[]): readonly ControlError[] {
  return errors.toSorted(
    (a, b) =>
      compareText(a.control.id, b.control.id) ||
      comparePlaces(a.subject, b.subject) ||
      compareText(a.subject.template, b.subject.template),
  );
}

export function sortUndecided(undecided: readonly Undecided[]): readonly Undecided[] {
  return undecided.toSorted((a, b) => compareText(a.control.id, b.control.id) || compareText(a.reason, b.reason));
}

/** As `sortFindings`. */
export function sortSuppressed(suppressed: readonly Suppressed[]): readonly Suppressed[] {
  const byFinding = new Map(suppressed.map((each) => [each.finding, each]));
  return sortFindings([...byFinding.keys()]).flatMap((finding) => byFinding.get(finding) ?? []);
}

export function sortNotices(notices: readonly ExceptionNotice[]): readonly ExceptionNotice[] {
  return notices.toSorted((a, b) => compareText(a.place, b.place) || compareText(a.message, b.message));
}
