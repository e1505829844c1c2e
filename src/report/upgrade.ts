import { counted } from './names.ts';
import { type Style, styleOf } from './style.ts';
import { wrap } from './text-width.ts';
import { isStopped, isUncertain, type UpgradeReport, type UpgradeStep, upgradeSteps } from './upgrade-steps.ts';
import { visible } from './visible.ts';

export interface UpgradeTextOptions {
  readonly color: 'always' | 'never';
  readonly width: number;
  readonly detail: 'short' | 'full';
}

/** Places of an item, and items of a step, before the rest is counted. */
const shownPlaces = 5;
const shownItems = 12;

interface Sheet extends UpgradeTextOptions {
  readonly style: Style;
}

/** The checklist of an upgrade for people, to be gone through on a test cluster first: one step, or the whole way. */
export function upgradeText(reports: readonly UpgradeReport[], options: UpgradeTextOptions): string {
  const [first] = reports;
  const last = reports.at(-1);
  if (first === undefined || last === undefined) return '';
  const sheet = { ...options, style: styleOf(options.color) };
  const { style, width } = sheet;
  const { from } = first.plan;
  const now = from === undefined ? '' : ` from ${from.text}, as ${from.by} says,`;
  const isLong = reports.length > 1;
  const lines = [
    style.strong(visible(`Upgrade${now} to v1.${last.plan.target}`)),
    ...(isLong ? wayLines(reports, sheet) : [verdict(upgradeSteps(first), style)]),
    '',
    'Go through this on a test cluster of the same version and configuration first, in this order:',
    '',
  ];
  for (const report of reports) {
    if (isLong) lines.push(style.strong(`To v1.${report.plan.target}`));
    // What nothing is to be done about is said once, and not at each of many steps.
    const steps = upgradeSteps(report);
    for (const [index, step] of steps.entries()) {
      if (!isLong || step.items.length > 0 || step.kind === 'do') lines.push(...stepLines(step, index + 1, sheet));
    }
    if (isLong) lines.push('');
  }
  const unseen = [...new Set(reports.flatMap(({ plan }) => plan.unseen))];
  if (unseen.length > 0) {
    if (!isLong) lines.push('');
    lines.push(style.strong('Not shown by the evidence'));
    for (const each of unseen) lines.push(...wrap(visible(each), { width, lead: '  ' }));
  }
  lines.push('');
  for (const { plan, comparison } of reports) {
    const { gone, added } = comparison;
    const what = isLong ? `The step to v1.${plan.target}` : 'The upgrade';
    lines.push(`${what} closes ${counted(gone.length, 'finding')} and brings ${counted(added.length, 'finding')}.`);
  }
  return `${lines.join('\n')}\n`;
}

function verdict(steps: readonly UpgradeStep[], style: Style): string {
  if (isStopped(steps)) return style.alarming('As things are, it fails: what stops it is marked with [!].');
  if (isUncertain(steps)) return 'Nothing that was read stops it; what was not read may, and is marked as not known.';
  return 'Nothing here stops it.';
}

/** The control plane goes one minor at a time: how each step stands. */
function wayLines(reports: readonly UpgradeReport[], { style, width }: Sheet): string[] {
  const lead =
    'The control plane goes one minor version at a time. Each step is planned as if those before it were done.';
  const lines = [...wrap(lead, { width })];
  for (const report of reports) {
    const steps = upgradeSteps(report);
    const blockers = steps.flatMap(({ kind, items }) => (kind === 'stops' ? items : [])).length;
    const unread = [...new Set(steps.flatMap(({ kind, unread }) => (kind === 'stops' ? (unread ?? []) : [])))];
    const state =
      blockers > 0
        ? style.alarming(`${counted(blockers, 'thing')} to mend first`)
        : unread.length > 0
          ? 'nothing that was read stops it'
          : 'nothing stops it';
    lines.push(`  v1.${report.plan.target}  ${state}`);
  }
  const unread = new Set(reports.flatMap((report) => upgradeSteps(report).flatMap((step) => step.unread ?? [])));
  for (const each of unread) lines.push(...wrap(`Not known: ${each}`, { width }));
  return lines;
}

function stepLines(
  { title, kind, items, unread }: UpgradeStep,
  number: number,
  { style, width, detail }: Sheet,
): string[] {
  const lines = [`${String(number).padStart(2)}. ${style.strong(title)}${emptyWords()}`];
  const mark = kind === 'stops' ? style.alarming('[!]') : '[ ]';
  const shown = detail === 'full' ? items : items.slice(0, shownItems);
  for (const { text, where } of shown) {
    const [first = '', ...rest] = wrap(visible(text), { width: width - 8 });
    lines.push(`    ${mark} ${first}`, ...rest.map((line) => `        ${line}`));
    const places = detail === 'full' ? where : where.slice(0, shownPlaces);
    lines.push(...places.map((place) => style.faint(`        ${visible(place)}`)));
    if (places.length < where.length) lines.push(style.faint(`        and ${where.length - places.length} more`));
  }
  if (shown.length < items.length) {
    lines.push(style.faint(`        and ${items.length - shown.length} more; --verbose shows all`));
  }
  if (unread !== undefined) {
    lines.push(...wrap(visible(`${items.length > 0 ? 'more ' : ''}not known: ${unread}`), { width, lead: '    [?] ' }));
  }
  return lines;

  function emptyWords(): string {
    return items.length > 0 || kind === 'do' || unread !== undefined ? '' : style.faint('  nothing found');
  }
}
