import type { AnyControl } from '../../controls/control.ts';
import type { Finding } from '../../engine/finding.ts';
import { type Judgement, type JudgeOptions, judge } from '../../engine/judge.ts';
import type { Facts } from '../../facts/facts.ts';
import { factsOf } from '../../facts/facts.ts';
import { readNode } from '../../facts/nodes.ts';
import type { Edit, FixSafety } from '../../model/edit.ts';
import type { FileEvidence, NodeEvidence } from '../../model/node.ts';
import type { NodeChange } from '../../model/node-change.ts';
import type { NodeComponent } from '../../model/node-component.ts';
import { compareSeverity } from '../../model/severity.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { ComponentSubject, NodeSubject, Subject } from '../../model/subject.ts';
import type { Failure, Verdict } from '../../model/verdict.ts';
import { componentArgs } from '../../semantics/node/component-args.ts';
import { placeChange } from '../../semantics/node/placement.ts';
import { applyEdits } from '../../yaml/splice.ts';

export interface MendNodeOptions {
  /** With exactly one node. The rest is evidence too. */
  readonly snapshot: Snapshot;
  readonly judging: JudgeOptions;
  readonly select: (finding: Finding) => boolean;
  readonly allow: FixSafety;
}

/** What is to be done to one file of the node. */
export interface MendedFile {
  readonly path: string;
  /** In the order in which they are made, each round in the text that the one before left. */
  readonly rounds: readonly (readonly Edit[])[];
  /** Of the evidence, credentials redacted: for showing what changes. */
  readonly before: string;
  readonly after: string;
  readonly mode?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly mended: readonly MendedFinding[];
  /** What starts again, each once. */
  readonly restarts: readonly string[];
}

export interface MendedFinding {
  readonly finding: Finding;
  /** What must hold first, in words. */
  readonly first?: string;
}

export interface LeftOnNode {
  readonly finding: Finding;
  readonly cause: 'needs-a-person' | 'may-break' | 'refused';
  /** What to do, or why it was refused. */
  readonly detail: string;
}

export interface MendedNode {
  readonly files: readonly MendedFile[];
  readonly left: readonly LeftOnNode[];
  /** Of the node as it would be. */
  readonly judgement: Judgement;
}

/**
 * Mends a node's evidence finding by finding and judges each change: it stays only if its finding is gone, the
 * configuration has no new problem (a flag that the version lacks, a value that it refuses) and nothing as grave is
 * found anew. Pure: nothing is read or written.
 */
export function mendNode(options: MendNodeOptions): MendedNode {
  return new NodeMending(options).run();
}

interface Fault {
  readonly control: AnyControl;
  readonly failure: Failure;
  readonly changes: readonly NodeChange[];
  readonly refusal: string | undefined;
  readonly component: NodeComponent | undefined;
}

interface Draft {
  readonly path: string;
  before: string;
  after: string;
  readonly rounds: (readonly Edit[])[];
  mode?: number;
  owner?: { readonly uid: number; readonly gid: number };
  readonly mended: MendedFinding[];
  readonly restarts: Set<string>;
}

class NodeMending {
  private readonly options: MendNodeOptions;
  private readonly drafts = new Map<string, Draft>();
  private readonly left: LeftOnNode[] = [];
  private snapshot: Snapshot;
  private judgement: Judgement;

  constructor(options: MendNodeOptions) {
    this.options = options;
    const { nodes = [] } = options.snapshot;
    this.snapshot = { ...options.snapshot, nodes: nodes.map(asConfigured) };
    this.judgement = judge(this.snapshot, options.judging);
  }

  run(): MendedNode {
    for (const finding of this.judgement.findings) {
      if (!this.options.select(finding) || !isOfNode(finding)) continue;
      // Mending another finding may have mended this one.
      if (!this.judgement.findings.some(({ identity }) => identity === finding.identity)) continue;
      const left = this.mend(finding);
      if (left !== undefined) this.left.push({ finding, ...left });
    }
    const files = [...this.drafts.values()]
      .map(({ restarts, ...draft }): MendedFile => ({ ...draft, restarts: [...restarts] }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    return { files, left: this.left, judgement: this.judgement };
  }

  private mend(finding: Finding): Omit<LeftOnNode, 'finding'> | undefined {
    const { control, failure } = finding;
    const remedy = failure.remedy ?? control.remedy;
    const needsPerson = { cause: 'needs-a-person', detail: remedy } as const;
    if (control.mend === undefined) return needsPerson;
    const fault = this.faultOf(finding);
    if (fault === undefined || fault.changes.length === 0) return needsPerson;
    if (fault.refusal !== undefined) return { cause: 'refused', detail: fault.refusal };
    if (control.mend.safety === 'may-break' && this.options.allow === 'safe') {
      return { cause: 'may-break', detail: remedy };
    }
    const drafted = new Map<string, Draft>();
    let node = this.node();
    for (const change of fault.changes) {
      const made = this.make(change, { fault, node, drafted });
      if ('cause' in made) return made;
      node = made.node;
    }
    const refused = this.accept(node, fault, finding);
    if (refused !== undefined) return { cause: 'refused', detail: refused };
    const mended = { finding, ...(control.mend.first !== undefined && { first: control.mend.first }) };
    for (const [path, draft] of drafted) {
      draft.mended.push(mended);
      this.drafts.set(path, draft);
    }
    return undefined;
  }

  /** One change in the evidence and in the drafts of its files; neither counts before `accept`. */
  private make(
    change: NodeChange,
    { fault, node, drafted }: { fault: Fault; node: NodeEvidence; drafted: Map<string, Draft> },
  ): { readonly node: NodeEvidence } | Omit<LeftOnNode, 'finding'> {
    if (change.kind !== 'setting') {
      const file = fileAt(node, change.path);
      if (file === undefined) return { cause: 'refused', detail: `${change.path} is not there` };
      const draft = this.draft(change.path, drafted, file);
      if (change.kind === 'mode') {
        draft.mode = (draft.mode ?? file.mode) & change.mode;
        return { node: withFile(node, { ...file, mode: draft.mode }) };
      }
      draft.owner = { uid: change.uid, gid: change.gid };
      return { node: withFile(node, { ...file, uid: change.uid, gid: change.gid }) };
    }
    if (fault.component === undefined) return { cause: 'needs-a-person', detail: fault.failure.remedy ?? '' };
    // A change that goes before this one may have moved what it edits.
    const component = this.componentLike(fault.component, node);
    const placement = placeChange(change, component ?? fault.component);
    if (placement.kind === 'advice') return { cause: 'needs-a-person', detail: placement.text };
    const file = fileAt(node, placement.file);
    if (file?.text === undefined) return { cause: 'needs-a-person', detail: placement.text };
    const spliced = applyEdits(file.text, placement.edits);
    if (spliced.refused.length > 0) {
      return {
        cause: 'refused',
        detail: `${placement.file}: ${spliced.refused[0]?.reason ?? 'the text does not allow it'}`,
      };
    }
    const draft = this.draft(placement.file, drafted, file);
    draft.rounds.push(placement.edits);
    draft.after = spliced.text;
    draft.restarts.add(placement.restart);
    return { node: withFile(node, { ...file, text: spliced.text, size: Buffer.byteLength(spliced.text) }) };
  }

  private draft(path: string, drafted: Map<string, Draft>, file: FileEvidence): Draft {
    const begun = drafted.get(path);
    if (begun !== undefined) return begun;
    const known = this.drafts.get(path);
    const text = file.text ?? '';
    const draft: Draft =
      known === undefined
        ? { path, before: text, after: text, rounds: [], mended: [], restarts: new Set() }
        : { ...known, rounds: [...known.rounds], mended: [...known.mended], restarts: new Set(known.restarts) };
    drafted.set(path, draft);
    return draft;
  }

  /** Takes the changed node for the one to go on with; else says why not. */
  private accept(node: NodeEvidence, fault: Fault, finding: Finding): string | undefined {
    const snapshot = { ...this.snapshot, nodes: [node] };
    const problem = fault.component && this.newProblem(fault.component, node);
    if (problem !== undefined) return problem;
    const judgement = judge(snapshot, this.options.judging);
    const still = judgement.findings.find(
      ({ control, failure, owner }) =>
        control === finding.control && failure.key === finding.failure.key && owner.kind === finding.owner.kind,
    );
    if (still !== undefined) return `it would still be so: ${still.message}`;
    const before = new Set(this.judgement.findings.map(({ identity }) => identity));
    const anew = judgement.findings.find(
      (each) => !before.has(each.identity) && compareSeverity(each.severity, finding.severity) >= 0,
    );
    if (anew !== undefined) return `it would bring ${anew.control.id}: ${anew.message}`;
    this.snapshot = snapshot;
    this.judgement = judgement;
    return undefined;
  }

  private newProblem(component: NodeComponent, node: NodeEvidence): string | undefined {
    const known = new Set(this.componentLike(component, this.node())?.config.problems.map(({ message }) => message));
    const after = this.componentLike(component, node)?.config.problems ?? [];
    return after.find(({ message }) => !known.has(message))?.message;
  }

  private faultOf(finding: Finding): Fault | undefined {
    const facts = factsOf(this.snapshot, this.options.judging.settings);
    const { object, components } = facts.get(readNode)(this.node());
    const subjects: (NodeSubject | ComponentSubject)[] =
      finding.control.subject === 'node'
        ? [{ object, node: this.node(), path: [], template: '' }]
        : components.map((component) => ({ object: component.object, component, path: [], template: '' }));
    for (const subject of subjects) {
      const { control } = finding;
      if (
        control.component !== undefined &&
        'component' in subject &&
        subject.component.component !== control.component
      )
        continue;
      const failure = failuresOf(control, subject, facts).find(
        ({ message, key }) => message === finding.message && key === finding.failure.key,
      );
      if (failure === undefined) continue;
      const mend = control.mend as AnyMend | undefined;
      return {
        control,
        failure,
        changes: mend?.changes(subject, failure, facts) ?? [],
        refusal: mend?.refusal?.(subject, failure, facts),
        component: 'component' in subject ? subject.component : undefined,
      };
    }
    return undefined;
  }

  private componentLike({ component, start }: NodeComponent, node: NodeEvidence): NodeComponent | undefined {
    const facts = factsOf({ ...this.snapshot, nodes: [node] }, this.options.judging.settings);
    const { components } = facts.get(readNode)(node);
    return components.find((each) => each.component === component && each.start.by?.file === start.by?.file);
  }

  private node(): NodeEvidence {
    const [node] = this.snapshot.nodes ?? [];
    if (node === undefined) throw new Error('a snapshot with a node is needed');
    return node;
  }
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

/**
 * A static pod that runs as its manifest says speaks by the manifest: a change there is to be seen at once, and not when
 * the process has been started again.
 */
function asConfigured(node: NodeEvidence): NodeEvidence {
  const described = new Set(
    componentArgs(node)
      .filter(({ start }) => start.by?.kind === 'static-pod' && start.differs !== true)
      .map(({ start }) => start.pid),
  );
  return { ...node, processes: node.processes.filter(({ pid }) => !described.has(pid)) };
}

function isOfNode({ control }: Finding): boolean {
  return control.subject !== 'object' && control.subject !== 'pod' && control.subject !== 'container';
}

function fileAt(node: NodeEvidence, path: string): FileEvidence | undefined {
  return node.files.find((file) => file.path === path && file.process === undefined);
}

function withFile(node: NodeEvidence, changed: FileEvidence): NodeEvidence {
  return {
    ...node,
    files: node.files.map((file) => (file.path === changed.path && file.process === undefined ? changed : file)),
  };
}
