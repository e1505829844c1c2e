import type { AnyControl } from '../controls/control.ts';
import { type Facts, factsOf } from '../facts/facts.ts';
import { readNode } from '../facts/nodes.ts';
import type { Edit } from '../model/edit.ts';
import type { FileEvidence, NodeEvidence } from '../model/node.ts';
import type { NodeChange } from '../model/node-change.ts';
import type { NodeComponent } from '../model/node-component.ts';
import { compareSeverity } from '../model/severity.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ComponentSubject, NodeSubject, Subject } from '../model/subject.ts';
import type { Failure, Verdict } from '../model/verdict.ts';
import { componentArgs } from '../semantics/node/component-args.ts';
import { placeChange, type SettingChange } from '../semantics/node/placement.ts';
import { applyEdits } from '../yaml/splice.ts';
import type { Finding } from './finding.ts';
import type { JudgeOptions } from './judge.ts';

/** One node that is to be mended, and what is known around it. */
export interface MendSite {
  readonly node: NodeEvidence;
  readonly facts: Facts;
  /** All that judge a change, whichever is to be mended. */
  readonly judging: JudgeOptions;
}

/** What is done to one file of the node. */
export type MendStep =
  | {
      readonly kind: 'text';
      readonly path: string;
      readonly edits: readonly Edit[];
      /** With the edits made: of the evidence, credentials redacted. */
      readonly text: string;
      readonly restart: string;
    }
  | { readonly kind: 'mode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'owner'; readonly path: string; readonly uid: number; readonly gid: number };

export type MendPlan =
  /** `node` is the evidence as it would be. */
  { readonly kind: 'mends'; readonly steps: readonly MendStep[]; readonly node: NodeEvidence } | MendObstacle;

/** Why a finding stays. `detail`: what a person does about it, or why it is refused. */
export interface MendObstacle {
  readonly kind: 'needs-a-person' | 'refused';
  readonly detail: string;
}

/** `snapshot` with that node alone. */
export function mendSite(snapshot: Snapshot, node: NodeEvidence, judging: JudgeOptions): MendSite {
  return { node, facts: factsOf({ ...snapshot, nodes: [node] }, judging.settings), judging };
}

/**
 * What `bulwark fix` does about a finding on this node, for its layout: what a report promises is what is done. The
 * control must no longer fail, nothing as grave may be found anew on the same subject, and the component's configuration
 * must have no new problem (a flag that the version lacks, a value that it refuses). Pure.
 */
export function planMend(finding: Pick<Finding, 'control' | 'failure'>, site: MendSite): MendPlan {
  const { control, failure } = finding;
  const needsPerson = { kind: 'needs-a-person', detail: failure.remedy ?? control.remedy } as const;
  if (control.mend === undefined) return needsPerson;
  const fault = faultOf(finding, site);
  if (fault === undefined) return needsPerson;
  const { subject } = fault;
  const mend = control.mend as AnyMend;
  const changes = mend.changes(subject, fault.failure, site.facts);
  if (changes.length === 0) return needsPerson;
  const refusal = mend.refusal?.(subject, fault.failure, site.facts);
  if (refusal !== undefined) return { kind: 'refused', detail: refusal };
  const component = 'component' in subject ? subject.component : undefined;
  const plan = planChanges(changes, component, { site, remedy: needsPerson.detail });
  if (plan.kind !== 'mends') return plan;
  const problem = newProblem(finding, { component, before: site, after: siteLike(site, plan.node) });
  return problem === undefined ? plan : { kind: 'refused', detail: problem };
}

/**
 * The node by what is written down: a static pod that runs as its manifest says speaks by the manifest, so that a
 * change there is to be seen at once, and not when the process has been started again.
 */
export function asConfigured(node: NodeEvidence): NodeEvidence {
  if (node.processes.length === 0) return node;
  const described = new Set(
    componentArgs(node)
      .filter(({ start }) => start.by?.kind === 'static-pod' && start.differs !== true)
      .map(({ start }) => start.pid),
  );
  return { ...node, processes: node.processes.filter(({ pid }) => !described.has(pid)) };
}

interface Surroundings {
  readonly site: MendSite;
  /** What to say where only a person can do it. */
  readonly remedy: string;
}

function planChanges(
  changes: readonly NodeChange[],
  component: NodeComponent | undefined,
  { site, remedy }: Surroundings,
): MendPlan {
  const steps: MendStep[] = [];
  let node = site.node;
  for (const change of changes) {
    let step: MendStep | MendObstacle;
    if (change.kind !== 'setting') step = fileStep(change, node);
    else if (component === undefined) step = { kind: 'needs-a-person', detail: remedy };
    else {
      // A change that goes before this one may have moved what it edits.
      const moved = node === site.node ? component : componentLike(component, siteLike(site, node));
      step = settingStep(change, moved ?? component, node);
    }
    if ('detail' in step) return step;
    steps.push(step);
    node = withStep(node, step);
  }
  return { kind: 'mends', steps, node };
}

function settingStep(change: SettingChange, component: NodeComponent, node: NodeEvidence): MendStep | MendObstacle {
  const placement = placeChange(change, component);
  if (placement.kind === 'advice') return { kind: 'needs-a-person', detail: placement.text };
  const file = fileAt(node, placement.file);
  if (file?.text === undefined) return { kind: 'needs-a-person', detail: placement.text };
  const { text, refused } = applyEdits(file.text, placement.edits);
  if (refused.length > 0) {
    const reason = refused[0]?.reason ?? 'the text does not allow it';
    return { kind: 'refused', detail: `${placement.file}: ${reason}` };
  }
  return { kind: 'text', path: placement.file, edits: placement.edits, text, restart: placement.restart };
}

function fileStep(change: Exclude<NodeChange, { kind: 'setting' }>, node: NodeEvidence): MendStep | MendObstacle {
  const file = fileAt(node, change.path);
  if (file === undefined) return { kind: 'refused', detail: `${change.path} is not there` };
  if (change.kind === 'owner') return change;
  return { kind: 'mode', path: change.path, mode: file.mode & change.mode };
}

function withStep(node: NodeEvidence, step: MendStep): NodeEvidence {
  const changed = (file: FileEvidence): FileEvidence => {
    switch (step.kind) {
      case 'text':
        return { ...file, text: step.text, size: Buffer.byteLength(step.text) };
      case 'mode':
        return { ...file, mode: step.mode };
      case 'owner':
        return { ...file, uid: step.uid, gid: step.gid };
    }
  };
  return {
    ...node,
    files: node.files.map((file) => (file.path === step.path && file.process === undefined ? changed(file) : file)),
  };
}

interface Fault {
  readonly subject: NodeSubject | ComponentSubject;
  readonly failure: Failure;
}

/** The finding's failure once more, with the subject that it is about. */
function faultOf({ control, failure }: Pick<Finding, 'control' | 'failure'>, site: MendSite): Fault | undefined {
  for (const subject of subjectsOf(control, site)) {
    const same = failuresOf(control, subject, site.facts).find(
      ({ message, key }) => message === failure.message && key === failure.key,
    );
    if (same !== undefined) return { subject, failure: same };
  }
  return undefined;
}

function subjectsOf(control: AnyControl, { node, facts }: MendSite): readonly (NodeSubject | ComponentSubject)[] {
  const { object, components } = facts.get(readNode)(node);
  if (control.subject === 'node') return [{ object, node, path: [], template: '' }];
  if (control.subject !== 'component') return [];
  return components
    .filter(({ component }) => control.component === undefined || component === control.component)
    .map((component) => ({ object: component.object, component, path: [], template: '' }));
}

interface Change {
  readonly component: NodeComponent | undefined;
  readonly before: MendSite;
  readonly after: MendSite;
}

/** What speaks against a change that was made: it does not help or brings something else, or the component refuses it. */
function newProblem(finding: Pick<Finding, 'control' | 'failure'>, change: Change): string | undefined {
  const { component, before, after } = change;
  if (component !== undefined) {
    const known = new Set(component.config.problems.map(({ message }) => message));
    const problem = componentLike(component, after)?.config.problems.find(({ message }) => !known.has(message));
    if (problem !== undefined) return problem.message;
  }
  const { control, failure } = finding;
  const failing = failuresLike(control, component, after);
  const still = failing.find((each) => each.control === control && each.failure.key === failure.key);
  if (still !== undefined) return `it would still be so: ${still.failure.message}`;
  const severity = failure.severity ?? control.severity;
  const grave = failing.filter(
    (each) => compareSeverity(each.failure.severity ?? each.control.severity, severity) >= 0,
  );
  if (grave.length === 0) return undefined;
  const known = new Set(failuresLike(control, component, before).map(matterOf));
  const anew = grave.find((each) => !known.has(matterOf(each)));
  return anew && `it would bring ${anew.control.id}: ${anew.failure.message}`;
}

interface Failing {
  readonly control: AnyControl;
  readonly failure: Failure;
}

function matterOf({ control, failure }: Failing): string {
  return `${control.id}\n${failure.key ?? ''}`;
}

/** Everything that fails on the node, or on this component of it, as the control's own subject does. */
function failuresLike({ subject: kind }: AnyControl, like: NodeComponent | undefined, site: MendSite): Failing[] {
  const { controls, profiles = ['security'] } = site.judging;
  const failing: Failing[] = [];
  for (const control of controls) {
    if (control.subject !== kind || !profiles.includes(control.profile)) continue;
    for (const subject of subjectsOf(control, site)) {
      if (like !== undefined && 'component' in subject && !isLike(subject.component, like)) continue;
      for (const failure of failuresOf(control, subject, site.facts)) failing.push({ control, failure });
    }
  }
  const failed = new Set(failing.map(({ control }) => control.id));
  const matters = new Set(failing.map(matterOf));
  // As the judge reports: what is told with another finding is none of its own.
  return failing.filter(
    ({ control, failure: { sameAs, key } }) =>
      !control.coveredBy.some((id) => failed.has(id)) &&
      !(sameAs !== undefined && matters.has(`${sameAs}\n${key ?? ''}`)),
  );
}

function componentLike(component: NodeComponent, { node, facts }: MendSite): NodeComponent | undefined {
  return facts
    .get(readNode)(node)
    .components.find((each) => isLike(each, component));
}

function isLike(a: NodeComponent, b: NodeComponent): boolean {
  return a.component === b.component && a.start.by?.file === b.start.by?.file;
}

function siteLike({ facts, judging }: MendSite, node: NodeEvidence): MendSite {
  return mendSite(facts.snapshot, node, judging);
}

/** The narrowing pairs a control with subjects of its kind, as `Subjects` does. */
interface AnyMend {
  readonly changes: (subject: Subject, failure: Failure, facts: Facts) => readonly NodeChange[];
  readonly refusal?: (subject: Subject, failure: Failure, facts: Facts) => string | undefined;
}

function failuresOf(control: AnyControl, subject: Subject, facts: Facts): readonly Failure[] {
  const check = control.check as unknown as (subject: Subject, facts: Facts) => Verdict | readonly Failure[];
  const verdict = check(subject, facts);
  if (!('kind' in verdict)) return verdict;
  return verdict.kind === 'fail' ? [verdict] : [];
}

function fileAt(node: NodeEvidence, path: string): FileEvidence | undefined {
  return node.files.find((file) => file.path === path && file.process === undefined);
}
