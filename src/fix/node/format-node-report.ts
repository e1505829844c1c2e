import { groupBy } from '../../report/group-by.ts';
import { counted, objectName } from '../../report/names.ts';
import { wrap } from '../../report/text-width.ts';
import { visible, visibleShort } from '../../report/visible.ts';
import { unifiedDiff } from '../diff.ts';
import type { LeftOnNode, MendedFile } from './mend-node.ts';
import type { WrittenFile } from './write-node.ts';

/** What would change, for a person: diffs of texts (as `git apply` takes them), and commands for modes and owners. */
export function formatNodeDiff(files: readonly MendedFile[]): string {
  return files
    .map((file) => {
      const commands = [
        ...(file.owner === undefined ? [] : [`# chown ${file.owner.uid}:${file.owner.gid} ${file.path}`]),
        ...(file.mode === undefined ? [] : [`# chmod ${file.mode.toString(8).padStart(4, '0')} ${file.path}`]),
      ];
      const diff = file.before === file.after ? '' : unifiedDiff(file.path, file.before, file.after);
      return commands.map((line) => `${visible(line)}\n`).join('') + diff;
    })
    .join('');
}

export interface NodeFixReport {
  readonly mode: 'write' | 'diff';
  readonly written: readonly WrittenFile[];
  readonly left: readonly LeftOnNode[];
}

/** What was mended, what has to start again, what must hold first, and what was left and why. Ends in a line break. */
export function formatNodeReport({ mode, written, left }: NodeFixReport, width: number): string {
  const lines: string[] = [];
  const done = mode === 'write' ? 'mended' : 'would be mended';
  for (const { file, refused } of written) {
    if (refused !== undefined) {
      lines.push(`${visible(file.path)} was left alone: ${visibleShort(refused, 300)}`);
      continue;
    }
    lines.push(`${visible(file.path)}: ${counted(file.mended.length, 'finding')} ${done}`);
    for (const { finding, first } of file.mended) {
      lines.push(...wrap(`${finding.control.id}: ${visibleShort(finding.message, 300)}`, { width, lead: '  ' }));
      if (first !== undefined) lines.push(...wrap(`first: ${first}`, { width, lead: '    ' }));
    }
    for (const restart of file.restarts) lines.push(`  ${visible(restart)}`);
  }
  if (written.length === 0) lines.push(nothingDone(left));
  else if (mode === 'diff') lines.push(`${counted(written.length, 'file')} would change; nothing was written.`);
  const refused = left.filter(({ cause }) => cause === 'refused');
  const breaking = left.filter(({ cause }) => cause === 'may-break');
  const people = left.filter(({ cause }) => cause === 'needs-a-person');
  lines.push(...decidedLines(left));
  if (refused.length > 0) lines.push('', 'Refused:', ...refused.flatMap((each) => leftLine(each, width)));
  if (breaking.length > 0) {
    lines.push('', 'Left out, since they may break what works today; --may-break makes them:');
    lines.push(...breaking.flatMap((each) => leftLine(each, width)));
  }
  if (people.length > 0) {
    lines.push('', 'For a person:');
    for (const [detail, same] of groupBy(people, (each) => each.detail)) {
      const names = [...new Set(same.map(({ finding }) => finding.control.id))].join(', ');
      lines.push(...wrap(`${names}${detail === '' ? '' : `: ${visibleShort(detail, 500)}`}`, { width, lead: '  ' }));
    }
  }
  return `${lines.join('\n')}\n`;
}

/** What stays because somebody has decided so. */
function decidedLines(left: readonly LeftOnNode[]): string[] {
  const excepted = left.filter(({ cause }) => cause === 'excepted');
  const off = left.filter(({ cause }) => cause === 'turned-off');
  const lines: string[] = [];
  if (excepted.length > 0) {
    const places = [...new Set(excepted.map(({ detail }) => visibleShort(detail, 200)))].slice(0, 5);
    lines.push('', `Left, since exceptions cover it: ${counted(excepted.length, 'finding')} (${places.join('; ')})`);
  }
  if (off.length > 0) {
    const ids = [...new Set(off.map(({ finding }) => finding.control.id))].slice(0, 5);
    lines.push(
      '',
      `Left, since the configuration leaves it out: ${counted(off.length, 'finding')} (${ids.join(', ')})`,
    );
  }
  return lines;
}

function nothingDone(left: readonly LeftOnNode[]): string {
  if (left.length === 0) return 'Nothing to mend was found; no file was changed.';
  return `Nothing was mended: ${counted(left.length, 'finding')} left, for the reasons below. No file was changed.`;
}

function leftLine({ finding, detail }: LeftOnNode, width: number): string[] {
  const text = `${finding.control.id}, ${objectName(finding.owner)}: ${detail}`;
  return wrap(visibleShort(text, 500), { width, lead: '  ' });
}
