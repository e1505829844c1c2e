import type { AnyControl } from '../controls/control.ts';
import { controls } from '../controls/registry.ts';
import type { Finding } from '../engine/finding.ts';
import type { Judgement } from '../engine/judge.ts';
import { asConfigured, type MendPlan, type MendSite, mendSite, planMend } from '../engine/mend-plan.ts';
import type { NodeEvidence } from '../model/node.ts';
import { sentence } from './remedy.ts';
import { unbroken } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

/** Planned for one statement: nodes of a cluster are alike, and each costs a few milliseconds. */
const plannedMost = 5;

/** What `bulwark fix` would do about findings of nodes, planned as it plans it: a report promises nothing else. */
export class NodeMends {
  private readonly judgement: Pick<Judgement, 'snapshot' | 'settings'>;
  private readonly byName = new Map<string, NodeEvidence[]>();
  private readonly sites = new Map<NodeEvidence, MendSite>();
  private readonly plans = new Map<Finding, MendPlan>();

  constructor(judgement: Pick<Judgement, 'snapshot' | 'settings'>) {
    this.judgement = judgement;
    for (const node of judgement.snapshot.nodes ?? []) {
      const namesakes = this.byName.get(node.name);
      if (namesakes === undefined) this.byName.set(node.name, [node]);
      else namesakes.push(node);
    }
  }

  /** Undefined: it is no finding of a node that was read, or its control knows no mend. */
  planOf(finding: Finding): MendPlan | undefined {
    const node = finding.control.mend && this.nodeOf(finding);
    if (node === undefined) return undefined;
    let plan = this.plans.get(finding);
    if (plan === undefined) {
      plan = planMend(finding, this.siteOf(node));
      this.plans.set(finding, plan);
    }
    return plan;
  }

  /** Whether fix mends any of them. */
  mendsAny(findings: readonly Finding[]): boolean {
    return findings.slice(0, plannedMost).some((finding) => this.planOf(finding)?.kind === 'mends');
  }

  /** What must hold first and what fix does about findings of one control, as sentences. */
  sentencesFor(control: AnyControl, findings: readonly Finding[]): readonly string[] {
    const { mend } = control;
    if (mend === undefined) return [];
    const looked = findings.slice(0, plannedMost);
    const mended: Finding[] = [];
    let refusal: string | undefined;
    for (const finding of looked) {
      const plan = this.planOf(finding);
      if (plan?.kind === 'mends') mended.push(finding);
      else if (plan?.kind === 'refused') refusal ??= plan.detail;
    }
    if (mended.length === 0 && refusal !== undefined) {
      return [sentence(`"${unbroken('bulwark fix')}" refuses to do it here: ${visibleShort(refusal, 300)}`)];
    }
    const first = mend.first === undefined ? [] : [sentence(`First: ${mend.first}`)];
    if (mended.length === 0) return first;
    const extent = mended.length === looked.length ? 'it' : `${mended.length} of the first ${looked.length}`;
    const nodes = mended.flatMap((finding) => this.nodeOf(finding) ?? []);
    const breaking = mend.safety === 'may-break' ? ` --only ${control.id} --may-break` : '';
    return [...first, `${fixCommand(nodes, breaking)} mends ${extent}.`];
  }

  private nodeOf({ subject: { object } }: Finding): NodeEvidence | undefined {
    const [first, ...others] = this.byName.get(object.name) ?? [];
    if (first === undefined || others.length === 0) return first;
    const { file } = object.source;
    return [first, ...others].find(({ from, at }) => from === 'root' && file.startsWith(at)) ?? first;
  }

  private siteOf(node: NodeEvidence): MendSite {
    let site = this.sites.get(node);
    if (site === undefined) {
      const { snapshot, settings } = this.judgement;
      site = mendSite(snapshot, asConfigured(node), { controls, ...(settings !== undefined && { settings }) });
      this.sites.set(node, site);
    }
    return site;
  }
}

/** Columns of a command that every terminal has room for beside a lead; a longer one breaks between its words. */
const longestUnbroken = 50;

/** The command that mends these nodes, quoted: a bundle is a copy, and is mended where it came from. */
export function fixCommand(nodes: readonly Pick<NodeEvidence, 'from' | 'at'>[], more = ''): string {
  const [first] = nodes;
  const from = new Set(nodes.map((node) => node.from));
  const quoted = (options: string) => {
    const command = `bulwark fix${options}${more}`;
    return `"${command.length <= longestUnbroken ? unbroken(command) : command}"`;
  };
  if (first === undefined || from.size > 1) return quoted('');
  if (first.from === 'bundle') return `${quoted(' --node')} on the node`;
  if (first.from === 'host') return quoted(' --node');
  return quoted(` --root ${nodes.every(({ at }) => at === first.at) ? visible(first.at) : 'DIR'}`);
}
