import type { AnyControl } from '../../controls/control.ts';
import type { Finding } from '../../engine/finding.ts';
import { type Judgement, type JudgeOptions, judge } from '../../engine/judge.ts';
import { asConfigured, type MendSite, type MendStep, mendSite, planMend } from '../../engine/mend-plan.ts';
import type { Edit, FixSafety } from '../../model/edit.ts';
import type { NodeEvidence } from '../../model/node.ts';
import { compareSeverity } from '../../model/severity.ts';
import type { Snapshot } from '../../model/snapshot.ts';

export interface MendNodeOptions {
  /** With exactly one node. The rest is evidence too. */
  readonly snapshot: Snapshot;
  readonly judging: JudgeOptions;
  /** Moves the findings that somebody has decided to live with to `suppressed`: they stay. */
  readonly accept?: (judgement: Judgement) => Judgement;
  /** Controls that the configuration leaves out: what they find is counted, and stays. */
  readonly turnedOff?: readonly AnyControl[];
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
  readonly cause: 'needs-a-person' | 'may-break' | 'refused' | 'excepted' | 'turned-off';
  /** What to do, why it was refused, or where the exception stands. */
  readonly detail: string;
}

export interface MendedNode {
  readonly files: readonly MendedFile[];
  readonly left: readonly LeftOnNode[];
  /** Of the node as it was, without what exceptions cover. */
  readonly accepted: Judgement;
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
  /** What must still be found in the end, with where its exception stands. */
  private readonly excepted = new Map<string, string>();
  private site: MendSite;
  private judgement: Judgement;

  constructor(options: MendNodeOptions) {
    this.options = options;
    const [node] = options.snapshot.nodes ?? [];
    if (node === undefined) throw new Error('a snapshot with a node is needed');
    this.site = this.siteOf(asConfigured(node));
    this.judgement = this.judge(this.site);
  }

  run(): MendedNode {
    const accepted = this.options.accept?.(this.judgement) ?? this.judgement;
    this.leaveDecided(accepted);
    for (const finding of accepted.findings) {
      if (!this.options.select(finding) || !isOfNode(finding)) continue;
      // Mending another finding may have mended this one.
      if (!this.judgement.findings.some(({ identity }) => identity === finding.identity)) continue;
      const left = this.mend(finding);
      if (left !== undefined) this.left.push({ finding, ...left });
    }
    const files = [...this.drafts.values()]
      .map(({ restarts, ...draft }): MendedFile => ({ ...draft, restarts: [...restarts] }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    return { files, left: this.left, accepted, judgement: this.judgement };
  }

  /** Keeps a record of what exceptions cover, and of what the configuration does not ask. */
  private leaveDecided({ suppressed = [] }: Judgement): void {
    const leave = (finding: Finding, left: Omit<LeftOnNode, 'finding'>): void => {
      if (this.options.select(finding) && isOfNode(finding)) this.left.push({ finding, ...left });
    };
    for (const { finding, by } of suppressed) {
      const detail = by.kind === 'exception' ? by.exception.origin.place : by.file;
      this.excepted.set(finding.identity, detail);
      leave(finding, { cause: 'excepted', detail });
    }
    const { judging, turnedOff = [] } = this.options;
    if (turnedOff.length === 0) return;
    const off = new Set(turnedOff);
    const all = judge(this.site.facts.snapshot, { ...judging, controls: [...judging.controls, ...turnedOff] });
    for (const finding of all.findings) {
      if (off.has(finding.control)) leave(finding, { cause: 'turned-off', detail: '' });
    }
  }

  private mend(finding: Finding): Omit<LeftOnNode, 'finding'> | undefined {
    const { control, failure } = finding;
    const plan = planMend(finding, this.site);
    if (plan.kind !== 'mends') return { cause: plan.kind, detail: plan.detail };
    if (control.mend?.safety === 'may-break' && this.options.allow === 'safe') {
      return { cause: 'may-break', detail: failure.remedy ?? control.remedy };
    }
    const before = this.site.node;
    const refused = this.accept(plan.node, finding);
    if (refused !== undefined) return { cause: 'refused', detail: refused };
    const first = control.mend?.first;
    const mended = { finding, ...(first !== undefined && { first }) };
    const drafted = new Set<Draft>();
    for (const step of plan.steps) drafted.add(this.draft(step, before));
    for (const draft of drafted) draft.mended.push(mended);
    return undefined;
  }

  /** The draft of the step's file, with the step. */
  private draft(step: MendStep, before: NodeEvidence): Draft {
    let draft = this.drafts.get(step.path);
    if (draft === undefined) {
      const text = before.files.find(({ path, process }) => path === step.path && process === undefined)?.text ?? '';
      draft = { path: step.path, before: text, after: text, rounds: [], mended: [], restarts: new Set() };
      this.drafts.set(step.path, draft);
    }
    switch (step.kind) {
      case 'text':
        draft.rounds.push(step.edits);
        draft.after = step.text;
        draft.restarts.add(step.restart);
        return draft;
      case 'mode':
        draft.mode = step.mode;
        return draft;
      case 'owner':
        draft.owner = { uid: step.uid, gid: step.gid };
        return draft;
    }
  }

  /** Takes the changed node for the one to go on with; else says why not. */
  private accept(node: NodeEvidence, finding: Finding): string | undefined {
    const site = this.siteOf(node);
    const judgement = this.judge(site);
    const before = new Set(this.judgement.findings.map(({ identity }) => identity));
    const anew = judgement.findings.find(
      (each) => !before.has(each.identity) && compareSeverity(each.severity, finding.severity) >= 0,
    );
    if (anew !== undefined) return `it would bring ${anew.control.id}: ${anew.message}`;
    const now = new Set(judgement.findings.map(({ identity }) => identity));
    for (const [identity, by] of this.excepted) {
      if (!now.has(identity)) return `it would change what the exception at ${by} covers`;
    }
    this.site = site;
    this.judgement = judgement;
    return undefined;
  }

  private siteOf(node: NodeEvidence): MendSite {
    return mendSite(this.options.snapshot, node, this.options.judging);
  }

  private judge({ facts }: MendSite): Judgement {
    return judge(facts.snapshot, this.options.judging);
  }
}

function isOfNode({ control }: Finding): boolean {
  return control.subject !== 'object' && control.subject !== 'pod' && control.subject !== 'container';
}
