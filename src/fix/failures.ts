import type { AnyControl } from '../controls/control.ts';
import type { Place } from '../engine/finding.ts';
import type { Facts } from '../facts/facts.ts';
import { containerSubjects, podSubjects } from '../facts/workloads.ts';
import type { Edit } from '../model/edit.ts';
import { formatPath } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import type { ObjectSubject, Subject, SubjectKind } from '../model/subject.ts';
import type { Failure } from '../model/verdict.ts';
import { groupBy } from '../report/group-by.ts';

/** What a control says of one subject of an object, with what it would do about it. */
export interface Fault {
  readonly subject: Subject;
  readonly failure: Failure;
  /** What mends it; none where this case needs a person. Throws what the control throws. */
  edits(): readonly Edit[];
}

/**
 * The failures behind a finding, at any of its places: a finding holds the subject of its first place only, and an
 * object that stands in several files is a subject in each.
 */
export class Faults {
  private readonly facts: Facts;
  private readonly subjects: { readonly [K in SubjectKind]?: SubjectsOf };
  private readonly known = new Map<KubeObject, Map<AnyControl, ReadonlyMap<string, readonly Fault[]>>>();

  constructor(facts: Facts) {
    this.facts = facts;
    this.subjects = {
      pod: groupBy(facts.get(podSubjects), ({ object }) => object),
      container: groupBy(facts.get(containerSubjects), ({ object }) => object),
    };
  }

  at(control: AnyControl, place: Place, message: string): readonly Fault[] {
    let byControl = this.known.get(place.object);
    if (byControl === undefined) {
      byControl = new Map();
      this.known.set(place.object, byControl);
    }
    let faults = byControl.get(control);
    if (faults === undefined) {
      faults = groupBy(this.judge(control, place.object), ({ failure }) => keyOf(failure.at, failure.message));
      byControl.set(control, faults);
    }
    return faults.get(keyOf(place.path, message)) ?? [];
  }

  private judge(control: AnyControl, object: KubeObject): Fault[] {
    const { facts } = this;
    // The narrowing pairs the control with subjects of its kind, as `Subjects` does.
    const { check, fix } = control as unknown as AnySubjectControl;
    const own: ObjectSubject = { object, path: [], template: '' };
    const subjects = control.subject === 'object' ? [own] : (this.subjects[control.subject]?.get(object) ?? []);
    return subjects.flatMap((subject) => {
      const verdict = check(subject, facts);
      const failures = 'kind' in verdict ? (verdict.kind === 'fail' ? [verdict] : []) : verdict;
      return failures.map((failure) => ({ subject, failure, edits: () => fix?.edits(subject, failure, facts) ?? [] }));
    });
  }
}

type SubjectsOf = ReadonlyMap<KubeObject, readonly Subject[]>;

interface AnySubjectControl {
  readonly check: (subject: Subject, facts: Facts) => ReturnType<AnyControl['check']>;
  readonly fix?: { readonly edits: (subject: Subject, failure: Failure, facts: Facts) => readonly Edit[] };
}

function keyOf(path: Failure['at'], message: string): string {
  return `${formatPath(path)}\n${message}`;
}
