import type { ComparedFinding, Comparison } from '../engine/comparison.ts';
import type { ComponentProblem, UnservedObject, UpgradePlan } from '../engine/upgrade-plan.ts';
import type { Json } from '../model/json.ts';
import { wordList } from '../model/word-list.ts';
import { groupBy } from './group-by.ts';
import { objectName } from './names.ts';

/** A plan with what judging before and after it tells. */
export interface UpgradeReport {
  readonly plan: UpgradePlan;
  readonly comparison: Comparison;
}

/** One step of an upgrade, in the order in which they are safe. */
export interface UpgradeStep {
  readonly id: string;
  readonly title: string;
  /** `stops`: the upgrade fails while there is any. `look`: what a person should look at. `do`: what is to be done. */
  readonly kind: 'stops' | 'look' | 'do';
  readonly items: readonly UpgradeItem[];
  /** What was not read, so that finding nothing else means nothing; absent where all was. */
  readonly unread?: string;
}

export interface UpgradeItem {
  readonly text: string;
  /** Files, objects or nodes that it is about. */
  readonly where: readonly string[];
}

/** The checklist: what is to be mended first, then the order of the upgrade, then what comes after. */
export function upgradeSteps({ plan, comparison }: UpgradeReport): readonly UpgradeStep[] {
  const to = `v1.${plan.target}`;
  const components = unreadComponents(plan);
  const nodes = plan.hasNodes ? {} : { unread: 'no Node was read' };
  return [
    {
      id: 'objects',
      kind: 'stops',
      title: `Write objects anew that ${to} does not serve`,
      items: unservedItems(plan.unserved),
    },
    {
      id: 'components',
      kind: 'stops',
      title: `Take out what components of ${to} do not start with`,
      items: problemItems(plan.problems.filter(({ stops }) => stops)),
      ...components,
    },
    {
      id: 'ignored',
      kind: 'look',
      title: `See what components of ${to} ignore`,
      items: problemItems(plan.problems.filter(({ stops }) => !stops)),
      ...components,
    },
    {
      id: 'nodes-first',
      kind: 'stops',
      title: `Bring nodes up that ${to} does not work with`,
      items: plan.nodesFirst.map(asItem),
      ...nodes,
    },
    {
      id: 'control-plane',
      kind: 'do',
      title: `Save etcd, then upgrade the API servers one after the other, and the controllers and scheduler after them`,
      items: plan.etcd.map(asItem),
    },
    {
      id: 'defaults',
      kind: 'look',
      title: `See what the defaults of ${to} change`,
      items: plan.defaults.map((each) =>
        asItem(`${each.component} ${each.setting}: ${valueText(each.before)} becomes ${valueText(each.after)}`),
      ),
      ...components,
    },
    {
      id: 'new-findings',
      kind: 'look',
      title: `Mend what a scan of ${to} finds and one of now does not`,
      items: findingItems(comparison.added),
    },
    {
      id: 'nodes',
      kind: 'do',
      title: 'Upgrade kubelets and kube-proxies, node by node, each drained before',
      items: plan.kubelets.map(({ version, nodes }) => ({ text: `kubelet ${version}`, where: nodes })),
    },
    { id: 'by-hand', kind: 'look', title: 'Look at what no evidence here shows', items: plan.byHand.map(asItem) },
    {
      id: 'next',
      kind: 'look',
      title: `Plan for v1.${plan.target + 1}, which does not serve these`,
      items: unservedItems(plan.unservedNext),
    },
  ];
}

function unreadComponents({ unseenComponents: unseen }: UpgradePlan): { readonly unread?: string } {
  if (unseen.length === 0) return {};
  return { unread: `the configuration of ${wordList(unseen)} was not read` };
}

/** Whether something that would stop the upgrade could not be looked for. */
export function isUncertain(steps: readonly UpgradeStep[]): boolean {
  return steps.some(({ kind, unread }) => kind === 'stops' && unread !== undefined);
}

/** Whether the upgrade fails as things are. */
export function isStopped(steps: readonly UpgradeStep[]): boolean {
  return steps.some(({ kind, items }) => kind === 'stops' && items.length > 0);
}

function problemItems(problems: readonly ComponentProblem[]): readonly UpgradeItem[] {
  return [...groupBy(problems, ({ component, message }) => `${component}: ${message}`)].map(([text, members]) => ({
    text,
    where: unique(
      members.map(({ where, line, node }) => {
        const at = line === undefined ? '' : `:${line}`;
        return `${node === '' ? '' : `${node}: `}${where}${at}`;
      }),
    ),
  }));
}

function unservedItems(unserved: readonly UnservedObject[]): readonly UpgradeItem[] {
  const groups = groupBy(
    unserved,
    ({ object: { kind }, apiVersion, removed, replacement }) =>
      `${kind} of ${apiVersion}, gone in v1.${removed}: ${replacement}`,
  );
  return [...groups].map(([text, members]) => ({
    text,
    where: unique(
      members.map(({ object, how }) => {
        const place = object.source.positions === undefined ? '' : ` (${object.source.file})`;
        return `${objectName(object)}${how === undefined ? place : ` (${how})`}`;
      }),
    ),
  }));
}

function findingItems(findings: readonly ComparedFinding[]): readonly UpgradeItem[] {
  const groups = groupBy(findings, ({ severity, control, message }) => `${severity} ${control}: ${message}`);
  return [...groups].map(([text, members]) => ({
    text,
    where: unique(members.map(({ object, place }) => (place === undefined ? object : `${object} (${place})`))),
  }));
}

function asItem(text: string): UpgradeItem {
  return { text, where: [] };
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}

function valueText(value: Json): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}
