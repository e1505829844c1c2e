import { exitCodes } from '../engine/exit-code.ts';
import { changeGraph } from '../report/rbac-graph.ts';
import { jsonText } from '../report/rbac-json.ts';
import { rightTexts } from '../report/rbac-text.ts';
import { styleOf } from '../report/style.ts';
import { visible } from '../report/visible.ts';
import { accessOf } from '../semantics/rbac/access.ts';
import { diffPowers, type PowerChange } from '../semantics/rbac/power-diff.ts';
import { shippedDefaults } from '../semantics/rbac/shipped-defaults.ts';
import type { Colored, RbacOutputFlags } from './rbac.ts';
import { readRbacSide } from './rbac-evidence.ts';
import type { Terminal } from './terminal.ts';

interface Sides {
  readonly before: string;
  readonly after: string;
}

/** Prints who gained and lost what between two states. Returns the exit code: 1 where somebody gained something. */
export async function runRbacDiff(
  { before, after }: Sides,
  flags: Colored<RbacOutputFlags>,
  terminal: Terminal,
): Promise<number> {
  const [old, now] = [await readRbacSide(before, flags, terminal), await readRbacSide(after, flags, terminal)];
  const sides = [old, now].map(({ objects }) => {
    const { standIns } = accessOf({ objects, minor: undefined, evidence: 'files' });
    const there = new Set(objects.map(({ kind, name }) => `${kind}\n${name}`));
    const shipped = standIns === undefined ? [] : (shippedDefaults(standIns)?.objects ?? []);
    const roles = shipped.filter(({ kind, name }) => kind.endsWith('Role') && !there.has(`${kind}\n${name}`));
    return [...objects, ...roles];
  });
  const changes = diffPowers(sides[0] ?? [], sides[1] ?? []);
  if (flags.output === 'json') await terminal.out(jsonText({ before, after, changes }));
  else if (flags.output !== 'text') await terminal.out(changeGraph(changes, flags.output));
  else if (changes.length === 0) await terminal.out('Nobody gained or lost anything.\n');
  else {
    const style = styleOf(flags.color);
    for (const change of grouped(changes)) await terminal.out(changeText(change, style));
  }
  if (old.gaps.length + now.gaps.length > 0) return exitCodes.incomplete;
  return changes.some(({ gained }) => gained.length > 0) ? exitCodes.findings : exitCodes.clean;
}

const mostLines = 40;

/** Those who gained and lost the same, with what that is said once. */
function grouped(changes: readonly PowerChange[]): readonly PowerChange[] {
  const groups = new Map<string, { readonly subjects: string[]; readonly change: PowerChange }>();
  for (const change of changes) {
    const key = JSON.stringify([change.gained, change.lost]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { subjects: [change.subject], change });
    else known.subjects.push(change.subject);
  }
  return [...groups.values()].map(({ subjects, change }) => ({ ...change, subject: namesText(subjects) }));
}

const mostSubjects = 10;

function namesText(subjects: readonly string[]): string {
  const more = subjects.length - mostSubjects;
  return `${subjects.slice(0, mostSubjects).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function changeText({ subject, gained, lost }: PowerChange, style: ReturnType<typeof styleOf>): string {
  const lines = [style.strong(visible(subject))];
  for (const [rights, mark, look] of [
    [gained, '+', style.alarming],
    [lost, '-', style.good],
  ] as const) {
    const told = rightTexts(rights);
    lines.push(...told.slice(0, mostLines).map((line) => look(`  ${mark} ${visible(line)}`)));
    if (told.length > mostLines) lines.push(look(`  ${mark} and ${told.length - mostLines} more`));
  }
  return `${lines.join('\n')}\n`;
}
