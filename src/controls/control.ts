import type { Facts } from '../facts/facts.ts';
import type { Component } from '../model/component.ts';
import type { Edit, FixSafety } from '../model/edit.ts';
import type { NodeChange } from '../model/node-change.ts';
import type { Severity } from '../model/severity.ts';
import type { SubjectKind, Subjects } from '../model/subject.ts';
import type { Failure, Verdict } from '../model/verdict.ts';
import { acrossVersions } from './across-versions.ts';

/** Which controls run: `security` unless asked otherwise. */
export const profiles = ['security', 'reliability'] as const;
export type Profile = (typeof profiles)[number];

/** One requirement: data, and pure functions of a subject and the facts. */
export interface Control<K extends SubjectKind = SubjectKind> {
  /** `component/name`, stable, in the field's words. */
  readonly id: string;
  /** The good state: "Containers do not run privileged". */
  readonly title: string;
  readonly severity: Severity;
  readonly profile: Profile;
  readonly subject: K;
  /** Of a `component` control: the component that it is about. Others are not asked. */
  readonly component?: Component;
  /** Of an `object` control: the kinds that it is about, so that it is not asked about others. They are not applicable. */
  readonly kinds?: readonly string[];
  /** Why someone should care, in a sentence or two. */
  readonly why: string;
  /** What to do, for people, where the fix alone does not say it. */
  readonly remedy: string;
  /** Ids of controls whose failure on the same subject makes this one's redundant: one finding a root cause. */
  readonly coveredBy: readonly string[];
  /** An empty list is a pass. */
  readonly check: (subject: Subjects[K], facts: Facts) => Verdict | readonly Failure[];
  readonly fix?: Fix<K>;
  /** As `fix`, for what is set up on a node. */
  readonly mend?: Mend<K>;
  readonly examples: Examples;
}

export interface Fix<K extends SubjectKind = SubjectKind> {
  readonly safety: FixSafety;
  /** The edits that mend one failure; none where this case needs a person. */
  readonly edits: (subject: Subjects[K], failure: Failure, facts: Facts) => readonly Edit[];
}

export interface Mend<K extends SubjectKind = SubjectKind> {
  readonly safety: FixSafety;
  /** What must hold first, and is no fact of the configuration: said with the fix. */
  readonly first?: string;
  readonly changes: (subject: Subjects[K], failure: Failure, facts: Facts) => readonly NodeChange[];
  /** Why the changes must not be made here: a precondition that does not hold. */
  readonly refusal?: (subject: Subjects[K], failure: Failure, facts: Facts) => string | undefined;
}

/**
 * Manifests, or files of a node (`node-examples.ts`), that show the control at work: its tests and its documentation.
 * See `examples.ts` for short forms.
 */
export interface Examples {
  readonly pass: readonly string[];
  readonly fail: readonly string[];
}

type Optional = 'profile' | 'coveredBy' | 'remedy';

export type ControlDefinition<K extends SubjectKind> = Omit<Control<K>, Optional> & Partial<Pick<Control<K>, Optional>>;

/** A control as the registry holds it: which kind of subject it takes is known by its `subject` field. */
export type AnyControl = { [K in SubjectKind]: Control<K> }[SubjectKind];

export function control<K extends SubjectKind>(definition: ControlDefinition<K>): Control<K> {
  const whole: Control<K> = { profile: 'security', coveredBy: [], remedy: '', ...definition };
  if (whole.subject !== 'component') return whole;
  // K is 'component' here, which the compiler cannot conclude from the field.
  return acrossVersions(whole as unknown as Control<'component'>) as unknown as Control<K>;
}
