import { type DetectionRule, exportSigma, testRules } from '../detect/index.ts';
import { exitCodes } from '../engine/exit-code.ts';
import { BulwarkError } from '../model/errors.ts';
import { compareSeverity } from '../model/severity.ts';
import { detectionPage, detectionsList } from '../report/detections.ts';
import { visible } from '../report/visible.ts';
import type { DetectionsFlags } from './detections.ts';
import { problemLines, type ReadRules, readRules, rulesNamed } from './detections-rules.ts';
import type { Terminal } from './terminal.ts';

interface Look {
  readonly color: 'always' | 'never';
  readonly width: number;
}

export async function listed(
  terminal: Terminal,
  flags: DetectionsFlags,
  { output, ...look }: Look & { readonly output: string },
): Promise<string> {
  const rules = alerting(usable(await readRules(terminal, flags)));
  if (output === 'json') {
    const rows = rules.map(({ name, id, title, severity, attack, needs, why, next }) => ({
      name,
      id,
      title,
      severity,
      attack,
      needs,
      why,
      next,
    }));
    return `${JSON.stringify(rows, null, 2)}\n`;
  }
  if (output !== 'text')
    throw new BulwarkError('usage', `there is no output format ${visible(output)}`, 'text and json are');
  return detectionsList(rules, look);
}

export async function explained(
  terminal: Terminal,
  flags: DetectionsFlags,
  { name, ...look }: Look & { readonly name: string },
): Promise<string> {
  const rules = usable(await readRules(terminal, flags));
  const [rule] = rulesNamed(rules, [name]);
  return rule === undefined ? '' : detectionPage(rule, rules, look);
}

/** Problems of rules are told with the examples that failed: whoever writes rules wants all of both at once. */
export async function tested(
  terminal: Terminal,
  flags: DetectionsFlags,
  names: readonly string[],
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { rules, problems } = await readRules(terminal, flags);
  const chosen = new Set(rulesNamed(rules, names).map(({ name }) => name));
  const results = testRules(rules).filter(({ rule }) => chosen.has(rule.name));
  const failed = results.filter(({ problem }) => problem !== undefined);
  const untested = rules.filter((rule) => rule.alerts && rule.examples.length === 0 && chosen.has(rule.name));
  const lines = [
    ...problemLines(problems),
    ...failed.map(
      ({ rule, example, problem }) =>
        `${visible(rule.path)}:${rule.line}: ${visible(rule.name)}: ${visible(example.title)}: ${problem}`,
    ),
    ...untested.map((rule) => `${visible(rule.path)}:${rule.line}: ${visible(rule.name)} has no examples`),
    `${chosen.size} rules, ${results.length} examples: ${failed.length} failed, ${problems.length} rules cannot be used.`,
  ];
  const exitCode = problems.length > 0 ? exitCodes.usage : failed.length > 0 ? exitCodes.findings : exitCodes.clean;
  return { text: `${lines.join('\n')}\n`, exitCode };
}

export async function exported(terminal: Terminal, flags: DetectionsFlags, names: readonly string[]): Promise<string> {
  const rules = usable(await readRules(terminal, flags));
  const wanted = new Set<string>();
  const add = (rule: DetectionRule): void => {
    if (wanted.has(rule.name)) return;
    wanted.add(rule.name);
    for (const name of rule.correlation?.rules ?? []) for (const counted of rulesNamed(rules, [name])) add(counted);
  };
  for (const rule of rulesNamed(rules, names)) add(rule);
  return exportSigma(rules.filter(({ name }) => wanted.has(name)));
}

function usable({ rules, problems }: ReadRules): readonly DetectionRule[] {
  if (problems.length === 0) return rules;
  throw new BulwarkError(
    'usage',
    `--rules:\n  ${problemLines(problems).join('\n  ')}`,
    'mend the rules, or take them out of the folder',
  );
}

/** Rules that are there only to be counted by others are no detections of their own. */
function alerting(rules: readonly DetectionRule[]): readonly DetectionRule[] {
  return rules
    .filter(({ alerts }) => alerts)
    .toSorted((a, b) => compareSeverity(b.severity, a.severity) || (a.name < b.name ? -1 : 1));
}
