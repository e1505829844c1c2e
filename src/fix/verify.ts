import type { AnyControl } from '../controls/control.ts';
import type { Finding, Place } from '../engine/finding.ts';
import { type JudgeOptions, judge } from '../engine/judge.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { placeOf } from './manifest-file.ts';
import type { PlannedFix } from './plan.ts';

/** What stands where: every failure of a snapshot, those too that a graver one on the same subject hides. */
export class Standing {
  private readonly bySubject = new Map<string, Faulty>();

  constructor(snapshot: Snapshot, options: JudgeOptions) {
    // A finding that comes to light because what covered it is mended is not new.
    const controls = options.controls.map((control): AnyControl => ({ ...control, coveredBy: [] }));
    for (const finding of judge(snapshot, { ...options, controls }).findings) {
      for (const place of finding.places) {
        const key = subjectKey(finding, place);
        const known = this.bySubject.get(key);
        const severity =
          known === undefined || compareSeverity(finding.severity, known.severity) > 0
            ? finding.severity
            : known.severity;
        const messages = new Set(known?.messages).add(finding.message);
        this.bySubject.set(key, { finding, severity, messages, place });
      }
    }
  }

  /** Whether the finding of a fix is gone from its place, rather than there under another message. */
  isMended({ finding, place }: PlannedFix, before: Standing): boolean {
    const key = subjectKey(finding, place);
    const now = this.bySubject.get(key)?.messages;
    if (now === undefined) return true;
    return !now.has(finding.message) && now.size < (before.bySubject.get(key)?.messages.size ?? 0);
  }

  /** Whether the finding of a fix stood here, rather than came and went with the mending. */
  has({ finding, place }: PlannedFix): boolean {
    return this.bySubject.get(subjectKey(finding, place))?.messages.has(finding.message) === true;
  }

  /** Findings that were not there before, or have become graver, by file. */
  worseThan(before: Standing): readonly Worse[] {
    const worse: Worse[] = [];
    for (const [key, { finding, severity, place }] of this.bySubject) {
      const earlier = before.bySubject.get(key);
      if (earlier === undefined || compareSeverity(severity, earlier.severity) > 0) {
        worse.push({ place, finding, severity });
      }
    }
    return worse;
  }
}

export interface Worse {
  readonly place: Place;
  readonly finding: Finding;
  readonly severity: Severity;
}

interface Faulty {
  readonly finding: Finding;
  readonly place: Place;
  /** Of the gravest. */
  readonly severity: Severity;
  readonly messages: ReadonlySet<string>;
}

/** One control, one logical subject, one object in one file: list indexes and messages may change. */
export function subjectKey(finding: Finding, place: Place): string {
  return `${finding.control.id}\n${faultKey(finding, place)}`;
}

/** The same without the control: what several controls may find wrong with one thing, such as a volume. */
export function faultKey({ control, identity, message }: Finding, place: Place): string {
  const variant = `\n${message}`;
  const logical = identity.endsWith(variant) ? identity.slice(0, -variant.length) : identity;
  return JSON.stringify([objectKey(place), logical.slice(control.id.length)]);
}

/** One object in one file. */
export function objectKey({ object }: Place): string {
  return JSON.stringify([object.source.file, placeOf(object)]);
}
