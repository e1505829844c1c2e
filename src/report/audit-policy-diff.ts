import { formatPath, type Path } from '../model/path.ts';
import type { Outcome, PolicyDifference } from '../semantics/audit-policy/index.ts';
import type { Style } from './style.ts';
import { wrap } from './text-width.ts';
import { visible } from './visible.ts';

interface NamedFile {
  readonly name: string;
  lineOf(path: Path): number;
}

export interface ComparedPolicies {
  readonly differences: readonly PolicyDifference[];
  readonly before: NamedFile;
  readonly after: NamedFile;
}

/** A block for each pair of rules: the levels, the rules, and the requests that go from one to the other. */
export function differencesText(
  { differences, before, after }: ComparedPolicies,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const columns = Math.max(40, Math.min(width, 140));
  if (differences.length === 0) return `${style.good('Both policies log every request alike.')}\n`;
  const lines: string[] = [];
  for (const difference of differences) {
    const { change, requests } = difference;
    const paint = change === 'less' ? style.alarming : change === 'more' ? style.good : style.strong;
    lines.push(paint(changeText(difference)));
    lines.push(
      ...wrap(visible(placeOf(difference.before, before)), { width: columns, lead: '  Before  ' }).map(style.faint),
    );
    lines.push(
      ...wrap(visible(placeOf(difference.after, after)), { width: columns, lead: '  After   ' }).map(style.faint),
    );
    const most = 12;
    for (const { users, verbs, targets, places } of requests.slice(0, most)) {
      const text = `${verbs} of ${targets}${places === '' ? '' : ` ${places}`}, by ${users}`;
      lines.push(...wrap(visible(text), { width: columns, lead: '  - ' }));
    }
    if (requests.length > most) lines.push(style.faint(`  and ${requests.length - most} more; -o json shows all`));
    lines.push('');
  }
  const count = (change: PolicyDifference['change']): number =>
    differences.filter((difference) => difference.change === change).length;
  lines.push(
    `${count('less')} kinds of requests are logged at less, ${count('more')} at more, ${count('other')} otherwise.`,
  );
  return `${lines.join('\n')}\n`;
}

function changeText({ before, after, change }: PolicyDifference): string {
  if (change !== 'other') return `${levelText(before)} becomes ${levelText(after)}`;
  const stages = (outcome: Outcome): string => outcome.omitStages.join(', ') || 'none';
  if (stages(before) !== stages(after)) {
    return `${before.level}: omitted stages ${stages(before)} become ${stages(after)}`;
  }
  return `${before.level}: managed fields are ${after.omitManagedFields ? 'left out' : 'logged'} now`;
}

function levelText({ level }: Outcome): string {
  return level === 'None' ? 'None (not logged)' : level;
}

function placeOf({ rule }: Outcome, file: NamedFile): string {
  if (rule === undefined) return `${file.name}: no rule`;
  return `${file.name}:${file.lineOf(rule.path)} ${formatPath(rule.path)}`;
}

export function differencesJson({ differences, before, after }: ComparedPolicies): string {
  const plain = (outcome: Outcome, file: NamedFile) => ({
    level: outcome.level,
    omitStages: outcome.omitStages,
    omitManagedFields: outcome.omitManagedFields,
    rule: outcome.rule === undefined ? null : formatPath(outcome.rule.path),
    line: outcome.rule === undefined ? null : file.lineOf(outcome.rule.path),
  });
  const rows = differences.map((each) => ({
    change: each.change,
    before: plain(each.before, before),
    after: plain(each.after, after),
    requests: each.requests,
  }));
  return `${JSON.stringify({ before: before.name, after: after.name, differences: rows }, null, 2)}\n`;
}
