import { counted } from './names.ts';
import { styleOf } from './style.ts';
import { wrap } from './text-width.ts';
import { isStopped, type UpgradeReport, upgradeSteps } from './upgrade-steps.ts';
import { visible } from './visible.ts';

export interface UpgradeTextOptions {
  readonly color: 'always' | 'never';
  readonly width: number;
  readonly detail: 'short' | 'full';
}

/** Places of an item, and items of a step, before the rest is counted. */
const shownPlaces = 5;
const shownItems = 12;

/** The checklist of an upgrade for people, to be gone through on a test cluster first. */
export function upgradeText(report: UpgradeReport, { color, width, detail }: UpgradeTextOptions): string {
  const style = styleOf(color);
  const { plan, comparison } = report;
  const { from, target } = plan;
  const steps = upgradeSteps(report);
  const now = from === undefined ? '' : ` from ${from.text}, as ${from.by} says,`;
  const lines: string[] = [style.strong(visible(`Upgrade${now} to v1.${target}`))];
  lines.push(
    isStopped(steps)
      ? style.alarming('As things are, it fails: what stops it is marked with [!].')
      : 'Nothing here stops it.',
    '',
    'Go through this on a test cluster of the same version and configuration first, in this order:',
    '',
  );
  for (const [index, { title, kind, items }] of steps.entries()) {
    const found = items.length === 0 ? (kind === 'do' ? '' : style.faint('  nothing found')) : '';
    lines.push(`${String(index + 1).padStart(2)}. ${style.strong(title)}${found}`);
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
  }
  if (plan.unseen.length > 0) {
    lines.push('', style.strong('Not shown by the evidence'));
    for (const each of plan.unseen) lines.push(...wrap(visible(each), { width, lead: '  ' }));
  }
  const { gone, added } = comparison;
  lines.push(
    '',
    `The upgrade closes ${counted(gone.length, 'finding')} and brings ${counted(added.length, 'finding')}.`,
  );
  return `${lines.join('\n')}\n`;
}
